// Goal: the owner writes at the pace asked for and leaves its loop in time. Method: a clock that
// every look moves on by a fixed step.
import { describe, expect, test } from 'vitest'
import {
  FLAT_OUT_SLICE_MS,
  SLICE_MS,
  sleepBeforeSliceMs,
  writeOneSlice,
} from '../../../bench/support/write-pace.ts'

function steppingClock(stepMs: number): { now: () => number } {
  let ms = 0
  return { now: () => (ms += stepMs) }
}

function starts(intervalUs: number, stepMs = 0.01): { times: number[]; due: number } {
  const clock = steppingClock(stepMs)
  const times: number[] = []
  const due = writeOneSlice({ intervalUs }, clock, 0, () => times.push(clock.now()))
  return { times, due }
}

describe('one slice', () => {
  test('flat out: more writes than looks', () => {
    const { times } = starts(0)
    expect(times.length).toBeGreaterThan((FLAT_OUT_SLICE_MS / 0.01 / 2) * 1.5)
  })

  test('paced: as many as fit, a pace apart', () => {
    const { times } = starts(600)
    expect(times).toHaveLength(4)
    const gaps = times.slice(2).map((time, index) => time - (times[index + 1] as number))
    for (const gap of gaps) expect(gap).toBeCloseTo(0.6, 1)
  })

  test('slower than a slice: one write, the next due an interval later', () => {
    const { times, due } = starts(10_000)
    expect(times).toHaveLength(1)
    expect(due).toBeCloseTo(10, 1)
  })

  test('a late writer catches nothing up', () => {
    const clock = steppingClock(0.4)
    let writes = 0
    const due = writeOneSlice({ intervalUs: 100 }, clock, -1000, () => (writes += 1))
    expect(writes).toBeLessThanOrEqual(SLICE_MS / 0.4)
    expect(due).toBeGreaterThan(0)
  })
})

test('sleeps only when waking late does no harm', () => {
  expect(sleepBeforeSliceMs(100, 50)).toBe(48)
  expect(sleepBeforeSliceMs(52, 50)).toBe(0)
  expect(sleepBeforeSliceMs(0, 50)).toBe(0)
})
