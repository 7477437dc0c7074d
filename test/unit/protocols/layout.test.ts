// Goal: the bytes of a region are exactly those of the drawings, for every layout. Method: golden
// bytes of small regions, sizes at the edges of words and lines.
import { describe, expect, test } from 'vitest'
import {
  CLOSED_MARK,
  FIRST_VERSION,
  PAYLOAD_BYTES_MAX,
  SEQLOCK_LAYOUT_VERSION,
  VERSION_MAX,
  checkShape,
  imageBytes,
  negativeControls,
  regionBytes,
  seqlockStrategies,
} from '../../../src/protocols/index.ts'
import { assertLittleEndian } from '../../../src/protocols/seqlock/layout.ts'
import { BenchRegion, codeOf, edgeSizes, kernels, shapeOf } from './support/bench-region.ts'

const payload = Uint8Array.from([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77])

/** Hexadecimal, a space between words. */
function hex(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString('hex')
  return (digits.match(/.{16}/g) ?? []).join(' ')
}

describe('sizes', () => {
  test.each([
    ['plain', [32, 32, 32, 80, 80, 88, 88, 4120], [64, 64, 64, 128, 128, 128, 128, 4160]],
    ['words', [16, 24, 24, 120, 120, 128, 136, 8200], [64, 64, 64, 128, 128, 128, 192, 8256]],
    ['lines', [64, 64, 64, 64, 64, 128, 128, 4736], [64, 64, 64, 64, 64, 128, 128, 4736]],
    ['both-ends', [24, 24, 24, 72, 72, 80, 80, 4112], [64, 64, 64, 128, 128, 128, 128, 4160]],
  ] as const)('%s', (kind, images, regions) => {
    expect(edgeSizes.map((size) => imageBytes(kind, size))).toEqual(images)
    expect(edgeSizes.map((size) => regionBytes(kind, size))).toEqual(regions)
  })

  test('of every payload: whole words, in whole lines, and no line too many', () => {
    for (const kind of ['plain', 'words', 'lines', 'both-ends'] as const) {
      for (let size = 1; size <= 300; size += 1) {
        const image = imageBytes(kind, size)
        const region = regionBytes(kind, size)
        expect([image % 8, region % 64, Math.floor((region - image) / 64)]).toEqual([0, 0, 0])
      }
    }
  })

  test('remote bytes are what a whole read fetches', () => {
    for (const scheme of [...Object.values(seqlockStrategies), negativeControls['both-ends']]) {
      for (const size of edgeSizes) {
        const region = new BenchRegion(scheme, size)
        region.whole()
        const fetched = region.posted.reduce((sum, read) => sum + read.lengthBytes, 0)
        expect(fetched).toBe(scheme.remoteBytes(size))
      }
    }
  })
})

describe('bytes of 7 payload bytes after one write', () => {
  test('plain, without and with a seal', () => {
    for (const name of ['fenced', 'hash'] as const) {
      const { owner, memory } = new BenchRegion(seqlockStrategies[name], 7)
      owner.write(payload)
      expect(hex(memory.bytes.subarray(8, 32))).toBe(
        '0400000000000000 0403020100000000 1122334455667700',
      )
      expect(hex(memory.bytes.subarray(32))).toBe(Array(4).fill('0000000000000000').join(' '))
      const seal = memory.loadWord(0)
      if (name === 'fenced') expect(seal).toBe(0)
      else expect(seal).not.toBe(0)
    }
  })

  test('the seal is XXH64 of version to padding, seeded by key, length and generation', () => {
    const { owner, memory } = new BenchRegion(seqlockStrategies.hash, 7)
    owner.write(payload)
    const header = new DataView(new ArrayBuffer(16))
    header.setFloat64(0, 7, true)
    header.setFloat64(8, shapeOf(7).generation, true)
    const seed = kernels.hash64(new Uint8Array(header.buffer), shapeOf(7).hashKey)
    const seal = kernels.hash64(memory.bytes.subarray(8, 32), seed)
    expect(new DataView(memory.bytes.buffer).getBigUint64(0, true)).toBe(seal)
  })

  test('words', () => {
    const { owner, memory } = new BenchRegion(seqlockStrategies.words, 7)
    owner.write(payload)
    expect(hex(memory.bytes.subarray(0, 24))).toBe(
      '0000000002000000 1122334402000000 5566770002000000',
    )
  })

  test('words beyond 32 bits of write counter', () => {
    const scheme = seqlockStrategies.words
    const region = new BenchRegion(scheme, 4)
    const owner = scheme.createOwner(region.memory, shapeOf(4), kernels)
    owner.format(payload.subarray(0, 4), 2 ** 33 + 6)
    expect(hex(region.memory.bytes.subarray(0, 16))).toBe('0100000003000000 1122334403000000')
    region.whole()
    expect(region.reader.version).toBe(2 ** 33 + 6)
  })

  test('lines', () => {
    const { owner, memory } = new BenchRegion(seqlockStrategies.lines, 57)
    owner.write(new Uint8Array(57).fill(0xab))
    const tag = '0400000000000000'
    const full = ' abababababababab'.repeat(7)
    const rest = ' 0000000000000000'.repeat(6)
    expect(hex(memory.bytes)).toBe(`${tag}${full} ${tag} ab00000000000000${rest}`)
  })

  test('both-ends', () => {
    const { owner, memory } = new BenchRegion(negativeControls['both-ends'], 7)
    owner.write(payload)
    expect(hex(memory.bytes.subarray(0, 24))).toBe(
      '0400000000000000 1122334455667700 0400000000000000',
    )
  })
})

describe('the terminal mark', () => {
  test.each(['fenced', 'hash', 'words', 'lines'] as const)('%s', (name) => {
    const { owner, memory } = new BenchRegion(seqlockStrategies[name], 120)
    owner.close()
    const offsets = { fenced: [8], hash: [0, 8], words: [0], lines: [0, 64, 128] }[name]
    const words = new DataView(memory.bytes.buffer)
    for (const at of offsets) expect(words.getBigUint64(at, true)).toBe(CLOSED_MARK)
  })
})

test('the limits that peers agree upon', () => {
  expect(SEQLOCK_LAYOUT_VERSION).toBe(1)
  expect(FIRST_VERSION).toBe(2)
  expect(PAYLOAD_BYTES_MAX).toBe(2 ** 30)
  // Even, and the odd mark after it is a safe integer.
  expect(VERSION_MAX).toBe(2 ** 53 - 4)
  expect(CLOSED_MARK).toBe(2n ** 64n - 1n)
})

test('shapes are checked', () => {
  const good = shapeOf(8)
  for (const edge of [
    {},
    { payloadBytes: 1, generation: 1, hashKey: 1n },
    { payloadBytes: 2 ** 30, generation: 2 ** 53 - 1, hashKey: 2n ** 64n - 1n },
  ]) {
    expect(codeOf(() => checkShape({ ...good, ...edge }))).toBeUndefined()
  }
  for (const payloadBytes of [0, -1, 1.5, Number.NaN, 2 ** 30 + 1]) {
    expect(codeOf(() => checkShape({ ...good, payloadBytes }))).toBe('ERR_UNTORN_ARGUMENT')
  }
  for (const generation of [0, -1, 2 ** 53]) {
    expect(codeOf(() => checkShape({ ...good, generation }))).toBe('ERR_UNTORN_ARGUMENT')
  }
  for (const hashKey of [0n, -1n, 1n << 64n]) {
    expect(codeOf(() => checkShape({ ...good, hashKey }))).toBe('ERR_UNTORN_ARGUMENT')
  }
})

test('a CPU of the other byte order is refused', () => {
  expect(codeOf(() => assertLittleEndian())).toBeUndefined()
  expect(codeOf(() => assertLittleEndian(Uint32Array.of(1 << 24)))).toBe('ERR_UNTORN_ARGUMENT')
})
