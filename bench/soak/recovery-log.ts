// How long it takes after a fault until things work again: from a kill until the replacement succeeds,
// from SIGCONT until the process does, from the owner's kill until each peer succeeds against its
// successor.
import { build } from 'hdr-histogram-js'
import type { Recovery } from './soak-report.ts'

const HIGHEST_MS = 3_600_000

export class RecoveryLog {
  readonly #kinds = new Map<string, ReturnType<typeof build>>()

  add(kind: string, milliseconds: number): void {
    let histogram = this.#kinds.get(kind)
    if (histogram === undefined) {
      histogram = build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: HIGHEST_MS,
        numberOfSignificantValueDigits: 3,
      })
      this.#kinds.set(kind, histogram)
    }
    histogram.recordValue(Math.min(HIGHEST_MS, Math.max(1, Math.round(milliseconds))))
  }

  summary(): readonly Recovery[] {
    return [...this.#kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, histogram]) => ({
        kind,
        count: histogram.totalCount,
        // A bucket's upper end may lie above everything in it.
        p50Ms: Math.min(histogram.maxValue, histogram.getValueAtPercentile(50)),
        p99Ms: Math.min(histogram.maxValue, histogram.getValueAtPercentile(99)),
        maxMs: histogram.maxValue,
      }))
  }
}
