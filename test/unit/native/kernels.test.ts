// Goal: each kernel does what its comment says at every length and alignment that it admits, and
// refuses the others with a code. Method: against plain TypeScript, neighbours checked too.
import { describe, expect, test } from 'vitest'
import { native } from '../../../src/native/load.ts'
import { codeOf } from './fixture.ts'

const TAG = 0xfedc_ba98
const WORD_COUNTS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 1025]

function numbers(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => (index * 2_654_435_761) >>> 0)
}

describe('interleave32', () => {
  test.each(WORD_COUNTS)('%i units, at every alignment, and back', (count) => {
    for (const lead of [0, 1]) {
      const words = new BigUint64Array(count + 3).fill(0xeeeen)
      const target = new Uint8Array(words.buffer, 8 * lead, 8 * count)
      const units = numbers(count + lead).subarray(lead)
      const source = new Uint8Array(units.buffer, units.byteOffset, units.byteLength)
      native().interleave32(target, source, TAG)
      const expected = Array.from(units, (unit) => BigInt(unit) | (BigInt(TAG) << 32n))
      expect([...words.subarray(lead, lead + count)]).toEqual(expected)
      expect([words[lead + count], words[count + 2]]).toEqual([0xeeeen, 0xeeeen])

      const back = new Uint8Array(source.length)
      expect(native().deinterleave32(back, target, TAG)).toBe(true)
      expect(back).toEqual(Uint8Array.from(source))
    }
  })

  test.each(WORD_COUNTS.filter((count) => count > 0))('one wrong tag among %i', (count) => {
    const words = new BigUint64Array(count).fill(BigInt(TAG) << 32n)
    for (const wrong of new Set([0, count >> 1, count - 1])) {
      const altered = words.slice()
      altered[wrong] = (BigInt(TAG) ^ 1n) << 32n
      const source = new Uint8Array(altered.buffer)
      expect(native().deinterleave32(new Uint8Array(4 * count), source, TAG)).toBe(false)
    }
  })

  test('refuses what does not fit', () => {
    const target = new Uint8Array(16)
    expect(codeOf(() => native().interleave32(target, new Uint8Array(4), 1))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
    expect(codeOf(() => native().interleave32(target.subarray(4, 12), new Uint8Array(4), 1))).toBe(
      'ERR_UNTORN_MISALIGNED',
    )
    expect(codeOf(() => native().deinterleave32(new Uint8Array(6), new Uint8Array(12), 1))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
    expect(codeOf(() => native().interleave32(null as never, target, 1))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
  })
})

describe('copyWords', () => {
  test.each(WORD_COUNTS)('%i words', (count) => {
    const source = new Uint8Array(numbers(2 * count + 2).buffer, 8)
    const target = new Uint8Array(8 * count + 16).fill(0xee)
    native().copyWords(target.subarray(8, 8 + 8 * count), source)
    expect(target.subarray(8, 8 + 8 * count)).toEqual(Uint8Array.from(source))
    expect([target[7], target[8 + 8 * count]]).toEqual([0xee, 0xee])
  })

  test('refuses odd lengths, odd starts, different lengths and overlap', () => {
    const bytes = new Uint8Array(64)
    const other = new Uint8Array(64)
    const cases: [Uint8Array, Uint8Array, string][] = [
      [bytes.subarray(0, 12), other.subarray(0, 12), 'ERR_UNTORN_ARGUMENT'],
      [bytes.subarray(4, 12), other.subarray(0, 8), 'ERR_UNTORN_MISALIGNED'],
      [bytes.subarray(0, 16), other.subarray(0, 8), 'ERR_UNTORN_ARGUMENT'],
      [bytes.subarray(0, 32), bytes.subarray(8, 40), 'ERR_UNTORN_ARGUMENT'],
    ]
    for (const [target, source, code] of cases) {
      expect(codeOf(() => native().copyWords(target, source))).toBe(code)
    }
    expect(codeOf(() => native().copyWords(new Uint16Array(4) as never, bytes))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
  })
})

describe('storeRelease64', () => {
  test('stores one word, halves in their places', () => {
    const words = new BigUint64Array(4).fill(1n)
    native().storeRelease64(words.buffer, 2, 0x8765_4321, 0xfedc_ba98)
    expect([...words]).toEqual([1n, 1n, 0xfedc_ba98_8765_4321n, 1n])
  })

  test('refuses words outside, and buffers that are none', () => {
    const { buffer } = new BigUint64Array(2)
    for (const word of [2, -1, 0.5, Number.NaN, 2 ** 40]) {
      expect(codeOf(() => native().storeRelease64(buffer, word, 0, 0))).toBe('ERR_UNTORN_ARGUMENT')
    }
    expect(codeOf(() => native().storeRelease64(new ArrayBuffer(7), 0, 0, 0))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
    expect(codeOf(() => native().storeRelease64({} as never, 0, 0, 0))).toBe('ERR_UNTORN_ARGUMENT')
    structuredClone(buffer, { transfer: [buffer] })
    expect(codeOf(() => native().storeRelease64(buffer, 0, 0, 0))).toBe('ERR_UNTORN_ARGUMENT')
  })
})

test('fences return, and the clock does not go back', () => {
  native().storeFence()
  native().fullFence()
  const first = native().nowNs()
  expect(native().nowNs()).toBeGreaterThanOrEqual(first)
})

describe('benchSeqlockReader', () => {
  test('times reads of a stable payload', () => {
    const samples = new Float64Array(3)
    native().benchSeqlockReader(new ArrayBuffer(192), 0, 64, 128, 100, samples)
    expect(samples.every((ns) => ns > 0 && ns < 1e6)).toBe(true)
  })

  test('refuses what reaches outside', () => {
    const buffer = new ArrayBuffer(64)
    const bad: [number, number, number, number][] = [
      [64, 0, 8, 1],
      [4, 8, 8, 1],
      [0, 8, 57, 1],
      [0, 8, 8, 0],
      [-8, 8, 8, 1],
    ]
    for (const [version, payload, bytes, reads] of bad) {
      const run = (): void =>
        native().benchSeqlockReader(buffer, version, payload, bytes, reads, new Float64Array(1))
      expect(['ERR_UNTORN_ARGUMENT', 'ERR_UNTORN_MISALIGNED']).toContain(codeOf(run))
    }
  })
})
