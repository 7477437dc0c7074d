// Every answer equally likely. Mixes actors finely, and therefore hardly ever lets one get far while
// another waits: a whole publication of m stores inside one READ has odds of about 2⁻ᵐ.
import { ChoiceLog } from './choice-log.ts'
import { ChoiceLabel, type ChoiceLabelCode } from './oracle.ts'
import type { RandomNumbers } from './random-numbers.ts'
import type { RunOracle } from './run-oracle.ts'

export class UniformOracle implements RunOracle {
  readonly #log = new ChoiceLog()
  readonly #random: RandomNumbers

  constructor(random: RandomNumbers) {
    this.#random = random
  }

  begin(): void {
    this.#log.clear()
  }

  tape(): number[] {
    return this.#log.toTape()
  }

  choose(count: number, _label: ChoiceLabelCode): number {
    if (count < 2) return 0
    const answer = this.#random.below(count)
    this.#log.push(answer)
    return answer
  }

  schedule(_actors: Int32Array, count: number): number {
    return this.choose(count, ChoiceLabel.Actor)
  }
}
