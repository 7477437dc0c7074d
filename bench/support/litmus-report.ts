// The litmus bench's report, schema "untorn.bench.litmus/1" (docs/schemas/bench-litmus-1.json).
import type { Device } from '../../src/fabric/contract.ts'
import type { SamplingModel, SamplingPreset } from '../../src/simulation/sampling-model.ts'
import { type BenchDevice, type BenchEnvironment } from './environment.ts'

export const LITMUS_SCHEMA = 'untorn.bench.litmus/1'

export interface LitmusOutcomeCount {
  /** `a=1 b=0 ~x=2` */
  readonly outcome: string
  readonly count: number
  /** By the model; null where the model's schedules were too many to know. */
  readonly allowed: boolean | null
  /** One of those that the program is about. */
  readonly judged: boolean
}

export interface LitmusRow {
  readonly id: string
  readonly about: string
  /** Why the device cannot run it; then nothing was counted. */
  readonly notRun?: string
  readonly iterations: number
  readonly seconds: number
  /** Whether the outcomes that are allowed are all there are. */
  readonly complete: boolean
  /** Every allowed one and every observed one, allowed ones first. */
  readonly outcomes: readonly LitmusOutcomeCount[]
}

export interface LitmusReport {
  readonly schema: typeof LITMUS_SCHEMA
  readonly device: BenchDevice
  readonly environment: BenchEnvironment
  readonly preset: SamplingPreset
  readonly model: SamplingModel
  readonly seed: number
  /** Connections or processes given up and replaced, because an operation failed or never ended. */
  readonly restarts: number
  readonly rows: readonly LitmusRow[]
  readonly verdict: {
    /** Nothing was observed that the model forbids. */
    readonly passed: boolean
    readonly sentences: readonly string[]
  }
}

export type LitmusDevice = Pick<Device, 'name' | 'provider' | 'capabilities'>

/** What the rows come to. */
export function litmusVerdict(rows: readonly LitmusRow[]): LitmusReport['verdict'] {
  const forbidden = rows.flatMap(({ id, outcomes }) =>
    outcomes
      .filter(({ allowed, count }) => allowed === false && count > 0)
      .map(
        ({ outcome, count }) => `${id}: ${outcome} is forbidden and was observed ${count} times.`,
      ),
  )
  const ran = rows.filter(({ notRun }) => notRun === undefined)
  const judged = ran.filter(({ outcomes }) =>
    outcomes.some((each) => each.judged && each.allowed === true),
  )
  const seen = judged.filter(({ outcomes }) =>
    outcomes.some((each) => each.judged && each.allowed === true && each.count > 0),
  )
  return {
    passed: forbidden.length === 0 && ran.length > 0,
    sentences: [
      ...forbidden,
      `${ran.length} of ${rows.length} programs ran.`,
      `Of ${judged.length} whose judged outcome is allowed here, ${seen.length} showed it.`,
    ],
  }
}
