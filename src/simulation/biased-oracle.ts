// Random schedules in stretches: an actor that was drawn keeps going for a while. How long is drawn
// from scales of 2 to 256 steps, each equally likely, because nobody tells the oracle how many
// stores a publication takes: so a whole one inside a READ, or several, come up often at any size.
import { ChoiceLog } from './choice-log.ts'
import { InnerChoices } from './inner-choices.ts'
import type { ChoiceLabelCode } from './oracle.ts'
import type { RandomNumbers } from './random-numbers.ts'
import type { RunOracle } from './run-oracle.ts'

/** Scales are 2¹ to 2⁸ steps. */
const scaleCount = 8
const noActor = -1

export class BiasedOracle implements RunOracle {
  readonly #log = new ChoiceLog()
  readonly #random: RandomNumbers
  readonly #inner: InnerChoices
  #current = noActor
  /** Questions for which the current actor goes on. */
  #stretch = 0

  constructor(random: RandomNumbers) {
    this.#random = random
    this.#inner = new InnerChoices(random)
  }

  begin(): void {
    this.#log.clear()
    this.#inner.begin()
    this.#current = noActor
    this.#stretch = 0
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
    let answer = 0
    if (this.#stretch > 0 && actors[0] === this.#current) {
      this.#stretch -= 1
    } else {
      answer = this.#random.below(count)
      this.#current = actors[answer] as number
      this.#stretch = this.#random.below(2 << this.#random.below(scaleCount))
    }
    this.#log.push(answer)
    return answer
  }
}
