// The seal of strategy `hash`: a keyed 64-bit hash over the bytes from the version word to the end
// of the padded payload, i.e. over version, generation, payload and padding.
//
// The exact payload length is in the seed: seed = XXH64(length, generation; key), so two payloads
// that differ only in how much of the last word is padding have different seals, and so have two
// regions with different keys. The seed is never 0. Under a nonzero seed an untouched
// zero page does not verify, and its version 0 is refused in any case.
//
// The key keeps accidents apart (another region, another incarnation, old contents); it is not a
// defence against an owner who forges seals: XXH64 is no cryptographic hash.
import type { MemoryKernels } from '../local-memory.ts'
import { CLOSED_MARK, type SeqlockShape } from './layout.ts'

/** Seed of a region's seals, 1 … 2^64 - 1. */
function sealSeed(shape: SeqlockShape, kernels: MemoryKernels): bigint {
  const header = new DataView(new ArrayBuffer(16))
  header.setFloat64(0, shape.payloadBytes, true)
  header.setFloat64(8, shape.generation, true)
  const seed = kernels.hash64(new Uint8Array(header.buffer), shape.hashKey)
  return seed === 0n ? shape.hashKey : seed
}

/** Seal of some bytes (version word to end of padding); never the terminal mark. */
export type Sealer = (bytes: Uint8Array) => bigint

/** The sealer of one region; owner and readers make the same one. */
export function createSealer(shape: SeqlockShape, kernels: MemoryKernels): Sealer {
  const seed = sealSeed(shape, kernels)
  return (bytes) => {
    const hash = kernels.hash64(bytes, seed)
    // The mark is reserved, so the one hash in 2^64 that equals it gives way to its neighbour.
    return hash === CLOSED_MARK ? CLOSED_MARK - 1n : hash
  }
}
