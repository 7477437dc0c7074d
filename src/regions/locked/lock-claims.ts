// Who may take the lock of one region: identities, their windows, and what becomes of an acquisition when
// its claim ends. Invariants: an identity is given to one claim at a time, and to the next only when
// the acquisition of the last has been ended; repair begins when nothing of the claim lands any more.
import { UntornError } from '../../errors.ts'
import type { MemoryRegion, RegionWindow } from '../../fabric/contract.ts'
import { HOLDER_MAX, RepairOutcome } from '../../protocols/lock/index.ts'
import type { ClaimHandler, ClaimHolder, Grant } from '../contract.ts'
import { type LockKeeper, OWNER_HOLDER } from './lock-keeper.ts'
import { HOLDERS_MAX } from './locked-options.ts'

export interface LockClaim {
  readonly holder: ClaimHolder
  /** In the word. */
  readonly identity: number
  readonly window: RegionWindow
}

export interface ClaimCounters {
  /** Claims that ended while they held the lock, for whatever reason. */
  ended: number
  /** Of these: those whose publication was complete enough to be carried out. */
  rolledForward: number
  /** Repairs that did not work; they are tried again. */
  repairsFailed: number
}

/** A repair that did not work, for want of a loopback, is tried again after so long. */
const REPAIR_RETRY_MS = 100

export class LockClaims implements ClaimHandler {
  readonly counters: ClaimCounters = { ended: 0, rolledForward: 0, repairsFailed: 0 }
  readonly #region: MemoryRegion
  readonly #keeper: LockKeeper
  readonly #holdersMax: number
  readonly #byIdentity = new Map<number, LockClaim>()
  /** Identities whose acquisitions are being ended. */
  readonly #ending = new Map<number, Promise<void>>()
  /** Those for which that did not work yet. */
  readonly #unrepaired = new Set<number>()
  #lastIdentity = OWNER_HOLDER
  #refusing = false

  constructor(region: MemoryRegion, keeper: LockKeeper, holdersMax: number) {
    this.#region = region
    this.#keeper = keeper
    this.#holdersMax = holdersMax
  }

  get present(): readonly LockClaim[] {
    return [...this.#byIdentity.values()]
  }

  ofIdentity(identity: number): LockClaim | undefined {
    return this.#byIdentity.get(identity)
  }

  ofId(id: number): LockClaim | undefined {
    return this.present.find(({ holder }) => holder.id === id)
  }

  /** From now on claims are denied: the region is about to close. */
  refuse(): void {
    this.#refusing = true
  }

  claim(holder: ClaimHolder): Grant {
    if (this.#refusing) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is being closed')
    // Identities that are being ended do not count: a peer that comes back finds its place free. Those
    // that could not be ended do, and so many cannot be waited for.
    const taken = this.#byIdentity.size + this.#unrepaired.size
    if (taken >= this.#holdersMax || this.#ending.size >= HOLDERS_MAX) {
      const why = `all ${this.#holdersMax} places of holders are taken`
      const message = `${why}: publish the region with a larger holdersMax`
      throw new UntornError('ERR_UNTORN_DENIED', message)
    }
    const identity = this.#nextIdentity()
    const window = this.#region.window(0, this.#region.byteLength, {
      remoteRead: true,
      remoteWrite: true,
      remoteAtomic: true,
    })
    this.#byIdentity.set(identity, { holder, identity, window })
    return {
      windows: [{ offset: 0, region: window.descriptor }],
      parameters: { holder: identity },
    }
  }

  ended(holder: ClaimHolder): void {
    const claim = this.ofId(holder.id)
    if (claim === undefined) return
    this.#byIdentity.delete(claim.identity)
    claim.window.close()
    void this.end(claim.identity)
  }

  /**
   * Ends what an identity without a claim still holds; also again, after a repair that did not work.
   * Never rejects.
   */
  end(identity: number): Promise<void> {
    const ending = this.#ending.get(identity) ?? this.#end(identity)
    this.#ending.set(identity, ending)
    return ending
  }

  /** Whatever is being ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending.values())
  }

  async #end(identity: number): Promise<void> {
    try {
      const outcome = await this.#keeper.repair(identity)
      if (outcome !== RepairOutcome.Nothing) this.counters.ended += 1
      if (outcome === RepairOutcome.RolledForward) this.counters.rolledForward += 1
      this.#unrepaired.delete(identity)
    } catch {
      this.counters.repairsFailed += 1
      this.#unrepaired.add(identity)
      if (!this.#refusing) setTimeout(() => void this.end(identity), REPAIR_RETRY_MS).unref()
    } finally {
      this.#ending.delete(identity)
    }
  }

  /** In turn, so that an identity in a message or a dump means one claim for as long as can be. */
  #nextIdentity(): number {
    do {
      this.#lastIdentity =
        this.#lastIdentity >= HOLDER_MAX ? OWNER_HOLDER + 1 : this.#lastIdentity + 1
    } while (this.#isTaken(this.#lastIdentity))
    return this.#lastIdentity
  }

  #isTaken(identity: number): boolean {
    return [this.#byIdentity, this.#ending, this.#unrepaired].some((taken) => taken.has(identity))
  }
}
