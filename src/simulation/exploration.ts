// What an exploration is asked and what it answers, as data.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import { pctDepthMax } from './pct-oracle.ts'
import type { Coverage, Violation } from './scenario.ts'

/**
 * How schedules are chosen. `exhaustive`: all of them, depth first, without those that only repeat;
 * `random`: every answer equally likely; `biased`: actors go on for stretches; `pct`: random
 * priorities of one depth; `mixed`: random, biased, and PCT of depths 1, 2 and 3 in turn.
 */
export type Strategy = 'exhaustive' | 'random' | 'biased' | 'pct' | 'mixed'

export const strategyNames: readonly Strategy[] = ['exhaustive', 'random', 'biased', 'pct', 'mixed']

export interface ExploreOptions {
  /** `mixed` by default. */
  readonly strategy?: Strategy
  /** Integer, 0 by default. The same seed explores the same schedules in the same order. */
  readonly seed?: number
  /** Schedules run; 10 000 by default, or ten million where exhaustive. */
  readonly schedulesMax?: number
  /** Time for running schedules, milliseconds; no limit by default. Shrinking comes on top. */
  readonly timeMs?: number
  /** Depth of `pct`, 1 to 3; 3 by default. */
  readonly depth?: number
  /** Stop at the first violation, as by default, or go on and count them. */
  readonly stopAtFirst?: boolean
  /** Exhaustive: leave out what repeats, as by default. */
  readonly prune?: boolean
  /** Exhaustive: states remembered for pruning, 16 to 32 bytes each; 2²³ by default. */
  readonly statesMax?: number
  /** Exhaustive: departures of one schedule from the benign scheduler; no limit by default. */
  readonly deviationsMax?: number
  /** Runs spent on making a counterexample small; 2000 by default, 0 leaves it as found. */
  readonly shrinkRunsMax?: number
  /** Written into tapes; by default the scenario's own. */
  readonly fingerprint?: string
}

/**
 * `violated`: some schedule fails, see the counterexample. `holds`: none of those that were run
 * does, which is all there are if the exploration is `complete`. `unknown`: none fails, but none
 * could have: the judge looked at no result, or nothing ever overlapped, was retried, or failed.
 */
export type ExplorationVerdict = 'holds' | 'violated' | 'unknown'

/** A schedule that fails. */
export interface Counterexample {
  /** Why the shrunk schedule fails. */
  readonly violation: Violation
  /** Text of the tape; `replay` takes it. */
  readonly tape: string
  readonly choices: readonly number[]
  /** No single change tried makes the tape smaller; false where the bound of runs ended that. */
  readonly shrunk: boolean
}

export interface Exploration {
  readonly scenario: string
  readonly strategy: Strategy
  readonly seed: number
  readonly verdict: ExplorationVerdict
  /** Every schedule was run, or cut because it would have repeated one. Never true where random. */
  readonly complete: boolean
  /** Schedules run, the cut ones included. Runs for shrinking and for checks are not counted. */
  readonly schedules: number
  /** Schedules cut because the state had been explored. */
  readonly cuts: number
  /** Steps of all schedules together. */
  readonly steps: number
  /** Different states met where schedules could part; 0 unless exhaustive with pruning. */
  readonly states: number
  readonly coverage: Readonly<Coverage>
  /** Schedules that failed, by kind of violation. */
  readonly violations: Readonly<Record<string, number>>
  /** Of the first violation. */
  readonly counterexample?: Counterexample
}

/** Options with nothing missing. */
export type ExploreSettings = Required<Omit<ExploreOptions, 'fingerprint'>>

const schedulesMaxRandom = 10_000
const schedulesMaxExhaustive = 10_000_000

/**
 * Options with their defaults.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT naming the option
 */
export function exploreSettings(options: ExploreOptions): ExploreSettings {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options of an exploration are an object')
  }
  const strategy = options.strategy ?? 'mixed'
  if (!strategyNames.includes(strategy)) {
    throw argumentRangeError(
      `strategy is one of ${strategyNames.join(', ')}; got ${JSON.stringify(strategy)}`,
    )
  }
  const schedulesMax = strategy === 'exhaustive' ? schedulesMaxExhaustive : schedulesMaxRandom
  const settings: ExploreSettings = {
    strategy,
    seed: options.seed ?? 0,
    schedulesMax: options.schedulesMax ?? schedulesMax,
    timeMs: options.timeMs ?? Infinity,
    depth: options.depth ?? pctDepthMax,
    stopAtFirst: options.stopAtFirst ?? true,
    prune: options.prune ?? true,
    statesMax: options.statesMax ?? 2 ** 23,
    deviationsMax: options.deviationsMax ?? Infinity,
    shrinkRunsMax: options.shrinkRunsMax ?? 2000,
  }
  if (!Number.isSafeInteger(settings.seed)) {
    throw argumentRangeError(`seed must be an integer, not ${String(settings.seed)}`)
  }
  requireCount('schedulesMax', settings.schedulesMax, 1, Infinity)
  requireCount('depth', settings.depth, 1, pctDepthMax)
  requireCount('statesMax', settings.statesMax, 0, 2 ** 26)
  requireCount('deviationsMax', settings.deviationsMax, 0, Infinity)
  requireCount('shrinkRunsMax', settings.shrinkRunsMax, 0, Infinity)
  if (!(settings.timeMs > 0)) {
    throw argumentRangeError(`timeMs must be positive, not ${String(settings.timeMs)}`)
  }
  return settings
}

function requireCount(name: string, value: number, min: number, max: number): void {
  const whole = Number.isSafeInteger(value) || value === Infinity
  if (whole && value >= min && value <= max) return
  throw argumentRangeError(`${name} must be an integer from ${min} to ${max}, not ${String(value)}`)
}
