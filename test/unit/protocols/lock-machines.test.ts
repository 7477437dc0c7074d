// Goal: parties of a locked region post the operations that their arguments speak of, in that order
// and no others, and end as they say. Method: parties whose operations are carried out at once.
import { describe, expect, test } from 'vitest'
import {
  Evidence,
  LOCK_VERSION_MAX,
  Verdict,
  freeWord,
  heldWord,
  lockRegionBytes,
  lockStrategies,
  shadowOffset,
} from '../../../src/protocols/index.ts'
import { CLOSED_MARK } from '../../../src/protocols/seqlock/layout.ts'
import { codeOf, kernels, pattern, shapeOf } from './support/bench-region.ts'
import { InstantQueuePair, LockRegion } from './support/lock-region.ts'

const names = ['fenced', 'hash'] as const
const S = 60
/** Where the shadow of such a payload begins. */
const D = 128

function regionOf(name: 'fenced' | 'hash'): LockRegion {
  return new LockRegion(lockStrategies[name], S, pattern(S, 1))
}

test('the shadow shares no line with the payload', () => {
  expect([shadowOffset(S), lockRegionBytes(S)]).toEqual([D, D + 128])
  expect([shadowOffset(1), lockRegionBytes(1)]).toEqual([64, 128])
  expect([shadowOffset(40), lockRegionBytes(40)]).toEqual([64, 192])
  expect([shadowOffset(41), lockRegionBytes(32)]).toEqual([128, 128])
})

describe.each(names)('%s', (name) => {
  const hashed = name === 'hash' ? [['write', 0, 8, false]] : []

  test('a first acquisition looks, the next takes the lock in one chain', () => {
    const region = regionOf(name)
    const party = region.party(7)
    const operations = (): unknown[] =>
      party.queuePair.posted.map((posted) => Object.values(posted))
    expect(party.take()).toBe(Verdict.Done)
    expect(party.queuePair.chains).toBe(2)
    const take = [
      ['swap', 8, 8, false],
      ['read', 24, S, true],
    ]
    expect(operations()).toEqual([['read', 8, 8, false], ...take])
    expect(party.acquire.word).toBe(heldWord(3, 7))
    expect(region.word).toBe(heldWord(3, 7))
    expect(party.acquire.payload).toEqual(pattern(S, 1))
    expect(party.acquire.version).toBe(2)

    expect(party.publish(pattern(S, 2))).toBe(Verdict.Done)
    expect(operations()).toEqual([
      ['write', D, 96, false],
      ...hashed,
      ['write', 24, 64, false],
      ['swap', 8, 8, false],
    ])
    expect(party.release.version).toBe(4)
    expect(region.word).toBe(freeWord(4))
    expect(region.read()).toEqual({ bytes: pattern(S, 2), version: 4 })

    party.acquire.expect(4)
    expect(party.take()).toBe(Verdict.Done)
    expect(operations()).toEqual(take)
    expect(party.discard()).toBe(Verdict.Done)
    expect(operations()).toEqual([...hashed, ['swap', 8, 8, false]])
    expect(region.read()).toEqual({ bytes: pattern(S, 2), version: 6 })
    expect(party.queuePair.posted.length).toBeLessThanOrEqual(region.scheme.chainLengthMax)
  })

  test('a held lock is not taken, and readers meet a writer', () => {
    const region = regionOf(name)
    const [first, second] = [region.party(1), region.party(2)]
    first.take()
    expect(second.take()).toBe(Verdict.Retry)
    expect([second.acquire.evidence, second.acquire.version]).toEqual([Evidence.WriterActive, 3])
    expect(second.queuePair.chains).toBe(1)
    expect(second.acquire.word).toBe(0n)
    expect(region.read()).toBe(Verdict.Retry)
    expect([region.reader.evidence, region.reader.version]).toEqual([Evidence.WriterActive, 3])
    first.publish(pattern(S, 2))
    expect(second.take()).toBe(Verdict.Done)
    expect(second.acquire.payload).toEqual(pattern(S, 2))
  })

  test('one that misses a free word tries once more at once, and backs off then', () => {
    const region = regionOf(name)
    const [first, second] = [region.party(1), region.party(2)]
    second.acquire.expect(2)
    first.take()
    first.discard()
    expect(second.take()).toBe(Verdict.Done)
    expect([second.queuePair.chains, second.acquire.version]).toEqual([2, 4])
    second.discard()
    second.acquire.expect(2)
    second.queuePair.beforeOperation = ({ kind }) => {
      if (kind !== 'swap') return
      first.take()
      first.discard()
    }
    expect(second.take()).toBe(Verdict.Retry)
    expect(second.acquire.evidence).toBe(Evidence.WriterActive)
    second.queuePair.beforeOperation = undefined
    expect(second.take()).toBe(Verdict.Done)
  })

  test('one that missed a held word looks before it tries again', () => {
    const region = regionOf(name)
    const [first, second] = [region.party(1), region.party(2)]
    second.acquire.expect(2)
    first.take()
    expect(second.take()).toBe(Verdict.Retry)
    expect(second.queuePair.posted.map(({ kind }) => kind)).toEqual(['swap', 'read'])
    expect(second.take()).toBe(Verdict.Retry)
    expect(second.queuePair.posted.map(({ kind }) => kind)).toEqual(['read'])
  })

  test('landing memory that was used before leaves nothing in the padding', () => {
    const region = regionOf(name)
    const party = region.party(1)
    party.queuePair.landing.fill(0xff)
    party.acquire.bind(party.queuePair.landing)
    party.take()
    party.discard()
    expect(region.read()).toEqual({ bytes: pattern(S, 1), version: 4 })
    party.take()
    party.publish(pattern(S, 2))
    expect(region.memory.bytes.subarray(24 + S, 24 + S + 4)).toEqual(new Uint8Array(4))
  })

  test('a release that finds another word says so, and leaves the word', () => {
    const region = regionOf(name)
    const party = region.party(1)
    party.take()
    region.word = freeWord(4)
    expect(party.publish(pattern(S, 2))).toBe(Verdict.Lapped)
    expect(region.word).toBe(freeWord(4))
    region.word = heldWord(5, 2)
    expect(party.discard()).toBe(Verdict.Lapped)
    expect(region.word).toBe(heldWord(5, 2))
    region.word = CLOSED_MARK
    expect(party.discard()).toBe(Verdict.Closed)
  })

  test('closed, used-up and illegible words', () => {
    const region = regionOf(name)
    const party = region.party(1)
    region.word = CLOSED_MARK
    expect(party.take()).toBe(Verdict.Closed)
    expect(region.read()).toBe(Verdict.Closed)
    region.word = freeWord(LOCK_VERSION_MAX)
    expect(party.take()).toBe(Verdict.Closed)
    region.word = freeWord(LOCK_VERSION_MAX - 2)
    expect(party.take()).toBe(Verdict.Done)
    for (const garbage of [0n, heldWord(4, 1), heldWord(5, 0), freeWord(2 ** 47)]) {
      region.word = garbage
      expect(party.take()).toBe(Verdict.Retry)
      expect(party.acquire.evidence).toBe(Evidence.Torn)
      expect(region.word).toBe(garbage)
    }
  })

  test('a holder closes the region: the word first, the hash when that has worked', () => {
    const region = regionOf(name)
    const party = region.party(1)
    party.take()
    const close = region.scheme.createClose(region.shape, kernels)
    close.bind(party.queuePair.landing)
    close.start(party.acquire.word)
    expect(party.queuePair.attempt(close)).toBe(Verdict.Done)
    expect(party.queuePair.posted.map(({ kind }) => kind)).toEqual(
      name === 'hash' ? ['swap', 'write'] : ['swap'],
    )
    expect(region.word).toBe(CLOSED_MARK)
    expect(region.read()).toBe(Verdict.Closed)
    expect(party.queuePair.attempt(close)).toBe(Verdict.Closed)
    expect(region.party(2).take()).toBe(Verdict.Closed)
  })

  test('one that lost the lock closes nothing', () => {
    const region = regionOf(name)
    const party = region.party(1)
    party.take()
    region.repair(1)
    const close = region.scheme.createClose(region.shape, kernels)
    close.bind(party.queuePair.landing)
    close.start(party.acquire.word)
    expect(party.queuePair.attempt(close)).toBe(Verdict.Lapped)
    expect(party.queuePair.posted).toHaveLength(1)
    expect(region.read()).toEqual({ bytes: pattern(S, 1), version: 4 })
  })

  test('a reader that knows the present version is told in one look', () => {
    const region = regionOf(name)
    expect(region.read()).toEqual({ bytes: pattern(S, 1), version: 2 })
    expect(region.read(2)).toBe(Verdict.Unchanged)
    expect(region.readerQueuePair.posted).toHaveLength(1)
    const party = region.party(3)
    party.take()
    party.publish(pattern(S, 2))
    expect(region.read(2)).toEqual({ bytes: pattern(S, 2), version: 4 })
  })

  test('misuse', () => {
    const region = regionOf(name)
    const { scheme } = region
    const acquire = scheme.createAcquire(shapeOf(S), kernels, 1)
    expect(codeOf(() => acquire.bind(new Uint8Array(acquire.landingBytes - 1)))).toBe(
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
    const odd = new Uint8Array(acquire.landingBytes + 4).subarray(4)
    expect(codeOf(() => acquire.bind(odd))).toBe('ERR_UNTORN_MISALIGNED')
    const party = region.party(1)
    party.take()
    expect(codeOf(() => party.publish(new Uint8Array(S - 1)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => scheme.createAcquire(shapeOf(0), kernels, 1))).toBe('ERR_UNTORN_ARGUMENT')
    const unbound = new InstantQueuePair(region.memory)
    expect(() => unbound.attempt(scheme.createAcquire(shapeOf(S), kernels, 1))).toThrow()
  })
})
