// Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized
// scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010. Every actor has a random
// priority, the highest that can go on goes, and at depth - 1 random questions the actor about to
// step falls below all others. A bug of depth d needs d - 1 such switches beside the right order of
// priorities.
import { argumentRangeError } from '../errors.ts'
import { ChoiceLog } from './choice-log.ts'
import { InnerChoices } from './inner-choices.ts'
import type { ChoiceLabelCode } from './oracle.ts'
import type { RandomNumbers } from './random-numbers.ts'
import type { RunOracle } from './run-oracle.ts'

export const pctDepthMax = 3
const priorityCount = 2 ** 30
/** Added to what counts as spinning, so that short runs may poll a little. */
const spinStepsMin = 64
const noActor = -1

/**
 * Schedules by random priorities. With n actors and k questions of `schedule` per run, one run finds
 * a scheduling bug of depth d ≤ `depth` with a probability of at least 1 / (n·kᵈ⁻¹), provided that
 * the answers of `choose` do not matter; where they do, multiply by the probability of theirs, which
 * are random as in `InnerChoices`. `steps` estimates k and grows when a run asks more.
 *
 * One departure: an actor that was scheduled more often in a row than two whole runs ask falls
 * below all others, since one that polls at the highest priority would starve what it waits for.
 * @throws RangeError ERR_UNTORN_ARGUMENT unless `depth` is from 1 to 3
 */
export class PctOracle implements RunOracle {
  readonly #log = new ChoiceLog()
  readonly #random: RandomNumbers
  readonly #inner: InnerChoices
  /** By actor; 0: none drawn yet in this run. */
  #priorities = new Int32Array(16)
  /** Questions at which a priority falls; the i-th gives priority i + 1, as in the paper. */
  readonly #changePoints: Int32Array
  #steps: number
  /** From the estimate, not from runs: a run that spins is long itself. */
  readonly #spinSteps: number
  #asked = 0
  #current = noActor
  #streak = 0
  /** Priority of the next actor found spinning. */
  #lowest = -1

  constructor(random: RandomNumbers, depth: number, steps: number) {
    if (!Number.isInteger(depth) || depth < 1 || depth > pctDepthMax) {
      throw argumentRangeError(`depth must be an integer from 1 to ${pctDepthMax}, not ${depth}`)
    }
    this.#random = random
    this.#inner = new InnerChoices(random)
    this.#changePoints = new Int32Array(depth - 1)
    this.#steps = Math.max(1, steps)
    this.#spinSteps = 2 * this.#steps + spinStepsMin
  }

  begin(): void {
    this.#log.clear()
    this.#inner.begin()
    this.#steps = Math.max(this.#steps, this.#asked)
    this.#asked = 0
    this.#current = noActor
    this.#streak = 0
    this.#lowest = -1
    this.#priorities.fill(0)
    for (let point = 0; point < this.#changePoints.length; point += 1) {
      this.#changePoints[point] = this.#random.below(this.#steps)
    }
  }

  tape(): number[] {
    return this.#log.toTape()
  }

  choose(count: number, label: ChoiceLabelCode): number {
    if (count < 2) return 0
    const answer = this.#inner.choose(count, label)
    this.#log.push(answer)
    return answer
  }

  schedule(actors: Int32Array, count: number): number {
    if (count < 2) return 0
    let answer = this.#highest(actors, count)
    for (let point = 0; point < this.#changePoints.length; point += 1) {
      if (this.#changePoints[point] !== this.#asked) continue
      this.#priorities[actors[answer] as number] = point + 1
      answer = this.#highest(actors, count)
    }
    this.#asked += 1
    this.#noteSpinning(actors[answer] as number)
    this.#log.push(answer)
    return answer
  }

  #highest(actors: Int32Array, count: number): number {
    let best = 0
    let bestPriority = this.#priorityOf(actors[0] as number)
    for (let at = 1; at < count; at += 1) {
      const priority = this.#priorityOf(actors[at] as number)
      if (priority <= bestPriority) continue
      best = at
      bestPriority = priority
    }
    return best
  }

  /** Priorities are drawn when an actor is first met: the same as a random order of all. */
  #priorityOf(actor: number): number {
    while (actor >= this.#priorities.length) this.#grow()
    const drawn = this.#priorities[actor] as number
    if (drawn !== 0) return drawn
    const priority = pctDepthMax + this.#random.below(priorityCount)
    this.#priorities[actor] = priority
    return priority
  }

  #noteSpinning(actor: number): void {
    this.#streak = actor === this.#current ? this.#streak + 1 : 0
    this.#current = actor
    if (this.#streak <= this.#spinSteps) return
    this.#streak = 0
    this.#priorities[actor] = this.#lowest
    this.#lowest -= 1
  }

  #grow(): void {
    const grown = new Int32Array(this.#priorities.length * 2)
    grown.set(this.#priorities)
    this.#priorities = grown
  }
}
