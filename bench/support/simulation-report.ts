// The simulator bench's report, schema "untorn.bench.simulation/1"
// (docs/schemas/bench-simulation-1.json).
import type { BenchEnvironment } from './environment.ts'

export const SIMULATION_SCHEMA = 'untorn.bench.simulation/1'

export interface SimulationRow {
  readonly world: string
  /** Null where there is no world. */
  readonly preset: string | null
  /** How schedules are chosen. */
  readonly strategy: string
  readonly stepsPerSecond: number
  readonly schedulesPerSecond: number
  readonly stepsPerSchedule: number
  /** Steps a second of the first row divided by this one's. */
  readonly ratio: number
}

export interface SimulationReport {
  readonly schema: typeof SIMULATION_SCHEMA
  readonly environment: BenchEnvironment
  readonly seed: number
  readonly rows: readonly SimulationRow[]
  /** In the world of `fenced` under `minimal`, reader machines included. */
  readonly heapBytesPerStep: number
  /** The whole litmus suite under all presets, exhaustively, once. */
  readonly litmus: {
    readonly programs: number
    readonly schedules: number
    readonly states: number
    readonly seconds: number
    readonly complete: boolean
  }
}
