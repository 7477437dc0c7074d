// Proof that a scenario repeats itself: a tape run twice meets the same questions in the same states
// and ends alike. Whatever else steers a scenario (a clock, what an earlier run left behind) would
// make counterexamples that cannot be had again, and pruning unsound.
import type { ChoiceLabelCode, Oracle } from './oracle.ts'
import type { RunEnd, Scenario } from './scenario.ts'
import { StateHash } from './state-hash.ts'
import { TapeOracle } from './tape-oracle.ts'

/**
 * Runs `choices` twice. `first` is how an earlier run of the same tape ended; null: unknown, or cut.
 * Coverage is left as it was.
 * @throws Error when any of these runs differs from another
 */
export function requireDeterminism(
  scenario: Scenario,
  choices: readonly number[],
  first: RunEnd | null,
): void {
  const coverage = { ...scenario.coverage }
  const one = witnessRun(scenario, choices)
  const other = witnessRun(scenario, choices)
  Object.assign(scenario.coverage, coverage)
  if (one.witness !== other.witness) {
    throw notDeterministic(scenario, 'two runs of one tape met different questions or states')
  }
  if (!endsAlike(one.end, other.end) || (first !== null && !endsAlike(first, one.end))) {
    throw notDeterministic(scenario, 'runs of one tape ended differently')
  }
}

export function notDeterministic(scenario: Scenario, how: string): Error {
  return new Error(`scenario ${scenario.name} is not deterministic: ${how}`)
}

function endsAlike(one: RunEnd, other: RunEnd): boolean {
  return (
    one.steps === other.steps &&
    one.violation?.kind === other.violation?.kind &&
    one.violation?.message === other.violation?.message
  )
}

function witnessRun(
  scenario: Scenario,
  choices: readonly number[],
): { readonly end: RunEnd; readonly witness: string } {
  const oracle = new WitnessOracle(scenario, choices)
  const end = scenario.run(oracle)
  return { end, witness: oracle.hash.toString() }
}

/** A tape's answers; hashes every question, with the state wherever an actor is scheduled. */
class WitnessOracle implements Oracle {
  readonly hash: StateHash = new StateHash()
  readonly #scenario: Scenario
  readonly #tape: TapeOracle
  readonly #state = new StateHash()

  constructor(scenario: Scenario, choices: readonly number[]) {
    this.#scenario = scenario
    this.#tape = new TapeOracle(choices)
    this.hash.reset()
  }

  choose(count: number, label: ChoiceLabelCode): number {
    this.hash.mix(count)
    this.hash.mix(label)
    return this.#tape.choose(count, label)
  }

  schedule(actors: Int32Array, count: number): number {
    this.#state.reset()
    this.#scenario.mix(this.#state)
    this.hash.mix(this.#state.low)
    this.hash.mix(this.#state.high)
    for (let at = 0; at < count; at += 1) this.hash.mix(actors[at] as number)
    this.hash.mix(count)
    return this.#tape.schedule(actors, count)
  }
}
