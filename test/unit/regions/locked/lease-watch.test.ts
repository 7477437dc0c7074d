// Goal: a lease is over when the same acquisition was seen for as long, and not before; nobody else's
// acquisition ends by it. Method: words and times from a list.
import { expect, test, vi } from 'vitest'
import { freeWord, heldWord } from '../../../../src/protocols/index.ts'
import { LeaseWatch } from '../../../../src/regions/locked/lease-watch.ts'

function watched(leaseMs: number): {
  readonly watch: LeaseWatch
  readonly expired: number[]
  readonly see: (word: bigint, atMs: number) => void
} {
  let present = 0n
  const expired: number[] = []
  const watch = new LeaseWatch(
    leaseMs,
    () => present,
    (holder) => expired.push(holder),
  )
  const see = (word: bigint, atMs: number): void => {
    present = word
    watch.look(atMs)
  }
  return { watch, expired, see }
}

test('counts from when the held word was first seen', () => {
  const { expired, see } = watched(100)
  see(heldWord(3, 7), 1000)
  see(heldWord(3, 7), 1099)
  expect(expired).toEqual([])
  see(heldWord(3, 7), 1100)
  // Until it is gone: an eviction may have to be tried again.
  see(heldWord(3, 7), 1125)
  expect(expired).toEqual([7, 7])
})

test('another acquisition, by the same holder too, has a lease of its own', () => {
  const { expired, see } = watched(100)
  for (let round = 0; round < 10; round++) see(heldWord(3 + 2 * round, 7), 60 * round)
  see(heldWord(21, 8), 600)
  expect(expired).toEqual([])
})

test('nobody’s lease ends while the lock is free', () => {
  const { expired, see } = watched(100)
  see(freeWord(4), 0)
  see(freeWord(4), 1000)
  expect(expired).toEqual([])
})

test('looks four times a lease while it is started, and not at all without one', () => {
  vi.useFakeTimers()
  try {
    let looks = 0
    const look = (): bigint => {
      looks += 1
      return 0n
    }
    const watch = new LeaseWatch(100, look, () => undefined)
    watch.start()
    watch.start()
    vi.advanceTimersByTime(1000)
    expect(looks).toBe(40)
    watch.stop()
    new LeaseWatch(0, look, () => undefined).start()
    vi.advanceTimersByTime(1000)
    expect(looks).toBe(40)
  } finally {
    vi.useRealTimers()
  }
})
