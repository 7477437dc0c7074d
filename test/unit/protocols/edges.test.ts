// Goal: the corners that whole reads and writes of one reader and one owner do not reach. Method:
// one case for each mistake that no other test had noticed.
import { describe, expect, test } from 'vitest'
import {
  CLOSED_MARK,
  Evidence,
  VERSION_MAX,
  Verdict,
  seqlockStrategies,
} from '../../../src/protocols/index.ts'
import { BenchRegion, LoggedMemory, codeOf, kernels, pattern } from './support/bench-region.ts'
import { shapeOf } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const size = 120

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]

  test('the first version may be the last one, and no later one', () => {
    const owner = () =>
      scheme.createOwner(new LoggedMemory(scheme.regionBytes(8)), shapeOf(8), kernels)
    expect(codeOf(() => owner().format(undefined, VERSION_MAX + 2))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner().format(undefined, VERSION_MAX))).toBeUndefined()
  })

  test('update is refused before its function is called', () => {
    const { owner } = new BenchRegion(scheme, size)
    owner.writeBegin()
    let calls = 0
    const update = () => owner.update(() => void (calls += 1))
    expect(codeOf(update)).toBe('ERR_UNTORN_BUSY')
    expect(calls).toBe(0)
  })

  test('what has the right length and is no Uint8Array is no payload', () => {
    const { owner } = new BenchRegion(scheme, size)
    expect(codeOf(() => owner.write(new Uint16Array(size) as never))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('a token stores a single byte', () => {
    const region = new BenchRegion(scheme, size)
    const token = region.owner.writeBegin()
    token.copyIn(3, Uint8Array.of(9))
    region.owner.writeEnd(token)
    expect((region.whole() as Uint8Array)[3]).toBe(9)
  })

  test('a write after an aborted one builds on the old payload', () => {
    const first = pattern(size, 1)
    const region = new BenchRegion(scheme, size, first)
    const aborted = region.owner.writeBegin()
    aborted.copyIn(20, pattern(30, 2))
    region.owner.writeAbort(aborted)
    const token = region.owner.writeBegin()
    token.copyIn(100, pattern(1, 3))
    region.owner.writeEnd(token)
    const expected = first.slice()
    expected.set(pattern(1, 3), 100)
    expect(region.whole()).toEqual(expected)
  })

  test('landing memory may start on any word', () => {
    const reader = scheme.createReader(shapeOf(size), kernels)
    const landing = new Uint8Array(new ArrayBuffer(reader.landingBytes + 8), 8)
    expect(codeOf(() => reader.bind(landing))).toBeUndefined()
  })

  test('garbage leaves the version that was seen last', () => {
    const region = new BenchRegion(scheme, size)
    region.whole()
    region.memory.bytes.fill(0xfe)
    expect(region.whole()).toBe(Verdict.Retry)
    expect(region.reader.version).toBe(2)
  })

  test('aligned payload goes into targets that are not', () => {
    const region = new BenchRegion(scheme, size, pattern(size, 1))
    for (let skew = 0; skew < 4; skew += 1) {
      const target = new Uint8Array(size + 8).subarray(skew, skew + size)
      const request = { target, offset: 0, lengthBytes: size, knownVersion: 0 }
      expect(region.attempt(request)).toBe(Verdict.Done)
      expect(target).toEqual(pattern(size, 1))
    }
  })

  test('parts of any alignment go into targets of any other', () => {
    const payload = pattern(size, 1)
    const region = new BenchRegion(scheme, size, payload)
    for (let offset = 0; offset <= 12; offset += 1) {
      for (let skew = 0; skew <= 7; skew += 1) {
        for (const lengthBytes of [5, 8, 100]) {
          const target = new Uint8Array(size + 8).subarray(skew, skew + lengthBytes)
          const request = { target, offset, lengthBytes, knownVersion: 0 }
          expect(region.attempt(request)).toBe(Verdict.Done)
          expect(Buffer.compare(target, payload.subarray(offset, offset + lengthBytes))).toBe(0)
        }
      }
    }
  })

  test('a second attempt without a new start says nothing of the first', () => {
    const region = new BenchRegion(scheme, size)
    region.whole()
    const good = region.memory.bytes.slice()
    const target = new Uint8Array(size)
    region.memory.bytes.fill(0x21)
    region.reader.start({ target, offset: 0, lengthBytes: size, knownVersion: 2 })
    const attempt = () => {
      region.reader.begin(region)
      let verdict = region.reader.resume(region)
      while (verdict === Verdict.More) verdict = region.reader.resume(region)
      return verdict
    }
    expect(attempt()).toBe(Verdict.Retry)
    region.memory.bytes.set(good)
    expect(attempt()).toBe(Verdict.Unchanged)
    expect(region.reader.evidence).toBe(Evidence.None)
  })

  test('one target for reads of different lengths', () => {
    const region = new BenchRegion(scheme, size, pattern(size, 1))
    const target = new Uint8Array(size)
    for (const lengthBytes of [8, 112, 40, size]) {
      target.fill(0)
      const request = { target, offset: 0, lengthBytes, knownVersion: 0 }
      expect(region.attempt(request)).toBe(Verdict.Done)
      expect(target.subarray(0, lengthBytes)).toEqual(pattern(size, 1).subarray(0, lengthBytes))
    }
  })
})

test('hash: a token stores the seal before the version', () => {
  const { owner, memory } = new BenchRegion(seqlockStrategies.hash, 60)
  const token = owner.writeBegin()
  memory.log.length = 0
  owner.writeEnd(token)
  expect(memory.log).toEqual(['word64 0', 'beforePublish', 'word 8 4'])
})

test('lines: one terminal mark in any line is enough', () => {
  for (const line of [0, 1, 2]) {
    const region = new BenchRegion(seqlockStrategies.lines, size)
    region.owner.write(pattern(size, 1))
    const words = new DataView(region.memory.bytes.buffer)
    // Line 0 is already of the next write, so that the later ones have to be looked at.
    words.setBigUint64(0, 5n, true)
    words.setBigUint64(64 * line, CLOSED_MARK, true)
    expect(region.whole()).toBe(Verdict.Closed)
  }
})

test('lines: "changed?" looks at the first line of the part', () => {
  const region = new BenchRegion(seqlockStrategies.lines, size)
  const target = new Uint8Array(4)
  region.attempt({ target, offset: 60, lengthBytes: 4, knownVersion: 2 })
  expect(region.posted.map((read) => [read.remoteOffset, read.lengthBytes])).toEqual([[64, 8]])
})

test('hash: what is torn has the version that was sampled', () => {
  const region = new BenchRegion(seqlockStrategies.hash, size)
  region.whole()
  region.owner.write(pattern(size, 1))
  region.memory.bytes[40] = (region.memory.bytes[40] as number) ^ 1
  expect(region.whole()).toBe(Verdict.Retry)
  expect(region.reader.version).toBe(4)
})

test('fenced: an attempt that sampled the version first ends with its one chain', () => {
  const region = new BenchRegion(seqlockStrategies.fenced, size)
  const read = region.read.bind(region)
  region.read = (landing, remote, length, isFenced) => {
    read(landing, remote, length, isFenced)
    if (remote === 24) region.owner.write(pattern(size, 1))
  }
  expect(region.whole()).toBe(Verdict.Retry)
  expect(region.chains).toBe(1)
  expect(region.reader.evidence).toBe(Evidence.Torn)
})
