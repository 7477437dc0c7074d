// Runs a scenario under many schedules and says what came of it. Invariants: a verdict rests only on
// schedules that were run; what an exploration reports depends on scenario, seed and bounds alone
// (but a bound of time); every counterexample was had a second time before it is reported.
import { BiasedOracle } from './biased-oracle.ts'
import { fingerprintOf, formatTape } from './choice-tape.ts'
import { notDeterministic, requireDeterminism } from './determinism.ts'
import { ExhaustiveOracle } from './exhaustive-oracle.ts'
import {
  type Counterexample,
  type Exploration,
  type ExplorationVerdict,
  type ExploreOptions,
  type ExploreSettings,
  exploreSettings,
} from './exploration.ts'
import { PctOracle } from './pct-oracle.ts'
import { RandomNumbers } from './random-numbers.ts'
import type { RunOracle } from './run-oracle.ts'
import type { Coverage, Scenario, Violation } from './scenario.ts'
import { shrinkTape } from './shrink-tape.ts'
import { TapeOracle } from './tape-oracle.ts'
import { UniformOracle } from './uniform-oracle.ts'

/** Every so many schedules one is run twice more: under two per cent of the runs. */
const determinismInterval = 256

/**
 * Explores the schedules of a scenario. The first schedule is always the benign one. Samples are run
 * twice more, to see that the scenario repeats itself. Nothing but the scenario decides how much
 * memory and time one run takes; an exhaustive exploration adds up to 32 bytes per state.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT naming the option
 * @throws Error when the scenario is not deterministic, does not end, or throws itself
 */
export function explore(scenario: Scenario, options: ExploreOptions = {}): Exploration {
  const settings = exploreSettings(options)
  // Refuses a bad fingerprint before the work, not after.
  const fingerprint = options.fingerprint ?? scenario.fingerprint ?? fingerprintOf(scenario.name)
  formatTape([], fingerprint)
  const explorer = new Explorer(scenario, settings, fingerprint)
  return settings.strategy === 'exhaustive' ? explorer.exhaustively() : explorer.randomly()
}

class Explorer {
  readonly #scenario: Scenario
  readonly #settings: ExploreSettings
  readonly #fingerprint: string
  readonly #coverageBefore: Coverage
  readonly #endMs: number
  readonly #violations: Record<string, number> = {}
  #first: { readonly violation: Violation; readonly tape: readonly number[] } | null = null
  #schedules = 0
  #cuts = 0
  #steps = 0

  constructor(scenario: Scenario, settings: ExploreSettings, fingerprint: string) {
    this.#scenario = scenario
    this.#settings = settings
    this.#fingerprint = fingerprint
    this.#coverageBefore = { ...scenario.coverage }
    this.#endMs = performance.now() + settings.timeMs
  }

  exhaustively(): Exploration {
    const { prune, statesMax, deviationsMax } = this.#settings
    const state = prune ? this.#scenario : null
    const oracle = new ExhaustiveOracle({ state, statesMax, deviationsMax })
    let more = true
    while (more && this.#goesOn()) {
      this.#run(oracle)
      more = oracle.advance()
    }
    return this.#report(!more && !oracle.bounded, oracle.states)
  }

  randomly(): Exploration {
    const benign = new TapeOracle()
    this.#run(benign)
    const oracles = randomOracles(this.#settings, benign.scheduled)
    while (this.#goesOn()) this.#run(oracles[this.#schedules % oracles.length] as RunOracle)
    return this.#report(false, 0)
  }

  #goesOn(): boolean {
    if (this.#first !== null && this.#settings.stopAtFirst) return false
    return this.#schedules < this.#settings.schedulesMax && performance.now() < this.#endMs
  }

  #run(oracle: RunOracle): void {
    oracle.begin()
    const end = this.#scenario.run(oracle)
    this.#schedules += 1
    this.#steps += end.steps
    if (end.cut) this.#cuts += 1
    if (end.violation !== null) {
      const { kind } = end.violation
      this.#violations[kind] = (this.#violations[kind] ?? 0) + 1
      this.#first ??= { violation: end.violation, tape: oracle.tape() }
    }
    if (isSample(this.#schedules)) {
      requireDeterminism(this.#scenario, oracle.tape(), end.cut ? null : end)
    }
  }

  #report(complete: boolean, states: number): Exploration {
    const coverage = coverageSince(this.#coverageBefore, this.#scenario.coverage)
    const counterexample = this.#counterexample()
    return {
      scenario: this.#scenario.name,
      strategy: this.#settings.strategy,
      seed: this.#settings.seed,
      verdict: counterexample === null ? verdictWithoutViolation(coverage) : 'violated',
      complete,
      schedules: this.#schedules,
      cuts: this.#cuts,
      steps: this.#steps,
      states,
      coverage,
      violations: this.#violations,
      ...(counterexample === null ? {} : { counterexample }),
    }
  }

  #counterexample(): Counterexample | null {
    if (this.#first === null) return null
    const scenario = this.#scenario
    const coverage = { ...scenario.coverage }
    const { kind } = this.#first.violation
    const oracle = new TapeOracle()
    const run = (choices: readonly number[]): Violation | null => {
      oracle.load(choices)
      const { violation } = scenario.run(oracle)
      return violation?.kind === kind ? violation : null
    }
    const shrunk = shrinkTape(
      this.#first.tape,
      (choices) => (run(choices) === null ? null : oracle.tape()),
      this.#settings.shrinkRunsMax,
    )
    const violation = run(shrunk.choices)
    if (violation === null) throw notDeterministic(scenario, `its violation ${kind} did not recur`)
    Object.assign(scenario.coverage, coverage)
    return {
      violation,
      tape: formatTape(shrunk.choices, this.#fingerprint),
      choices: shrunk.choices,
      shrunk: shrunk.minimal,
    }
  }
}

function randomOracles(settings: ExploreSettings, steps: number): RunOracle[] {
  const { seed, strategy, depth } = settings
  const random = (stream: number): RandomNumbers => new RandomNumbers(seed, stream)
  if (strategy === 'random') return [new UniformOracle(random(0))]
  if (strategy === 'biased') return [new BiasedOracle(random(1))]
  if (strategy === 'pct') return [new PctOracle(random(1 + depth), depth, steps)]
  return [
    new UniformOracle(random(0)),
    new BiasedOracle(random(1)),
    new PctOracle(random(2), 1, steps),
    new PctOracle(random(3), 2, steps),
    new PctOracle(random(4), 3, steps),
  ]
}

/** 1, 4, 16 and 64, so that short explorations are checked too; then at regular intervals. */
function isSample(schedules: number): boolean {
  if (schedules >= determinismInterval) return schedules % determinismInterval === 0
  return schedules === 1 || schedules === 4 || schedules === 16 || schedules === 64
}

function coverageSince(before: Readonly<Coverage>, now: Readonly<Coverage>): Coverage {
  return {
    overlaps: now.overlaps - before.overlaps,
    retries: now.retries - before.retries,
    faults: now.faults - before.faults,
    results: now.results - before.results,
  }
}

function verdictWithoutViolation(coverage: Readonly<Coverage>): ExplorationVerdict {
  const { overlaps, retries, faults, results } = coverage
  return results > 0 && overlaps + retries + faults > 0 ? 'holds' : 'unknown'
}
