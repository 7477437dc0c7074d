// The latency bench's report, schema "untorn.bench.latency/2" (docs/schemas/bench-latency-2.json).
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { BenchDevice, BenchEnvironment } from './environment.ts'

export const LATENCY_SCHEMA = 'untorn.bench.latency/2'

export interface LatencyRow {
  readonly protocol: ProtocolName
  readonly strategy: string
  /** The method that was called, and where two belong together both of them. */
  readonly operation: string
  readonly payloadBytes: number
  /** By all READs of one call together, in the steady state of an idle owner; 0 for none. */
  readonly fetchedBytes: number
  readonly samples: number
  /** Calls of which one sample is the mean: 1 where a call takes longer than reading the clock. */
  readonly readsPerSample: number
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly p999: number }
  /** Null where there is none. `runs` are its medians before, between and after ours. */
  readonly baseline: {
    readonly name: string
    readonly bytes: number
    readonly p50: number
    readonly runs: readonly number[]
  } | null
  /** Our median divided by the baseline's. */
  readonly ratio: number | null
}

export interface LatencyReport {
  readonly schema: typeof LATENCY_SCHEMA
  readonly device: BenchDevice
  readonly environment: BenchEnvironment
  readonly rows: readonly LatencyRow[]
  /** What is missing from the report, and why. */
  readonly notes: readonly string[]
}
