// All schedules, depth first: the answers of a run stand on a stack together with how many answers
// each question had; the next run repeats all but the last that can still grow, which it raises by
// one, like an odometer. Scenarios cannot be cloned, so every run starts from the beginning.
//
// Pruning. At each `schedule` question beyond the repeated part the state is looked up among those
// met before, and the run is cut when it is there. This is sound:
// 1. What can happen after a question depends on the state alone: a scenario mixes all of it, its
//    judge's memory included. Who stepped last decides only the order of the answers.
// 2. A state is recorded when it is first met, on a path that has just left what was explored
//    before. Depth first, every continuation from there is run before the path is given up, so
//    whoever meets the state later, or within, would only repeat continuations of the first.
// 3. The repeated part is never looked up: it meets the very states that are being explored.
// So every state that can be reached is reached, and every verdict found that would be found
// without; only schedules that end alike are left out. It rests on hashes: with n states the chance
// that any two are confused is below n²/2⁶⁵, and only then can a violation be missed.
import type { ChoiceLabelCode } from './oracle.ts'
import { tapeLengthMax, trimmedLength } from './choice-tape.ts'
import type { RunOracle } from './run-oracle.ts'
import { StateHash } from './state-hash.ts'
import { StateSet } from './state-set.ts'

export interface ExhaustiveOptions {
  /** Mixes the present state, all that the future depends on; null: explore without pruning. */
  readonly state: { mix(hash: StateHash): void } | null
  /**
   * States remembered. When they are reached, new ones are explored but not recorded: slower, and
   * still complete.
   */
  readonly statesMax: number
  /**
   * Answers of one run to `schedule` that may differ from 0. Answer 0 is the benign scheduler
   * (whoever stepped last goes on, else the next in turn), so this is delay-bounded scheduling:
   * Emmi, Qadeer and Rakamarić, POPL 2011, counting a delay of any length as one.
   */
  readonly deviationsMax: number
}

export class ExhaustiveOracle implements RunOracle {
  /** Some schedule was left out because of `deviationsMax`. */
  bounded = false
  readonly #options: ExhaustiveOptions
  readonly #states: StateSet
  readonly #hash = new StateHash()
  #choices = new Int32Array(256)
  #counts = new Int32Array(256)
  /** Answers on the stack. */
  #depth = 0
  /** Questions asked in this run; below `#depth` while the stack is repeated. */
  #asked = 0
  #deviations = 0
  #cut = false

  constructor(options: ExhaustiveOptions) {
    this.#options = options
    this.#states = new StateSet(options.statesMax)
  }

  /** States recorded so far. */
  get states(): number {
    return this.#states.size
  }

  begin(): void {
    this.#asked = 0
    this.#deviations = 0
    this.#cut = false
  }

  /**
   * Goes on to the next schedule; false when there is none.
   * @throws Error when the run that ended did not repeat what it had to
   */
  advance(): boolean {
    if (this.#asked < this.#depth) {
      throw new Error(
        `the scenario is not deterministic: it asked ${this.#depth} questions before and ${this.#asked} now`,
      )
    }
    while (this.#depth > 0) {
      const top = this.#depth - 1
      const next = (this.#choices[top] as number) + 1
      if (next < (this.#counts[top] as number)) {
        this.#choices[top] = next
        return true
      }
      this.#depth = top
    }
    return false
  }

  tape(): number[] {
    const end = trimmedLength(this.#choices, this.#depth)
    return Array.from(this.#choices.subarray(0, end))
  }

  choose(count: number, _label: ChoiceLabelCode): number {
    if (count < 2 || this.#cut) return 0
    return this.#answer(count, count)
  }

  schedule(actors: Int32Array, count: number): number {
    if (this.#cut) return -1
    const spent = this.#deviations >= this.#options.deviationsMax
    if (this.#asked >= this.#depth && this.#metBefore(actors)) {
      this.#cut = true
      return -1
    }
    if (count < 2) return 0
    if (spent) this.bounded = true
    const answer = this.#answer(count, spent ? 1 : count)
    if (answer !== 0) this.#deviations += 1
    return answer
  }

  #metBefore(actors: Int32Array): boolean {
    const { state, deviationsMax } = this.#options
    if (state === null) return false
    const hash = this.#hash
    hash.reset()
    state.mix(hash)
    if (deviationsMax !== Infinity) {
      // What may follow then depends also on the bound's rest, and on which actor goes on for free.
      hash.mix(this.#deviations)
      hash.mix(actors[0] as number)
    }
    return !this.#states.add(hash.low, hash.high)
  }

  /** The stack's answer to the next question, or 0 on top of it. `limit`: answers to be tried. */
  #answer(count: number, limit: number): number {
    const at = this.#asked
    if (at < this.#depth) {
      this.#asked = at + 1
      if (this.#counts[at] === limit) return this.#choices[at] as number
      throw new Error(
        `the scenario is not deterministic: question ${at + 1} had ${this.#counts[at]} answers before and ${count} now`,
      )
    }
    if (at === this.#choices.length) this.#grow()
    this.#choices[at] = 0
    this.#counts[at] = limit
    this.#asked = at + 1
    this.#depth = at + 1
    return 0
  }

  #grow(): void {
    if (this.#depth >= tapeLengthMax) {
      throw new Error(`a run asked ${tapeLengthMax} questions: the scenario does not end`)
    }
    const choices = new Int32Array(this.#choices.length * 2)
    choices.set(this.#choices)
    this.#choices = choices
    const counts = new Int32Array(this.#counts.length * 2)
    counts.set(this.#counts)
    this.#counts = counts
  }
}
