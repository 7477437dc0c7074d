// A litmus program and what can be asked about it: every outcome that a sampling model lets it have.
// Invariant: a complete exploration's outcomes are the exact set, and each comes with a schedule
// that leads to it.
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import { fingerprintOf, formatTape, parseTape, requireFingerprint } from '../choice-tape.ts'
import { ExhaustiveOracle } from '../exhaustive-oracle.ts'
import { samplingModel } from '../sampling-model.ts'
import type { SamplingChoice } from '../sampling-model.ts'
import { shrinkTape } from '../shrink-tape.ts'
import { TapeOracle } from '../tape-oracle.ts'
import type { Trace } from '../trace.ts'
import { compareOutcomes, formatOutcome, matchesOutcome } from './outcome.ts'
import type { OutcomePattern, OutcomeValues } from './outcome.ts'
import { litmusProgram } from './program.ts'
import type { LitmusProgram, LitmusSpec } from './program.ts'
import { LitmusScenario } from './scenario.ts'
import type { LitmusScenarioOptions } from './scenario.ts'

export interface LitmusExploreOptions extends LitmusScenarioOptions {
  /** Schedules run; ten million by default. */
  readonly schedulesMax?: number
  /** States remembered for pruning, 16 to 32 bytes each; 2²² by default, 0 for no pruning. */
  readonly statesMax?: number
  /** Tries to make each witness's schedule simple, at most so many runs; 0 by default. */
  readonly shrinkRunsMax?: number
}

/** One outcome and a schedule that leads to it. */
export interface LitmusOutcome {
  readonly values: OutcomeValues
  /** `a=1 b=0 ~x=2` */
  readonly text: string
  /** Text of the choice tape; `trace` takes it. */
  readonly tape: string
}

export interface LitmusExploration {
  /** Sorted by values, in the program's order of names. */
  readonly outcomes: readonly LitmusOutcome[]
  /** Schedules run, those included that were cut because the rest was explored before. */
  readonly schedules: number
  /** Different states met. */
  readonly states: number
  /** The outcomes are all there are. False only when `schedulesMax` ended the exploration. */
  readonly complete: boolean
}

const SCHEDULES_MAX = 10_000_000
const STATES_MAX = 2 ** 22

/** A checked program. */
export class Litmus {
  readonly program: LitmusProgram

  constructor(program: LitmusProgram) {
    this.program = program
  }

  /**
   * Runs every schedule of a model. Takes microseconds per step: programs like those of the suite
   * take milliseconds, one with a dozen operations in flight at once does not end.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT no such model, or no such option
   */
  explore(choice: SamplingChoice, options: LitmusExploreOptions = {}): LitmusExploration {
    const { schedulesMax, statesMax, shrinkRunsMax } = boundsOf(options)
    const scenario = new LitmusScenario(this.program, samplingModel(choice), options)
    const oracle = new ExhaustiveOracle({
      state: statesMax > 0 ? scenario : null,
      statesMax,
      deviationsMax: Infinity,
    })
    const found = new Map<string, { values: OutcomeValues; choices: readonly number[] }>()
    let schedules = 0
    let more = true
    while (more && schedules < schedulesMax) {
      oracle.begin()
      scenario.run(oracle)
      schedules += 1
      const values = scenario.outcome
      if (values !== null) {
        const text = formatOutcome(this.program, values)
        if (!found.has(text)) found.set(text, { values, choices: oracle.tape() })
      }
      more = oracle.advance()
    }
    const fingerprint = fingerprintOf(scenario.name)
    const outcomes = [...found].map(([text, { values, choices }]): LitmusOutcome => {
      const simple = this.#simplify(scenario, text, choices, shrinkRunsMax)
      return { values, text, tape: formatTape(simple, fingerprint) }
    })
    outcomes.sort((left, right) => compareOutcomes(this.program, left.values, right.values))
    return { outcomes, schedules, states: oracle.states, complete: !more }
  }

  /**
   * Whether a model lets the program end so.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT no such model, or no such name in outcomes;
   *   too many schedules to know
   */
  allows(
    choice: SamplingChoice,
    pattern: OutcomePattern,
    options: LitmusExploreOptions = {},
  ): boolean {
    const { outcomes, complete } = this.explore(choice, options)
    if (outcomes.some(({ values }) => matchesOutcome(this.program, pattern, values))) return true
    if (complete) return false
    throw argumentRangeError(`'${this.program.name}' has more schedules than schedulesMax`)
  }

  /**
   * The story of one schedule.
   * @param tape of an outcome that the same model gave, under the same options
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT not a tape of this program and model
   */
  trace(
    choice: SamplingChoice,
    tape: string,
    options: LitmusScenarioOptions = {},
  ): { readonly values: OutcomeValues; readonly text: string; readonly trace: Trace } {
    const scenario = new LitmusScenario(this.program, samplingModel(choice), options)
    const parsed = parseTape(tape)
    requireFingerprint(parsed, fingerprintOf(scenario.name))
    const { trace } = scenario.trace(new TapeOracle(parsed.choices))
    const values = scenario.outcome ?? {}
    return { values, text: formatOutcome(this.program, values), trace }
  }

  #simplify(
    scenario: LitmusScenario,
    text: string,
    choices: readonly number[],
    runsMax: number,
  ): readonly number[] {
    if (runsMax === 0) return choices
    const oracle = new TapeOracle()
    const leadsThere = (tried: readonly number[]): number[] | null => {
      oracle.load(tried)
      scenario.run(oracle)
      const { outcome } = scenario
      const same = outcome !== null && formatOutcome(this.program, outcome) === text
      return same ? oracle.tape() : null
    }
    return shrinkTape(choices, leadsThere, runsMax).choices
  }
}

/** A bound that is none would end an exploration at once, with no outcome at all. */
function boundsOf(
  options: LitmusExploreOptions,
): Required<Pick<LitmusExploreOptions, 'schedulesMax' | 'statesMax' | 'shrinkRunsMax'>> {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options of an exploration are an object')
  }
  const { schedulesMax = SCHEDULES_MAX, statesMax = STATES_MAX, shrinkRunsMax = 0 } = options
  requireCount('schedulesMax', schedulesMax, 1, Infinity)
  requireCount('statesMax', statesMax, 0, 2 ** 26)
  requireCount('shrinkRunsMax', shrinkRunsMax, 0, Infinity)
  return { schedulesMax, statesMax, shrinkRunsMax }
}

function requireCount(name: string, value: number, min: number, max: number): void {
  const whole = Number.isSafeInteger(value) || value === Infinity
  if (whole && value >= min && value <= max) return
  throw argumentRangeError(`${name} must be an integer from ${min} to ${max}, not ${String(value)}`)
}

/**
 * Checks a program and makes it explorable.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT as `litmusProgram` does
 */
export function litmus(spec: LitmusSpec): Litmus {
  return new Litmus(litmusProgram(spec))
}
