// The regions of one host: what is published, and the withdrawal of each.
//
// Invariant: a name belongs to one publication from `publish` until its owner is closed; a region in
// the catalogue is never one whose withdrawal has begun; a withdrawal ends when every peer that held
// the key has released it or is gone, or after WITHDRAW_TIMEOUT_MS, and the claims on the region have
// ended by then: those of a peer that does not answer are taken back by evicting it.
import { argumentRangeError, argumentTypeError, UntornError } from '../errors.ts'
import type { Device, RegionDescriptor } from '../fabric/contract.ts'
import type { Loopback } from '../fabric/loopback.ts'
import type { CatalogueEntry, ClaimHandler, OwnerHandle, RegionSpec } from '../regions/contract.ts'
import type { HostPeer } from './host-peer.ts'
import type { ClaimedRegion } from './host-queue-pair.ts'
import { ENTRY_BYTES_MAX, REGIONS_MAX, WITHDRAW_TIMEOUT_MS } from './limits.ts'
import { catalogueEntry, regionName } from './wire-checks.ts'

interface PublicationRecord {
  readonly entry: CatalogueEntry
  readonly owner: OwnerHandle
  readonly claims: ClaimHandler | undefined
  withdrawal: Withdrawal | undefined
}

interface Withdrawal {
  readonly done: Promise<void>
  /** Peers that have not released the region yet. */
  readonly awaited: Set<HostPeer>
  readonly settle: () => void
}

export interface PublicationsContext {
  readonly device: Device
  readonly peers: ReadonlySet<HostPeer>
  readonly openLoopback: (region: RegionDescriptor) => Loopback
  readonly onWithdrawTimeout: () => void
}

export class Publications {
  readonly #context: PublicationsContext
  readonly #records = new Map<string, PublicationRecord>()

  constructor(context: PublicationsContext) {
    this.#context = context
  }

  get size(): number {
    return this.#records.size
  }

  *entries(): Generator<CatalogueEntry> {
    for (const record of this.#records.values()) {
      if (record.withdrawal === undefined) yield record.entry
    }
  }

  owners(): OwnerHandle[] {
    return [...this.#records.values()].map((record) => record.owner)
  }

  publish<Owner extends OwnerHandle>(name: string, spec: RegionSpec<Owner>): Owner {
    checkName(name)
    if (typeof (spec as Partial<typeof spec> | null)?.publish !== 'function') {
      const makers = 'seqlock, versionedSlots, rcuCell or lockedRegion'
      throw argumentTypeError(
        `what to publish is made by ${makers}, such as seqlock({ bytes: 64 })`,
      )
    }
    if (this.#records.has(name)) {
      throw new UntornError('ERR_UNTORN_REGION_EXISTS', `'${name}' is already published here`)
    }
    if (this.#records.size >= REGIONS_MAX) {
      throw new UntornError(
        'ERR_UNTORN_FRAME_TOO_LARGE',
        `a host publishes at most ${REGIONS_MAX} regions: so many fit one catalogue frame`,
      )
    }
    let record: PublicationRecord | undefined
    const { entry, owner, claims } = spec.publish({
      device: this.#context.device,
      name,
      loopback: (region) => this.#context.openLoopback(region),
      withdraw: () => (record === undefined ? Promise.resolve() : this.#withdraw(record)),
      onClosed: () => {
        if (record === undefined || this.#records.get(name) !== record) return
        // An owner that skipped the withdrawal must not leave keys with the peers.
        void this.#withdraw(record)
        this.#records.delete(name)
      },
    })
    try {
      checkEntry(entry, name)
    } catch (error) {
      void owner.close()
      throw error
    }
    record = { entry, owner, claims, withdrawal: undefined }
    this.#records.set(name, record)
    for (const peer of this.#context.peers) peer.offer(entry)
    return owner
  }

  /** A peer said that it reads this region no more. */
  released(peer: HostPeer, name: string, generation: number): void {
    const record = this.#records.get(name)
    if (record?.entry.generation !== generation || record.withdrawal === undefined) return
    const { withdrawal } = record
    void peer.releaseClaims(record.entry).then(() => settleOne(withdrawal, peer))
  }

  /**
   * The region of that name and generation, unless it is being withdrawn.
   * @throws UntornError ERR_UNTORN_DENIED when nothing of it can be claimed
   */
  claimable(name: string, generation: number): ClaimedRegion | undefined {
    const record = this.#records.get(name)
    if (record === undefined || record.withdrawal !== undefined) return undefined
    const { entry, claims } = record
    if (entry.generation !== generation) return undefined
    if (claims === undefined) {
      const message = `'${name}' can be read; there is nothing of it to claim`
      throw new UntornError('ERR_UNTORN_DENIED', message)
    }
    return { entry, handler: claims }
  }

  /** A peer is gone: nobody waits for it any more. */
  forget(peer: HostPeer): void {
    for (const record of this.#records.values()) settleOne(record.withdrawal, peer)
  }

  #withdraw(record: PublicationRecord): Promise<void> {
    if (record.withdrawal !== undefined) return record.withdrawal.done
    let settle = (): void => {}
    const done = new Promise<void>((resolve) => (settle = resolve))
    const awaited = new Set([...this.#context.peers].filter((peer) => peer.holds(record.entry)))
    record.withdrawal = { done, awaited, settle }
    if (awaited.size === 0) {
      settle()
      return done
    }
    const timer = setTimeout(() => {
      this.#context.onWithdrawTimeout()
      void Promise.all([...awaited].map((peer) => peer.reclaim(record.entry))).then(settle)
    }, WITHDRAW_TIMEOUT_MS)
    void done.then(() => clearTimeout(timer))
    // A copy: a peer whose connection fails while we tell it leaves the set.
    for (const peer of [...awaited]) peer.withdraw(record.entry)
    return done
  }
}

function settleOne(withdrawal: Withdrawal | undefined, peer: HostPeer): void {
  if (withdrawal?.awaited.delete(peer) === true && withdrawal.awaited.size === 0) {
    withdrawal.settle()
  }
}

function checkName(name: string): void {
  try {
    regionName(name, 'name')
  } catch (error) {
    throw argumentRangeError((error as Error).message)
  }
}

/** What a host announces, its peers must be able to accept: the same checks, before it is sent. */
function checkEntry(entry: CatalogueEntry, name: string): void {
  catalogueEntry(entry, `the entry of '${name}'`)
  if (entry.name !== name) {
    throw new UntornError('ERR_UNTORN_PROTOCOL', `the entry of '${name}' is named '${entry.name}'`)
  }
  const bytes = Buffer.byteLength(JSON.stringify(entry))
  if (bytes > ENTRY_BYTES_MAX) {
    throw new UntornError(
      'ERR_UNTORN_FRAME_TOO_LARGE',
      `the entry of '${name}' takes ${bytes} bytes; at most ${ENTRY_BYTES_MAX} are announced`,
    )
  }
}
