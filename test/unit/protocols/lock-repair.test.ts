// Goal: wherever a holder is cut off, repair leaves the old payload or the new one, whole, and a lock
// that others take; running it twice, or cutting it off and running it again, changes nothing of that.
// Method: cut a publication off after every number of bytes; then repair, read, and use the region.
import { describe, expect, test } from 'vitest'
import {
  RepairOutcome,
  Verdict,
  freeWord,
  heldWord,
  lockStrategies,
} from '../../../src/protocols/index.ts'
import { pattern } from './support/bench-region.ts'
import { LockRegion } from './support/lock-region.ts'

const names = ['fenced', 'hash'] as const
const S = 20
const SHADOW = 32 + 24

function regionOf(name: 'fenced' | 'hash'): LockRegion {
  const region = new LockRegion(lockStrategies[name], S, pattern(S, 1))
  // A shadow of an earlier acquisition is there: it must not be taken for this one's.
  const before = region.party(5)
  before.take()
  before.publish(pattern(S, 2))
  return region
}

/** Bytes that a publication places before its compare-and-swap. */
function placed(name: 'fenced' | 'hash'): number {
  return SHADOW + 24 + (name === 'hash' ? 8 : 0)
}

describe.each(names)('%s', (name) => {
  test('a publication cut off after any number of bytes', () => {
    for (let bytes = 0; bytes <= placed(name) + 8; bytes += 1) {
      const region = regionOf(name)
      const dead = region.party(7)
      expect(dead.take()).toBe(Verdict.Done)
      dead.queuePair.bytesLeft = bytes
      dead.publish(pattern(S, 3))
      const done = bytes === placed(name) + 8
      // Padding of zeros may verify before its last bytes are placed over zeros.
      const complete = bytes >= SHADOW
      const [verdict, outcome, version] = region.repair(7)
      expect(verdict).toBe(Verdict.Done)
      expect(version).toBe(6)
      if (done) expect(outcome).toBe(RepairOutcome.Nothing)
      else if (complete) expect(outcome).toBe(RepairOutcome.RolledForward)
      else if (bytes < SHADOW - 4) expect(outcome).toBe(RepairOutcome.Kept)
      const isNew = done || outcome === RepairOutcome.RolledForward
      expect(region.read()).toEqual({ bytes: pattern(S, isNew ? 3 : 2), version: 6 })
      expect(region.repair(7)).toEqual([Verdict.Done, RepairOutcome.Nothing, 6])
      const next = region.party(8)
      expect(next.take()).toBe(Verdict.Done)
      expect(next.acquire.payload).toEqual(pattern(S, isNew ? 3 : 2))
      expect(next.publish(pattern(S, 4))).toBe(Verdict.Done)
      expect(region.read()).toEqual({ bytes: pattern(S, 4), version: 8 })
    }
  })

  test('a discard cut off after any number of bytes', () => {
    for (let bytes = 0; bytes <= 16; bytes += 1) {
      const region = regionOf(name)
      const dead = region.party(7)
      dead.take()
      dead.queuePair.bytesLeft = bytes
      dead.discard()
      expect(region.repair(7)[0]).toBe(Verdict.Done)
      expect(region.read()).toEqual({ bytes: pattern(S, 2), version: 6 })
    }
  })

  test('a repair cut off after any number of bytes, and run again', () => {
    for (const published of [SHADOW - 8, SHADOW, SHADOW + 11]) {
      for (let bytes = 8; bytes < 8 + 24 + 16; bytes += 1) {
        const region = regionOf(name)
        const dead = region.party(7)
        dead.take()
        dead.queuePair.bytesLeft = published
        dead.publish(pattern(S, 3))
        region.repair(7, bytes)
        expect(region.repair(7)[0]).toBe(Verdict.Done)
        const isNew = published >= SHADOW
        expect(region.read()).toEqual({ bytes: pattern(S, isNew ? 3 : 2), version: 6 })
      }
    }
  })

  test('a holder that took the lock and did nothing', () => {
    const region = regionOf(name)
    region.party(7).take()
    expect(region.repair(7)).toEqual([Verdict.Done, RepairOutcome.Kept, 6])
    expect(region.read()).toEqual({ bytes: pattern(S, 2), version: 6 })
  })

  test('who does not hold the lock is not ended, and the one who does is left alone', () => {
    const region = regionOf(name)
    expect(region.repair(7)).toEqual([Verdict.Done, RepairOutcome.Nothing, 4])
    const other = region.party(9)
    other.take()
    expect(region.repair(7)).toEqual([Verdict.Done, RepairOutcome.Nothing, 5])
    expect(region.word).toBe(heldWord(5, 9))
    expect(other.publish(pattern(S, 3))).toBe(Verdict.Done)
    expect(region.word).toBe(freeWord(6))
  })

  test('the look is a compare-and-swap, and the READs wait for it', () => {
    const region = regionOf(name)
    const machine = region.scheme.createRepair(region.shape, {
      deinterleave32: () => true,
      hash64: () => 1n,
    })
    const { queuePair } = region.party(1)
    queuePair.landing = new Uint8Array(machine.landingBytes)
    machine.bind(queuePair.landing)
    machine.start(7)
    queuePair.attempt(machine)
    expect(queuePair.posted.map(({ kind, fenced }) => [kind, fenced])).toEqual([
      ['swap', false],
      ...(name === 'hash' ? [['read', true]] : []),
      ['read', true],
    ])
  })

  test('a word that changes under a repair is not freed', () => {
    const region = regionOf(name)
    region.party(7).take()
    const machine = region.scheme.createRepair(region.shape, {
      deinterleave32: () => true,
      hash64: () => 1n,
    })
    const { queuePair } = region.party(1)
    queuePair.landing = new Uint8Array(machine.landingBytes)
    machine.bind(queuePair.landing)
    machine.start(7)
    let swaps = 0
    queuePair.beforeOperation = ({ kind }) => {
      if (kind === 'swap') swaps += 1
      if (swaps === 2) region.word = heldWord(9, 3)
    }
    expect(queuePair.attempt(machine)).toBe(Verdict.Retry)
    expect(region.word).toBe(heldWord(9, 3))
  })
})
