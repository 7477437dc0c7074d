// Goal: whatever a landed word is, it decodes to a version that an owner can have stored, or to one
// of two numbers that no version equals. Method: words at the edges of what a version can be.
import { expect, test } from 'vitest'
import { VERSION_MAX } from '../../../src/protocols/index.ts'
import {
  CLOSED_WORD,
  GARBAGE_WORD,
  highOf,
  isStable,
  tagOf,
  versionAt,
  versionOfCounter,
} from '../../../src/protocols/seqlock/version-word.ts'

const ones = 0xffff_ffff

test.each([
  [0, 0, 0],
  [2, 0, 2],
  [ones, 0, 2 ** 32 - 1],
  [0, 1, 2 ** 32],
  [6, 0x1f_ffff, 2 ** 53 - 2 ** 32 + 6],
  [ones, 0x1f_ffff, Number.MAX_SAFE_INTEGER],
  [0, 0x20_0000, GARBAGE_WORD],
  [ones, 0x8000_0000, GARBAGE_WORD],
  [ones - 1, ones, GARBAGE_WORD],
  [ones, ones - 1, GARBAGE_WORD],
  [ones, ones, CLOSED_WORD],
])('the word of halves %i and %i', (low, high, version) => {
  expect(versionAt(Uint32Array.of(7, 7, low, high), 1)).toBe(version)
  expect(versionAt(Uint32Array.of(low, high, 7, 7), 0)).toBe(version)
})

test.each([
  [0, 1, 2],
  [1, 3, 2 ** 33 + 6],
  [0xf_ffff, ones, Number.MAX_SAFE_INTEGER - 1],
  [0x10_0000, 0, GARBAGE_WORD],
  [ones, ones - 1, GARBAGE_WORD],
  [ones - 1, ones, GARBAGE_WORD],
  [ones, ones, CLOSED_WORD],
])('the write counter of halves %i and %i', (high, tag, version) => {
  expect(versionOfCounter(high, tag)).toBe(version)
})

test('a version’s write counter falls into halves and is put together again', () => {
  for (const version of [2, 4, 2 ** 32, 2 ** 33 - 2, 2 ** 33, 2 ** 33 + 2, VERSION_MAX - 1]) {
    const even = version - (version % 2)
    expect(tagOf(even)).toBe((even / 2) % 2 ** 32)
    expect(versionOfCounter(highOf(even), tagOf(even))).toBe(even)
  }
})

test('only even versions from 2 on are stable', () => {
  for (const version of [2, 4, 2 ** 32, 2 ** 33 + 2, Number.MAX_SAFE_INTEGER - 1]) {
    expect(isStable(version)).toBe(true)
    expect(isStable(version - 1)).toBe(false)
  }
  for (const version of [0, CLOSED_WORD, GARBAGE_WORD]) expect(isStable(version)).toBe(false)
})

test('no two of the special numbers are equal, and none is a version', () => {
  expect(CLOSED_WORD).toBeLessThan(0)
  expect(GARBAGE_WORD).toBeLessThan(0)
  expect(CLOSED_WORD).not.toBe(GARBAGE_WORD)
})
