// The owner's side of a soak's regions: how each is published, and how its next payload is.
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { RcuCellOwner } from '../../src/regions/cell/cell-owner.ts'
import { rcuCell } from '../../src/regions/cell/rcu-cell.ts'
import type { LockedOwner } from '../../src/regions/locked/locked-owner.ts'
import { lockedRegion } from '../../src/regions/locked/locked-region.ts'
import { seqlock } from '../../src/regions/seqlock.ts'
import { versionedSlots } from '../../src/regions/slots/versioned-slots.ts'
import type { Host } from '../../src/session/host.ts'
import { PayloadOracle } from '../support/payload-oracle.ts'
import { Ledger } from './ledger.ts'
import { PayloadCounter } from './payload-counter.ts'
import type { RoleContext } from './roles/role.ts'
import type { HeapReport } from './soak-messages.ts'
import { LOCK_LEASE_MS, PAYLOAD_BYTES, payloadNumber, soakProtocols } from './soak-regions.ts'

const SLOT_COUNT = 16

const CELL_OPTIONS = {
  bytes: 2 ** 20,
  objectBytesMax: PAYLOAD_BYTES,
  readers: 8,
  writers: 4,
  // Shorter than the longest stops: leases run out.
  leaseMs: 500,
  // Whoever reads what was reclaimed finds no payload.
  poison: true,
} as const
const HEAP_LOOK_ONE_IN = 64
/** For holders that outstay their leases, one after the other. */
const UPDATE_MS = 5_000
/** For leases of those who were killed, and then some. */
const SETTLE_MS = 5_000
const SETTLE_LOOK_MS = 20

export interface OwnedRegion {
  readonly protocol: ProtocolName
  /** What `write` is, for the journal. */
  readonly operation: string
  write(): Promise<void> | void
  /** Writes in a row, at most; those who share a lock with others leave it to them in between. */
  readonly burstMax?: number
  /** Called when all peers are gone: what is left of them must not be left. */
  end?(): Promise<void>
}

/** Payloads by number, in one buffer. */
class Payloads {
  readonly #oracle = new PayloadOracle(PAYLOAD_BYTES)
  readonly #words = this.#oracle.createWords()
  readonly #bytes = this.#oracle.bytesOf(this.#words)

  /** Overwritten by the next call. */
  of(number: number): Uint8Array {
    this.#oracle.encode(number, this.#words)
    return this.#bytes
  }
}

const publishers: Readonly<
  Record<ProtocolName, (host: Host, context: RoleContext, payloads: Payloads) => OwnedRegion>
> = {
  seqlock(host, _context, payloads) {
    const initial = payloads.of(2)
    const owner = host.publish('seqlock', seqlock({ bytes: PAYLOAD_BYTES, initial }))
    const write = (): void => {
      owner.write(payloads.of(payloadNumber(owner.version + 2)))
    }
    return { protocol: 'seqlock', operation: 'write', write }
  },
  'versioned-slots'(host, _context, payloads) {
    const initial = payloads.of(1)
    const spec = versionedSlots({ bytes: PAYLOAD_BYTES, slots: SLOT_COUNT, initial })
    const owner = host.publish('versioned-slots', spec)
    const write = (): void => {
      owner.publish(payloads.of(payloadNumber(owner.version + 1)))
    }
    return { protocol: 'versioned-slots', operation: 'publish', write }
  },
  'rcu-cell'(host, context, payloads) {
    const { journal, random } = context
    const initial = payloads.of(1)
    const spec = rcuCell({ ...CELL_OPTIONS, initial })
    const owner = host.publish('rcu-cell', spec)
    const ledger = new Ledger(context.order.ledgerFolder, 'rcu-cell', context.order.id)
    const updates = new PayloadCounter()
    const write = (): void => {
      const version = owner.update((bytes) => updates.next(bytes))
      ledger.enter(owner.generation, updates.number, version)
      if (random.oneIn(HEAP_LOOK_ONE_IN)) journal.heap = heapOf(owner)
    }
    const end = (): Promise<void> => settleCell(owner, context)
    return { protocol: 'rcu-cell', operation: 'update', write, end }
  },
  locked(host, context, payloads) {
    const initial = payloads.of(1)
    const options = { bytes: PAYLOAD_BYTES, leaseMs: LOCK_LEASE_MS, holdersMax: 8, initial }
    const owner = host.publish('locked', lockedRegion(options))
    const ledger = new Ledger(context.order.ledgerFolder, 'locked', context.order.id)
    const updates = new PayloadCounter()
    const write = async (): Promise<void> => {
      const version = await owner.update((bytes) => bytes.set(updates.next(bytes)), {
        timeoutMs: UPDATE_MS,
      })
      ledger.enter(owner.generation, updates.number, version)
    }
    const end = (): Promise<void> => settleLock(owner, context)
    return { protocol: 'locked', operation: 'update', write, burstMax: 1, end }
  },
}

/** Peers are gone: nothing of theirs may be left, neither places nor objects that they had pinned. */
async function settleCell(owner: RcuCellOwner, { journal }: RoleContext): Promise<void> {
  journal.begin('rcu-cell', 'synchronize')
  const isFree = (): boolean => owner.statistics.readers === 0 && owner.statistics.writers === 0
  if (!(await comesTrue(isFree))) journal.violated('rcu-cell: places of peers that are gone')
  await owner.synchronize({ signal: AbortSignal.timeout(SETTLE_MS) })
  journal.heap = heapOf(owner)
  const { retired, heap } = owner.statistics
  // None when the present object lies in a writer's place.
  if (retired > 0 || heap.objects > 1) {
    journal.violated(
      `rcu-cell: ${retired} objects retired, ${heap.objects} in the heap, for nobody`,
    )
  }
}

async function settleLock(owner: LockedOwner, { journal }: RoleContext): Promise<void> {
  journal.begin('locked', 'waiting for its holders to end')
  if (await comesTrue(() => owner.holders().length === 0)) return
  journal.violated('locked: holders that are gone are holders still')
}

async function comesTrue(condition: () => boolean): Promise<boolean> {
  const endMs = performance.now() + SETTLE_MS
  while (!condition()) {
    if (performance.now() > endMs) return false
    await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS))
  }
  return true
}

function heapOf(owner: RcuCellOwner): HeapReport {
  const { retired, reclaimed, heap } = owner.statistics
  return { retired, reclaimed, usedUnits: heap.usedUnits, units: heap.units }
}

/** Publishes a region of every protocol. */
export function publishAll(host: Host, context: RoleContext): readonly OwnedRegion[] {
  const payloads = new Payloads()
  return soakProtocols.map((protocol) => publishers[protocol](host, context, payloads))
}
