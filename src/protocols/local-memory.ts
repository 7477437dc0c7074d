// Seam 3: the owner's stores. Writers are synchronous code over this port; production binds it to
// registered memory, the simulator to a simulated CPU's store buffer.

/**
 * Barriers by purpose. Each orders the stores before it against the stores after it.
 * - `beforePayload`: the odd mark is visible before any payload store.
 * - `beforePublish`: all payload stores are visible before the word that publishes them.
 * - `afterPublish`: the publishing word is visible before the next round's stores.
 */
export type BarrierName = 'beforePayload' | 'beforePublish' | 'afterPublish'

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
  /** Aligned 64-bit load of a word that this owner stored. */
  loadWord(offset: number): number
  /** The owner's own view of its memory, for update-in-place and hashing. */
  view(offset: number, lengthBytes: number): Uint8Array
  barrier(name: BarrierName): void
}

/** Memory kernels a reader machine needs; production may bind native ones. */
export interface MemoryKernels {
  /** Inverse of storeTagged; false when an upper half differs from `tag`. */
  deinterleave32(target: Uint8Array, source: Uint8Array, tag: number): boolean
  /** Keyed 64-bit hash (XXH64). */
  hash64(bytes: Uint8Array, seed: bigint): bigint
}
