// Goal: bytes of one version prove that version, and every kind of mixture is told from them.
// Method: payloads of known versions, mixed by hand the way memory tears.
import { describe, expect, test } from 'vitest'
import { NOT_ONE_VERSION, PayloadOracle } from '../../../bench/support/payload-oracle.ts'

const SIZES = [8, 12, 64, 4096]

function payload(oracle: PayloadOracle, version: number): Int32Array<ArrayBuffer> {
  const words = oracle.createWords()
  oracle.encode(version, words)
  return words
}

describe('whole payloads', () => {
  test.each([...SIZES, 9, 10, 11, 13, 4097])('%i bytes prove their version', (bytes) => {
    const oracle = new PayloadOracle(bytes)
    for (const version of [2, 4, 1000, 2 ** 31, 2 ** 32 - 2]) {
      expect(oracle.verify(payload(oracle, version))).toBe(version)
    }
    expect(oracle.bytesOf(oracle.createWords()).byteLength).toBe(bytes)
  })

  test('a version beyond 32 bits proves its low half', () => {
    const oracle = new PayloadOracle(64)
    expect(oracle.verify(payload(oracle, 2 ** 40 + 6))).toBe(6)
  })

  test('bytes beyond the payload do not count', () => {
    const oracle = new PayloadOracle(9)
    const words = payload(oracle, 8)
    new Uint8Array(words.buffer).fill(0xa5, 9)
    expect(oracle.verify(words)).toBe(8)
  })

  test('words of one version differ from each other and from those of the next', () => {
    const oracle = new PayloadOracle(4096)
    const [one, next] = [payload(oracle, 2), payload(oracle, 4)]
    expect(new Set(one).size).toBe(one.length)
    expect(one.filter((word, index) => word === next[index])).toHaveLength(0)
  })
})

describe('torn payloads', () => {
  test.each(SIZES)('one word of %i bytes from another version, wherever it is', (bytes) => {
    const oracle = new PayloadOracle(bytes)
    const other = payload(oracle, 4)
    for (let index = 0; index < other.length; index += 1) {
      const words = payload(oracle, 2)
      words[index] = other[index] as number
      expect(oracle.verify(words), `word ${index}`).toBe(NOT_ONE_VERSION)
    }
  })

  test.each(SIZES)('%i bytes cut anywhere, either part first', (bytes) => {
    const oracle = new PayloadOracle(bytes)
    const [old, fresh] = [payload(oracle, 2), payload(oracle, 4)]
    for (let cut = 1; cut < old.length; cut += 1) {
      for (const [front, back] of [
        [old, fresh],
        [fresh, old],
      ] as const) {
        const words = front.slice()
        words.set(back.subarray(cut), cut)
        expect(oracle.verify(words), `cut at word ${cut}`).toBe(NOT_ONE_VERSION)
      }
    }
  })

  test('one byte of another version, wherever the versions differ', () => {
    const oracle = new PayloadOracle(65)
    const [old, fresh] = [payload(oracle, 2), payload(oracle, 4)]
    const other = oracle.bytesOf(fresh)
    for (let index = 0; index < other.length; index += 1) {
      const words = old.slice()
      const bytes = oracle.bytesOf(words)
      if (bytes[index] === other[index]) continue
      bytes[index] = other[index] as number
      expect(oracle.verify(words), `byte ${index}`).toBe(NOT_ONE_VERSION)
    }
  })

  test('words of one version in each other’s places', () => {
    const oracle = new PayloadOracle(64)
    const words = payload(oracle, 2)
    words.reverse()
    expect(oracle.verify(words)).toBe(NOT_ONE_VERSION)
  })

  test.each(SIZES)('%i bytes that nobody wrote', (bytes) => {
    const oracle = new PayloadOracle(bytes)
    expect(oracle.verify(oracle.createWords())).toBe(NOT_ONE_VERSION)
    expect(oracle.verify(oracle.createWords().fill(-1))).toBe(NOT_ONE_VERSION)
  })
})

test.each([0, 4, 7, 8.5, Number.NaN])('a payload of %d bytes is refused', (bytes) => {
  expect(() => new PayloadOracle(bytes)).toThrow(RangeError)
})
