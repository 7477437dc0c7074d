// What an owner of an RCU cell knows of its memory and of those who hold it up.
import type { CellOwner, HeapStatistics } from '../../protocols/cell/index.ts'
import type { OwnerStatistics } from '../region-owner.ts'
import type { PinClaims } from './cell-claims.ts'

/** A pin that stands in a reader's row. */
export interface CellPin {
  /** Address and port of the reader's control connection. */
  readonly peer: string
  /** Newest version that the reader knew when it pinned: objects replaced since then are kept. */
  readonly version: number
  /** For how long the owner has seen it, milliseconds; renewals begin anew. */
  readonly heldMs: number
  /** It has outlived its lease: it holds nothing up any more. */
  readonly expired: boolean
}

export interface CellOwnerStatistics extends OwnerStatistics {
  /** Objects that were replaced and wait to be reclaimed. */
  readonly retired: number
  /** Objects reclaimed so far. */
  readonly reclaimed: number
  /** Pins that were ignored because their lease had run out, so far. */
  readonly expirations: number
  /** Readers that have a row. */
  readonly readers: number
  /** Peers that have a place to write. */
  readonly writers: number
  readonly heap: HeapStatistics
  /** The pin that knows the oldest version. */
  readonly oldestPin: CellPin | undefined
  /** Pins that have stood for more than half of their lease without renewal, oldest first. */
  readonly slowReaders: readonly CellPin[]
}

/** @param nowMs the clock of the scans */
export function cellStatistics(
  cell: CellOwner,
  pins: PinClaims,
  writers: number,
  counters: OwnerStatistics,
  nowMs: number,
): CellOwnerStatistics {
  const { retired, reclaimed, expirations, heap } = cell.statistics
  const views = cell.readers.pins().map(({ row, epoch, seenMs, expired }) => ({
    peer: pins.peerOf(row) ?? '',
    version: epoch,
    heldMs: Math.max(0, nowMs - seenMs),
    expired,
  }))
  return {
    ...counters,
    retired,
    reclaimed,
    expirations,
    readers: pins.count,
    writers,
    heap,
    oldestPin: views.find((pin) => !pin.expired),
    slowReaders: views.filter((pin) => pin.expired || pin.heldMs > cell.readers.leaseMs / 2),
  }
}
