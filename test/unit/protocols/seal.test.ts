// Goal: the two hashes in 2^64 that a seal must not use are replaced. Method: a hash that returns
// them, since none was found for the real one.
import { expect, test } from 'vitest'
import { CLOSED_MARK, type MemoryKernels } from '../../../src/protocols/index.ts'
import { createSealer } from '../../../src/protocols/seqlock/seal.ts'
import { kernels, shapeOf } from './support/bench-region.ts'

/** A hash that returns `results` one after the other, and notes its seeds. */
function fixedHash(results: bigint[]): { kernels: MemoryKernels; seeds: bigint[] } {
  const seeds: bigint[] = []
  const hash64 = (_bytes: Uint8Array, seed: bigint): bigint => {
    seeds.push(seed)
    return results.shift() ?? 0n
  }
  return { kernels: { ...kernels, hash64 }, seeds }
}

test('a seed of 0 gives way to the key', () => {
  const { hashKey } = shapeOf(8)
  for (const [seed, used] of [
    [0n, hashKey],
    [1n, 1n],
  ] as const) {
    const fixed = fixedHash([seed, 7n])
    const seal = createSealer(shapeOf(8), fixed.kernels)
    expect(seal(new Uint8Array(24))).toBe(7n)
    expect(fixed.seeds).toEqual([hashKey, used])
  }
})

test('a seal that equals the terminal mark gives way to its neighbour', () => {
  for (const [hash, sealed] of [
    [CLOSED_MARK, CLOSED_MARK - 1n],
    [CLOSED_MARK - 1n, CLOSED_MARK - 1n],
    [0n, 0n],
  ] as const) {
    const seal = createSealer(shapeOf(8), fixedHash([5n, hash]).kernels)
    expect(seal(new Uint8Array(24))).toBe(sealed)
  }
})
