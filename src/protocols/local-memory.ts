// What protocols need of memory beside READs: the owner's port of stores, which the fabric defines and
// its regions hand out, and the kernels that a reader runs over what has landed.
export type { BarrierName, LocalMemory } from '../fabric/local-memory.ts'

/** Memory kernels a reader machine needs; production may bind native ones. */
export interface MemoryKernels {
  /**
   * Inverse of storeTagged; false when an upper half differs from `tag`. `target` starts on a
   * multiple of 4 bytes, `source` of 8.
   */
  deinterleave32(target: Uint8Array, source: Uint8Array, tag: number): boolean
  /** Keyed 64-bit hash (XXH64). */
  hash64(bytes: Uint8Array, seed: bigint): bigint
}
