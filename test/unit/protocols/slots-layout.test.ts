// Goal: the layout is what its drawing says, shapes are checked, and the index code is one-to-one,
// keyed, and takes mixtures of two index words for neither a version nor the terminal mark.
// Method: numbers; seeded samples of versions.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type SlotsShape,
  checkSlotsShape,
  slotOffset,
  slotStrideBytes,
  slotsRegionBytes,
} from '../../../src/protocols/index.ts'
import { IndexCode } from '../../../src/protocols/slots/index-code.ts'
import { CLOSED_WORD, GARBAGE_WORD } from '../../../src/protocols/seqlock/version-word.ts'
import { WordCode } from '../../../src/protocols/word-code.ts'
import { codeOf, kernels } from './support/bench-region.ts'
import { slotsShape } from './support/slots-region.ts'

describe('layout', () => {
  test.each([
    [1, 64, 2, 192],
    [48, 64, 2, 192],
    [49, 128, 3, 448],
    [4096, 4160, 4, 16_704],
  ])('%i bytes: slots of %i bytes, %i of them in %i', (payload, stride, slots, region) => {
    expect(slotStrideBytes(payload)).toBe(stride)
    expect(slotsRegionBytes(payload, slots)).toBe(region)
  })

  test('version v is in slot v mod N, behind the line of the index', () => {
    const shape = slotsShape(49, 3)
    expect([1, 2, 3, 4].map((version) => slotOffset(shape, version))).toEqual([192, 320, 64, 192])
    expect(slotOffset(shape, Number.MAX_SAFE_INTEGER)).toBeLessThan(slotsRegionBytes(49, 3))
  })

  test.each([
    { slotCount: 1 },
    { slotCount: 65_537 },
    { slotCount: 2.5 },
    { payloadBytes: 0 },
    { payloadBytes: 2 ** 30, slotCount: 1024 },
    { generation: 0 },
    { hashKey: 0n },
    { firstVersion: 0 },
    { firstVersion: 2 ** 53 },
  ] as readonly Partial<SlotsShape>[])('refuses %o', (change) => {
    expect(codeOf(() => checkSlotsShape({ ...slotsShape(8, 2), ...change }))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
  })

  test('accepts the largest and the smallest', () => {
    checkSlotsShape({ ...slotsShape(1, 2), firstVersion: 1 })
    checkSlotsShape(slotsShape(1, 65_536))
    checkSlotsShape({ ...slotsShape(2 ** 30, 2), firstVersion: Number.MAX_SAFE_INTEGER - 1 })
  })
})

describe('index code', () => {
  const code = new IndexCode(slotsShape(8, 2), kernels)
  const versions = fc.oneof(
    fc.nat({ max: 1000 }),
    fc.maxSafeNat(),
    fc.constantFrom(2 ** 32 - 1, 2 ** 32),
  )

  function decode(word: bigint, by: IndexCode = code): number {
    return by.decode(new Uint32Array(BigUint64Array.of(word).buffer), 0)
  }

  test('decodes what it encodes', () => {
    fc.assert(fc.property(versions, (version) => decode(code.encode(version)) === version))
  })

  test('0 is 0, the mark is the mark, and neither is a version', () => {
    expect(code.encode(0)).toBe(0n)
    expect(decode(0n)).toBe(0)
    expect(decode(code.encodeClosed())).toBe(CLOSED_WORD)
  })

  test('words are unsigned, and what is no version and no mark is garbage', () => {
    const words = new WordCode(slotsShape(8, 2), kernels)
    const decodeNumber = (low: number, high: number): number => {
      words.encode(low, high)
      return decode((BigInt(words.high >>> 0) << 32n) | BigInt(words.low >>> 0))
    }
    const ones = 0xffff_ffff
    expect(decodeNumber(ones, 0x1f_ffff)).toBe(Number.MAX_SAFE_INTEGER)
    expect(decodeNumber(ones, ones)).toBe(CLOSED_WORD)
    for (const [low, high] of [
      [0, 0x20_0000],
      [0, ones],
      [ones - 1, ones],
      [ones, ones - 1],
      [ones, 0x20_0000],
    ] as const) {
      expect(decodeNumber(low, high)).toBe(GARBAGE_WORD)
    }
    fc.assert(fc.property(versions, (version) => code.encode(version) >= 0n))
  })

  test('words of another key or generation are not near the version they stand for', () => {
    const others = [
      new IndexCode({ ...slotsShape(8, 2), hashKey: 5n }, kernels),
      new IndexCode({ ...slotsShape(8, 2), generation: 9 }, kernels),
    ]
    for (const other of others) {
      for (let version = 1; version < 1000; version += 1) {
        const decoded = decode(code.encode(version), other)
        expect(decoded === GARBAGE_WORD || decoded > 2 ** 32).toBe(true)
      }
    }
  })

  test('no mixture of the bytes of two words is a version near them', () => {
    // Of all 254 mixtures of each pair about one in 2^11 is a safe integer at all.
    let safe = 0
    for (let version = 0xf0; version < 0x110; version += 1) {
      const [low, high] = [code.encode(version), code.encode(version + 1)]
      for (let mask = 1; mask < 255; mask += 1) {
        let bytes = 0n
        for (let at = 0; at < 8; at += 1) {
          if (((mask >> at) & 1) === 1) bytes |= 0xffn << BigInt(8 * at)
        }
        const decoded = decode((low & bytes) | (high & ~bytes))
        if (decoded === GARBAGE_WORD) continue
        safe += 1
        expect(decoded).toBeGreaterThan(2 ** 32)
      }
    }
    expect(safe).toBeLessThan(32)
  })
})
