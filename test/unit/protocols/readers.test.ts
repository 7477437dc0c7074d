// Goal: readers post exactly the READs they promise, decode whatever lands without trusting it, and
// check requests. Method: one attempt at a time over memory that does not change unless told to.
import { describe, expect, test } from 'vitest'
import { Evidence, Verdict, seqlockStrategies } from '../../../src/protocols/index.ts'
import { BenchRegion, codeOf, edgeSizes, kernels, pattern } from './support/bench-region.ts'
import { shapeOf } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const { fenced, hash, words, lines } = seqlockStrategies

type Region = BenchRegion

function chain(region: Region): (number | boolean)[][] {
  return region.posted.map((read) => [read.remoteOffset, read.lengthBytes, read.fenced])
}

function part(region: Region, offset: number, lengthBytes: number, knownVersion: number = 0) {
  const target = new Uint8Array(lengthBytes)
  const verdict = region.attempt({ target, offset, lengthBytes, knownVersion })
  return verdict === Verdict.Done ? target : verdict
}

describe('READs posted', () => {
  test('fenced: three, then two, and three again while the region keeps changing', () => {
    const region = new BenchRegion(fenced, 64)
    const three = [
      [8, 8, false],
      [24, 64, true],
      [8, 8, true],
    ]
    const two = [
      [24, 64, false],
      [8, 8, true],
    ]
    region.whole()
    expect(chain(region)).toEqual(three)
    region.whole()
    expect(chain(region)).toEqual(two)
    region.owner.write(pattern(64, 1))
    // The held version is outdated: the attempt goes on with the one it has just sampled.
    expect(region.whole()).toEqual(pattern(64, 1))
    expect(chain(region)).toEqual([...two, ...two])
    expect(region.chains).toBe(2)
    region.whole()
    expect(chain(region)).toEqual(three)
    region.whole()
    expect(chain(region)).toEqual(two)
    for (const [salt, posted] of [
      [2, [...two, ...two]],
      [3, three],
      [4, three],
    ] as const) {
      region.owner.write(pattern(64, salt))
      region.whole()
      expect(chain(region)).toEqual(posted)
    }
  })

  test('fenced: a version that "changed?" has found serves the next read', () => {
    const region = new BenchRegion(fenced, 64)
    const two = [
      [24, 64, false],
      [8, 8, true],
    ]
    for (const salt of [1, 2]) {
      // First by a machine that has read nothing yet, then by one that holds a version.
      expect(region.whole(999)).toBeInstanceOf(Uint8Array)
      expect(chain(region)).toEqual([[8, 8, false], ...two])
      region.whole()
      expect(chain(region)).toEqual(two)
      region.owner.write(pattern(64, salt))
    }
    region.whole(4)
    region.whole()
    expect(chain(region)).toEqual(two)
  })

  test('fenced: a change in both chains of an attempt ends it', () => {
    const region = new BenchRegion(fenced, 64)
    region.whole()
    region.owner.write(pattern(64, 1))
    const read = region.read.bind(region)
    region.read = (landing, remote, length, isFenced) => {
      read(landing, remote, length, isFenced)
      if (remote === 24) region.owner.write(pattern(64, 2))
    }
    expect(region.whole()).toBe(Verdict.Retry)
    expect(region.reader.evidence).toBe(Evidence.Torn)
    expect(region.chains).toBe(2)
  })

  test('hash: the whole image, even for a part', () => {
    const region = new BenchRegion(hash, 64)
    expect(part(region, 60, 2)).toEqual(new Uint8Array(2))
    expect(chain(region)).toEqual([[0, 88, false]])
  })

  test('hash: a seal of which one half differs is another seal', () => {
    for (const byte of [0, 7]) {
      const region = new BenchRegion(hash, 64)
      region.whole()
      region.memory.bytes[byte] = (region.memory.bytes[byte] as number) ^ 1
      expect(region.whole(2)).toBe(Verdict.Retry)
      expect(region.reader.evidence).toBe(Evidence.Torn)
    }
  })

  test('words: one from the start, two unfenced further in', () => {
    const region = new BenchRegion(words, 64)
    part(region, 0, 64)
    expect(chain(region)).toEqual([[0, 136, false]])
    part(region, 3, 2)
    expect(chain(region)).toEqual([[0, 24, false]])
    part(region, 5, 6)
    expect(chain(region)).toEqual([
      [0, 8, false],
      [16, 16, false],
    ])
  })

  test('lines: those that cover the request', () => {
    const region = new BenchRegion(lines, 200)
    part(region, 56, 56)
    expect(chain(region)).toEqual([[64, 64, false]])
    part(region, 55, 58)
    expect(chain(region)).toEqual([[0, 192, false]])
  })
})

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]

  test.each(edgeSizes)('reads back %i bytes', (size) => {
    const region = new BenchRegion(scheme, size)
    expect(region.whole()).toEqual(new Uint8Array(size))
    expect(region.reader.version).toBe(2)
    region.owner.write(pattern(size, 1))
    expect(region.whole()).toEqual(pattern(size, 1))
    expect(region.reader.version).toBe(4)
    expect(region.reader.evidence).toBe(Evidence.None)
  })

  test('reads any part into any target, and touches no byte behind it', () => {
    const size = 123
    const payload = pattern(size, 3)
    const region = new BenchRegion(scheme, size, payload)
    const memory = new Uint8Array(size + 16)
    for (let offset = 0; offset < size; offset += 1) {
      for (const lengthBytes of [1, 2, 3, 4, 8, 55, 56, 57, 112]) {
        if (offset + lengthBytes > size) continue
        const target = memory.subarray(offset % 8)
        memory.fill(0xee)
        const request = { target, offset, lengthBytes, knownVersion: 0 }
        expect(region.attempt(request)).toBe(Verdict.Done)
        const got = target.subarray(0, lengthBytes)
        expect(Buffer.compare(got, payload.subarray(offset, offset + lengthBytes))).toBe(0)
        expect(target.subarray(lengthBytes).every((byte) => byte === 0xee)).toBe(true)
      }
    }
  })

  test('one READ of 8 bytes tells that nothing changed', () => {
    const region = new BenchRegion(scheme, 120)
    region.whole()
    expect(region.whole(2)).toBe(Verdict.Unchanged)
    expect(region.posted.map((read) => read.lengthBytes)).toEqual([8])
    expect(region.reader.version).toBe(2)
    region.owner.write(pattern(120, 1))
    expect(region.whole(2)).toEqual(pattern(120, 1))
    expect(region.whole(2)).toEqual(pattern(120, 1))
    expect(region.whole(4)).toBe(Verdict.Unchanged)
    expect(region.whole(999_999)).toEqual(pattern(120, 1))
  })

  test('a machine that has read nothing yet can tell that nothing changed', () => {
    const region = new BenchRegion(scheme, 120)
    expect(region.whole(2)).toBe(Verdict.Unchanged)
    expect(region.whole(2)).toBe(Verdict.Unchanged)
    expect(region.posted.map((read) => read.lengthBytes)).toEqual([8])
  })

  test('meets a writer, and says so', () => {
    const region = new BenchRegion(scheme, 120)
    region.whole()
    const token = region.owner.writeBegin()
    token.copyIn(0, pattern(120, 1))
    if (name === 'words') {
      expect(region.whole()).toEqual(new Uint8Array(120))
    } else {
      for (const known of [0, 4]) {
        expect(region.whole(known)).toBe(Verdict.Retry)
        expect(region.reader.evidence).toBe(Evidence.WriterActive)
        expect(region.reader.version).toBe(3)
      }
      // The seal of version 2 is there until the write publishes, so `hash` needs not wait.
      expect(region.whole(2)).toBe(name === 'hash' ? Verdict.Unchanged : Verdict.Retry)
    }
    region.owner.writeEnd(token)
    expect(region.whole()).toEqual(pattern(120, 1))
  })

  test('takes no garbage for a version', () => {
    for (const byte of [0xfe, 0x80, 0x21]) {
      const region = new BenchRegion(scheme, 120)
      region.whole()
      region.memory.bytes.fill(byte)
      for (const known of [0, 2]) {
        expect(region.whole(known)).toBe(Verdict.Retry)
        expect([Evidence.Torn, Evidence.WriterActive]).toContain(region.reader.evidence)
        expect(Number.isSafeInteger(region.reader.version)).toBe(true)
      }
    }
  })

  test('one byte of another write anywhere is noticed', () => {
    if (name === 'fenced') return
    const wordBytes = { hash: 1, words: 8, lines: 64 }[name]
    for (const [offset, length] of [
      [0, 120],
      [3, 113],
    ] as const) {
      const region = new BenchRegion(scheme, 120, pattern(120, 1))
      const old = region.memory.bytes.slice()
      region.owner.write(pattern(120, 2))
      const written = region.memory.bytes.slice()
      for (let at = 0; at < scheme.remoteBytes(120); at += wordBytes) {
        region.memory.bytes.set(written)
        region.memory.bytes.set(old.subarray(at, at + wordBytes), at)
        if (Buffer.compare(region.memory.bytes, written) === 0) continue
        // A part of `words` need not fetch the last unit, if it does not reach so far.
        if (name === 'words' && at >= 8 + 2 * (offset + length)) continue
        const verdict = part(region, offset, length)
        expect(verdict).toBe(Verdict.Retry)
        expect(region.reader.evidence).toBe(Evidence.Torn)
      }
    }
  })

  test('refuses requests outside the payload or the target', () => {
    const { reader } = new BenchRegion(scheme, 120)
    const target = new Uint8Array(120)
    const start = (offset: number, lengthBytes: number, knownVersion: number = 0) =>
      codeOf(() => reader.start({ target, offset, lengthBytes, knownVersion }))
    for (const [offset, length] of [
      [-1, 1],
      [0, 121],
      [120, 1],
      [1, 120],
      [0, 0],
      [0, -1],
    ] as const) {
      expect(start(offset, length)).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    }
    expect(start(0.5, 1)).toBe('ERR_UNTORN_ARGUMENT')
    expect(start(0, Number.NaN)).toBe('ERR_UNTORN_ARGUMENT')
    expect(start(0, 1, -2)).toBe('ERR_UNTORN_ARGUMENT')
    expect(start(0, 1, 2 ** 53)).toBe('ERR_UNTORN_ARGUMENT')
    const short = { target: new Uint8Array(7), offset: 0, lengthBytes: 8, knownVersion: 0 }
    expect(codeOf(() => reader.start(short))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
  })

  test('needs landing memory, large enough and on a word', () => {
    const reader = scheme.createReader(shapeOf(120), kernels)
    const request = { target: new Uint8Array(1), offset: 0, lengthBytes: 1, knownVersion: 0 }
    expect(codeOf(() => reader.start(request))).toBe('ERR_UNTORN_ARGUMENT')
    const bytes = reader.landingBytes
    expect(codeOf(() => reader.bind(new Uint8Array(bytes - 1)))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    const odd = new Uint8Array(new ArrayBuffer(bytes + 8), 4, bytes)
    expect(codeOf(() => reader.bind(odd))).toBe('ERR_UNTORN_MISALIGNED')
  })

  test('another key, generation or length does not verify', () => {
    if (name !== 'hash') return
    const region = new BenchRegion(scheme, 120)
    const shape = shapeOf(120)
    for (const other of [
      { ...shape, hashKey: 1n },
      { ...shape, generation: 1 },
      { ...shape, payloadBytes: 119 },
    ]) {
      const reader = scheme.createReader(other, kernels)
      const landing = region.memory.bytes.slice(0, reader.landingBytes)
      reader.bind(landing)
      reader.start({ target: new Uint8Array(1), offset: 0, lengthBytes: 1, knownVersion: 0 })
      reader.begin({ read: () => {} })
      expect(reader.resume({ read: () => {} })).toBe(Verdict.Retry)
      expect(reader.evidence).toBe(Evidence.Torn)
    }
  })
})

describe('landing in place', () => {
  test.each(['fenced', 'hash'] as const)('%s: the payload lands where it is wanted', (name) => {
    const payload = pattern(64, 5)
    const region = new BenchRegion(seqlockStrategies[name], 64, payload)
    const target = region.reader.payloadView ?? new Uint8Array(0)
    expect(target.buffer).toBe(region.landing.buffer)
    const request = { target, offset: 0, lengthBytes: 64, knownVersion: 0 }
    expect(region.attempt(request)).toBe(Verdict.Done)
    expect(target).toEqual(payload)
    // A part lands elsewhere, and is copied to the front.
    for (const offset of [1, 8]) {
      expect(region.attempt({ ...request, offset, lengthBytes: 40 })).toBe(Verdict.Done)
      expect(target.subarray(0, 40)).toEqual(payload.subarray(offset, offset + 40))
    }
  })

  test('words and lines land interleaved, and say so', () => {
    expect(new BenchRegion(words, 64).reader.payloadView).toBeNull()
    expect(new BenchRegion(lines, 64).reader.payloadView).toBeNull()
  })
})
