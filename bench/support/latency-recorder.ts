// Latencies of one row: nanoseconds in, microseconds out.
import { build, type Histogram } from 'hdr-histogram-js'

export interface TornLatencyUs {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

const HIGHEST_NS = 600e9

function microseconds(nanoseconds: number): number {
  return Math.round(nanoseconds) / 1000
}

/** Counts into buckets of three significant digits: constant memory, however long the run. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_NS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    autoResize: false,
  })

  record(nanoseconds: number): void {
    this.#histogram.recordValue(Math.min(Math.max(1, Math.round(nanoseconds)), HIGHEST_NS))
  }

  /** All zero when nothing was recorded. */
  summary(): TornLatencyUs {
    const histogram = this.#histogram
    if (histogram.totalCount === 0) return { p50: 0, p99: 0, p999: 0, max: 0 }
    return {
      p50: microseconds(histogram.getValueAtPercentile(50)),
      p99: microseconds(histogram.getValueAtPercentile(99)),
      p999: microseconds(histogram.getValueAtPercentile(99.9)),
      max: microseconds(histogram.maxValue),
    }
  }
}

/** Exact percentile of samples, which are sorted in place; the nearest-rank definition. */
export function percentile(samples: Float64Array, percent: number): number {
  if (samples.length === 0) return 0
  samples.sort()
  const rank = Math.ceil((percent / 100) * samples.length)
  return samples[Math.min(Math.max(rank, 1), samples.length) - 1] as number
}
