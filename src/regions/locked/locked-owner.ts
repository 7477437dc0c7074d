// The owner's handle of a published locked region. Invariants: the owner takes the lock like any peer,
// through its loopback; a holder is repaired after its queue pair is destroyed, never before; the
// terminal mark is set under the lock.
import { UntornError, argumentTypeError } from '../../errors.ts'
import type { MemoryRegion } from '../../fabric/contract.ts'
import { HOLDER_MAX, holderOf } from '../../protocols/lock/index.ts'
import { claimTable } from '../claim-table.ts'
import type { ClaimHandler } from '../contract.ts'
import { type OwnerParts, type OwnerStatistics, RegionOwner } from '../region-owner.ts'
import { type AcquireOptions, acquireLock, acquirePolicy } from './acquire-lock.ts'
import { LeaseWatch } from './lease-watch.ts'
import { type LockClaim, LockClaims } from './lock-claims.ts'
import type { LockGuard } from './lock-guard.ts'
import { type LockKeeper, OWNER_HOLDER } from './lock-keeper.ts'
import { type LockStatistics, LockUser, type LockedChange } from './lock-user.ts'
import type { RegionWord } from './region-word.ts'

export interface LockedOwnerStatistics extends OwnerStatistics, LockStatistics {
  /** Holders whose lease was over, or whom `evict` named. */
  readonly evictions: number
  /** Evictions that have to wait: the peer is stopped amid an operation. Tried again. */
  readonly evictionsBusy: number
  /** Acquisitions that the owner ended for holders that were evicted, or lost. */
  readonly ended: number
  /** Of these: those whose publication it carried out. */
  readonly rolledForward: number
  /** Repairs that did not work at once. */
  readonly repairsFailed: number
}

/** A peer that may take the lock. */
export interface LockHolder {
  /** For `evict`; unique in the host for ever. */
  readonly id: number
  readonly peer: string
  /** Whether it holds the lock now. */
  readonly holds: boolean
}

export interface LockedOwnerParts extends OwnerParts<RegionWord> {
  readonly region: MemoryRegion
  readonly keeper: LockKeeper
  readonly leaseMs: number
  readonly holdersMax: number
}

/** How long `close` waits for a holder before it evicts it, and how often. */
const CLOSE_WAIT_MS = 200
const CLOSE_ROUNDS_MAX = 10
/** How long it goes on: a peer stopped amid an operation can neither let go nor be evicted. */
const CLOSE_LIMIT_MS = 5000

/** Publishes, and takes part in, a region that many write. */
export class LockedOwner extends RegionOwner<RegionWord> {
  readonly leaseMs: number
  readonly #keeper: LockKeeper
  readonly #claims: LockClaims
  readonly #watch: LeaseWatch
  readonly #user: LockUser
  readonly #word: RegionWord
  readonly #evicting = new Map<LockClaim, Promise<void>>()
  readonly #counters = { evictions: 0, evictionsBusy: 0 }

  /** @internal Made by `lockedRegion(…).publish`. */
  constructor(parts: LockedOwnerParts) {
    super(parts)
    this.leaseMs = parts.leaseMs
    this.#keeper = parts.keeper
    this.#word = parts.writer
    this.#claims = new LockClaims(parts.region, parts.keeper, parts.holdersMax)
    this.#user = new LockUser(() => {
      this.writer()
      if (this.closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
      return this.#keeper.access()
    })
    this.#watch = new LeaseWatch(
      parts.leaseMs,
      () => this.#word.value,
      (holder) => this.#expired(holder),
    )
    this.#watch.start()
  }

  override get statistics(): LockedOwnerStatistics {
    const { releases, discards, acquisitions, contended } = this.#user.statistics
    return {
      writes: releases,
      aborts: discards,
      releases,
      discards,
      acquisitions,
      contended,
      ...this.#counters,
      ...this.#claims.counters,
    }
  }

  /**
   * Takes the lock, like a peer: its lease never ends, however.
   * @throws as `LockedReader.acquire`
   */
  acquire(options?: AcquireOptions): Promise<LockGuard> {
    return this.#user.acquire(options)
  }

  /**
   * Takes the lock, lets `change` overwrite the payload, publishes it. When `change` throws, the payload
   * stays. Resolves to the version published.
   * @throws whatever `change` throws; TypeError ERR_UNTORN_ARGUMENT (rejects) when it returns other bytes; as
   *   `acquire` and `LockGuard.release`
   */
  async update<T>(change: LockedChange<T>, options?: AcquireOptions): Promise<number> {
    return (await this.#user.update(change, options)).version
  }

  /** Peers that may take the lock. */
  holders(): LockHolder[] {
    const present = holderOf(this.#word.value)
    return this.#claims.present.map(({ holder: { id, peer }, identity }) => ({
      id,
      peer,
      holds: identity === present,
    }))
  }

  /**
   * Takes back what a peer has claimed, and ends its acquisition, if it has one: it has published all of
   * its payload or nothing. The peer may claim the lock anew. False when there is no such holder.
   * @param id as in `holders`
   * @throws TypeError ERR_UNTORN_ARGUMENT
   * @throws UntornError ERR_UNTORN_BUSY when the peer is stopped amid an operation: the eviction goes on
   *   by itself, and the lock is held until it succeeds
   */
  async evict(id: number): Promise<boolean> {
    if (!Number.isInteger(id)) throw argumentTypeError('id must be that of one of `holders()`')
    const claim = this.#claims.ofId(id)
    if (claim === undefined) return false
    await this.#evict(claim, 'the owner evicted it')
    return true
  }

  /** No `watch`: what peers publish, the owner is not told. */
  protected override claims(): ClaimHandler {
    return claimTable({ lock: this.#claims })
  }

  protected override async closeOnce(): Promise<void> {
    this.#claims.refuse()
    await this.#user.close(new UntornError('ERR_UNTORN_CLOSED', 'the region is being closed'))
    await this.#mark()
    this.#watch.stop()
    await this.#claims.settled()
    await this.#keeper.close()
    await super.closeOnce()
  }

  #expired(identity: number): void {
    if (identity === OWNER_HOLDER) return
    const claim = this.#claims.ofIdentity(identity)
    // Nobody's any more, and not ended yet: a repair that did not work.
    if (claim === undefined) void this.#claims.end(identity)
    else this.#evict(claim, `its lease of ${this.leaseMs} ms is over`).catch(() => undefined)
  }

  #evict(claim: LockClaim, why: string): Promise<void> {
    const evicting = this.#evicting.get(claim) ?? this.#evictOnce(claim, why)
    this.#evicting.set(claim, evicting)
    return evicting
  }

  async #evictOnce(claim: LockClaim, why: string): Promise<void> {
    try {
      await claim.holder.evict(why)
      this.#counters.evictions += 1
    } catch (error) {
      this.#counters.evictionsBusy += 1
      throw error
    } finally {
      this.#evicting.delete(claim)
    }
    await this.#claims.settled()
  }

  /** Sets the terminal mark. When even that cannot be done, peers hear of the end by the withdrawal. */
  async #mark(): Promise<void> {
    const deadlineMs = performance.now() + CLOSE_LIMIT_MS
    for (let round = 0; round < CLOSE_ROUNDS_MAX && !this.closed; round++) {
      if (performance.now() >= deadlineMs) return
      try {
        const access = await this.#keeper.access()
        const policy = { ...acquirePolicy, timeoutMs: CLOSE_WAIT_MS }
        const counters = { acquisitions: 0, contended: 0 }
        const { seat } = await acquireLock(access, policy, undefined, new Set(), counters)
        seat.close.start(seat.acquire.word)
        await seat.runSurely(seat.close)
        access.give(seat)
        return
      } catch {
        await this.#makeWay()
      }
    }
  }

  /** Whoever holds the lock has had its time. */
  async #makeWay(): Promise<void> {
    const identity = holderOf(this.#word.value)
    try {
      if (identity === OWNER_HOLDER) await this.#keeper.endOwn()
      else if (identity !== 0 && identity <= HOLDER_MAX) {
        const claim = this.#claims.ofIdentity(identity)
        if (claim === undefined) await this.#claims.end(identity)
        else await this.#evict(claim, 'the region is being closed')
      }
    } catch {
      // A peer that is stopped, or a loopback that does not work: the next round, if there is one.
    }
  }
}
