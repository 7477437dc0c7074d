// Goal: version and evidence of a reader are those of its last attempt, whatever came before.
// Method: attempts of every ending, one after the other, and fresh machines.
import { describe, expect, test } from 'vitest'
import { Evidence, Verdict, seqlockStrategies } from '../../../src/protocols/index.ts'
import { BenchRegion, pattern } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const size = 120

/** A region whose reader has just failed for a reason, and can succeed again. */
function failedOnce(name: (typeof names)[number]): BenchRegion {
  const region = new BenchRegion(seqlockStrategies[name], size, pattern(size, 1))
  region.whole()
  const good = region.memory.bytes.slice()
  region.memory.bytes.fill(0x21)
  expect(region.whole()).toBe(Verdict.Retry)
  expect(region.reader.evidence).not.toBe(Evidence.None)
  region.memory.bytes.set(good)
  return region
}

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]

  test('a fresh machine has no version, and takes it from what it finds unchanged', () => {
    const region = new BenchRegion(scheme, size)
    expect(region.reader.version).toBe(0)
    expect(region.reader.evidence).toBe(Evidence.None)
    expect(region.whole(2)).toBe(Verdict.Unchanged)
    expect(region.reader.version).toBe(2)
  })

  test('evidence ends with the attempt that it is of', () => {
    const done = failedOnce(name)
    expect(done.whole()).toEqual(pattern(size, 1))
    expect(done.reader.evidence).toBe(Evidence.None)

    const unchanged = failedOnce(name)
    expect(unchanged.whole(2)).toBe(Verdict.Unchanged)
    expect(unchanged.reader.evidence).toBe(Evidence.None)
    expect(unchanged.reader.version).toBe(2)

    const closed = failedOnce(name)
    closed.owner.close()
    expect(closed.whole()).toBe(Verdict.Closed)
    expect(closed.reader.evidence).toBe(Evidence.None)

    const started = failedOnce(name)
    const target = new Uint8Array(size)
    started.reader.start({ target, offset: 0, lengthBytes: size, knownVersion: 0 })
    expect(started.reader.evidence).toBe(Evidence.None)
  })

  test('two attempts under one request: the second says nothing of the first', () => {
    const region = failedOnce(name)
    const good = region.memory.bytes.slice()
    const target = new Uint8Array(size)
    region.memory.bytes.fill(0x21)
    region.reader.start({ target, offset: 0, lengthBytes: size, knownVersion: 0 })
    for (const expected of [Verdict.Retry, Verdict.Done]) {
      region.reader.begin(region)
      let verdict = region.reader.resume(region)
      while (verdict === Verdict.More) verdict = region.reader.resume(region)
      expect(verdict).toBe(expected)
      expect(region.reader.evidence === Evidence.None).toBe(expected === Verdict.Done)
      region.memory.bytes.set(good)
    }
    expect(target).toEqual(pattern(size, 1))
  })
})
