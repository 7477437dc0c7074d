// The torn-read bench's report, schema "untorn.bench.torn/2" (docs/schemas/bench-torn-2.json).
import type { BenchDevice, BenchEnvironment } from './environment.ts'
import type { TornLatencyUs } from './latency-recorder.ts'
import type { RowPlan } from './torn-plan.ts'

export const TORN_SCHEMA = 'untorn.bench.torn/2'

export interface TornRow extends RowPlan {
  /** Processes that write: the owner, or several peers. */
  readonly writers: number
  /** Measured, not asked for. */
  readonly durationSeconds: number
  /** Snapshots that the protocol accepted. */
  readonly reads: number
  readonly attempts: number
  /** Attempts that the protocol itself rejected. */
  readonly tornDetected: number
  /** Accepted snapshots whose bytes were not of one version, or not of the claimed one. */
  readonly tornAccepted: number
  /** Reads that gave up with a typed failure. */
  readonly failures: number
  /** Of several writers: updates that are known to have succeeded and are missing in the end. */
  readonly lostUpdates: number | null
  readonly readsPerSecond: number
  readonly writesPerSecond: number
  /** Of accepted snapshots, retries and back-off included. */
  readonly latencyUs: TornLatencyUs
  /** Why the row was not run: the strategy is unsound on this device. */
  readonly refused?: string
}

export interface TornVerdict {
  readonly passed: boolean
  /** One sentence for each thing that matters, in words. */
  readonly sentences: readonly string[]
}

export interface TornReport {
  readonly schema: typeof TORN_SCHEMA
  readonly device: BenchDevice
  readonly environment: BenchEnvironment
  readonly rows: readonly TornRow[]
  readonly verdict: TornVerdict
}

/** A row that was refused: nothing was read, and nothing is claimed. */
export function refusedRow(plan: RowPlan, reason: string): TornRow {
  return {
    ...plan,
    writers: 0,
    durationSeconds: 0,
    reads: 0,
    attempts: 0,
    tornDetected: 0,
    tornAccepted: 0,
    failures: 0,
    lostUpdates: null,
    readsPerSecond: 0,
    writesPerSecond: 0,
    latencyUs: { p50: 0, p99: 0, p999: 0, max: 0 },
    refused: reason,
  }
}
