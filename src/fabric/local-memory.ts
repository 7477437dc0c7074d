// Seam 3: the owner's stores. Writers are synchronous code over this port, which a region hands out
// (`MemoryRegion.localMemory`): registered memory in production, a simulated CPU's store buffer on a
// simulated device. Invariant: what a port stores becomes visible in the order its barriers ask for.

/**
 * Barriers by purpose. Each orders the stores before it against the stores after it.
 * - `beforePayload`: the odd mark is visible before any payload store.
 * - `beforePublish`: all payload stores are visible before the word that publishes them.
 * - `afterPublish`: the publishing word is visible before the next round's stores.
 * - `beforeScan`: a full fence: all stores before it are visible before any load after it. Only an
 *   owner that looks at memory which peers WRITE needs it.
 */
export type BarrierName = 'beforePayload' | 'beforePublish' | 'afterPublish' | 'beforeScan'

/** Offsets in bytes from the region's start. */
export interface LocalMemory {
  readonly lengthBytes: number
  /** Aligned 64-bit store, never torn, with release order. `value` is a safe integer ≥ 0. */
  storeWord(offset: number, value: number): void
  /** The same for a 64-bit value that is not a safe integer (a hash). */
  storeWord64(offset: number, value: bigint): void
  /** Plain copy, in no promised order and of no promised granule. */
  copyIn(offset: number, source: Uint8Array): void
  /**
   * For each 4-byte unit u of source one aligned 64-bit store of u | tag << 32, at
   * offset, offset + 8, …; in no promised order. `source` length a multiple of 4.
   */
  storeTagged(offset: number, source: Uint8Array, tag: number): void
  /**
   * Aligned 64-bit load of a word that this owner stored, or that a peer WRITEs: then its halves may be
   * of two values, and it is only as new as the last `beforeScan`.
   */
  loadWord(offset: number): number
  /** The owner's own view of its memory, for update-in-place and hashing. */
  view(offset: number, lengthBytes: number): Uint8Array
  /**
   * The same, to be stored to directly: plain stores, in no promised order and of no promised granule,
   * before the next barrier. Absent where the port has to see every store.
   */
  storeView?(offset: number, lengthBytes: number): Uint8Array
  barrier(name: BarrierName): void
}
