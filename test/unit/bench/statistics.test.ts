// Goal: figures of a report are what the samples say. Method: samples whose percentiles are known.
import { describe, expect, test } from 'vitest'
import { LatencyRecorder, percentile } from '../../../bench/support/latency-recorder.ts'

describe('latency recorder', () => {
  test('nanoseconds in, microseconds out, three digits kept', () => {
    const recorder = new LatencyRecorder()
    for (let microsecond = 1; microsecond <= 1000; microsecond += 1) {
      recorder.record(microsecond * 1000)
    }
    const { p50, p99, p999, max } = recorder.summary()
    expect(p50 / 500).toBeCloseTo(1, 2)
    expect(p99 / 990).toBeCloseTo(1, 2)
    expect(p999 / 999).toBeCloseTo(1, 2)
    expect(max / 1000).toBeCloseTo(1, 2)
  })

  test('nothing recorded is all zero; impossible values stay in range', () => {
    const recorder = new LatencyRecorder()
    expect(recorder.summary()).toEqual({ p50: 0, p99: 0, p999: 0, max: 0 })
    recorder.record(-5)
    recorder.record(Number.POSITIVE_INFINITY)
    expect(recorder.summary().p50).toBe(0.001)
  })
})

test('percentile takes the nearest rank', () => {
  const samples = Float64Array.from([5, 1, 4, 2, 3])
  expect(percentile(samples, 50)).toBe(3)
  expect(percentile(samples, 99)).toBe(5)
  expect(percentile(samples, 0)).toBe(1)
  expect(percentile(new Float64Array(0), 50)).toBe(0)
})
