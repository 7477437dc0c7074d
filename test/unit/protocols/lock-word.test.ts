// Goal: whatever 64 bits a locked region's word holds, all parties read the same one of free, held,
// closed, garbage from it. Method: words at every boundary, and random ones, through both decoders.
import { expect, test } from 'vitest'
import { HOLDER_MAX, LOCK_VERSION_MAX } from '../../../src/protocols/index.ts'
import { CLOSED_MARK } from '../../../src/protocols/seqlock/layout.ts'
import { CLOSED_WORD, GARBAGE_WORD } from '../../../src/protocols/seqlock/version-word.ts'
import { RandomNumbers } from '../../../src/simulation/random-numbers.ts'
import {
  freeWord,
  heldWord,
  holderOf,
  isClosed,
  isFree,
  isHeld,
  isUsedUp,
  lockVersionAt,
  versionBitsOf,
} from '../../../src/protocols/lock/word.ts'

function landed(word: bigint): number {
  return lockVersionAt(new Uint32Array(BigUint64Array.of(0n, word).buffer), 1)
}

function kindOf(word: bigint): string {
  const kinds = { free: isFree(word), held: isHeld(word), closed: isClosed(word) }
  return Object.entries(kinds)
    .filter(([, is]) => is)
    .map(([kind]) => kind)
    .join()
}

test.each([
  [freeWord(2), 'free', 2],
  [freeWord(2 ** 32), 'free', 2 ** 32],
  [freeWord(LOCK_VERSION_MAX), 'free', LOCK_VERSION_MAX],
  [freeWord(LOCK_VERSION_MAX + 2), '', GARBAGE_WORD],
  [freeWord(0), '', 0],
  [heldWord(3, 1), 'held', 3],
  [heldWord(LOCK_VERSION_MAX - 1, HOLDER_MAX), 'held', LOCK_VERSION_MAX - 1],
  [heldWord(2 ** 33 + 1, 0x8000), 'held', 2 ** 33 + 1],
  [heldWord(4, 1), '', GARBAGE_WORD],
  [heldWord(3, 0), '', GARBAGE_WORD],
  [heldWord(3, HOLDER_MAX + 1), '', GARBAGE_WORD],
  [heldWord(2 ** 47 + 1, 7), '', GARBAGE_WORD],
  [CLOSED_MARK, 'closed', CLOSED_WORD],
] as const)('%x', (word, kind, version) => {
  expect(kindOf(word)).toBe(kind)
  expect(landed(word)).toBe(version)
})

test('a held word gives back what it was made of', () => {
  for (const holder of [1, 2, 255, 256, 0x7fff, HOLDER_MAX]) {
    for (const version of [3, 2 ** 31 + 1, LOCK_VERSION_MAX - 1]) {
      const word = heldWord(version, holder)
      expect([holderOf(word), versionBitsOf(word)]).toEqual([holder, version])
    }
  }
  expect(holderOf(freeWord(4))).toBe(0)
  expect(holderOf(CLOSED_MARK)).toBe(0)
  expect(holderOf(heldWord(4, 9))).toBe(0)
})

test('the two decoders agree on any word', () => {
  const random = new RandomNumbers(Number(process.env['UNTORN_SEED']))
  for (let count = 0; count < 20_000; count += 1) {
    // Upper halves that are zero, small and anything, so that all kinds occur.
    const high =
      count % 3 === 0 ? 0 : random.below(count % 3 === 1 ? 2 ** 17 : 2 ** 31) * 2 + (count & 1)
    const low = random.below(2 ** 31) * 2 + random.below(2)
    const word = (BigInt(high) << 32n) | BigInt(low)
    const version = landed(word)
    if (isHeld(word) || isFree(word)) expect(version).toBe(versionBitsOf(word))
    else expect(version <= 0).toBe(true)
  }
})

test('the versions end before a word could look closed', () => {
  expect(isUsedUp(freeWord(LOCK_VERSION_MAX))).toBe(true)
  expect(isUsedUp(freeWord(LOCK_VERSION_MAX - 2))).toBe(false)
  // No byte of any word but the mark's has bit 47.
  expect((heldWord(LOCK_VERSION_MAX - 1, HOLDER_MAX) >> 47n) & 1n).toBe(0n)
})
