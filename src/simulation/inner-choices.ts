// Random answers to what is not scheduling: which piece, which direction, whether a fault. Each run
// draws anew how tame each label is, from always random to random once in sixteen times, and 0
// otherwise. So some runs have wild pieces and hardly a fault, others the reverse; with equal odds
// for every answer a world would be all faults, and no operation would ever end in peace.
import { ChoiceLabel, type ChoiceLabelCode } from './oracle.ts'
import type { RandomNumbers } from './random-numbers.ts'

const labelCount = Object.keys(ChoiceLabel).length
/** Tameness is 2⁰ to 2⁴. */
const tamenessCount = 5

export class InnerChoices {
  readonly #random: RandomNumbers
  readonly #tameness = new Int32Array(labelCount).fill(1)

  constructor(random: RandomNumbers) {
    this.#random = random
  }

  /** Prepares for the next run. */
  begin(): void {
    for (let label = 0; label < labelCount; label += 1) {
      this.#tameness[label] = 1 << this.#random.below(tamenessCount)
    }
  }

  choose(count: number, label: ChoiceLabelCode): number {
    const tameness = this.#tameness[label] as number
    if (tameness > 1 && !this.#random.oneIn(tameness)) return 0
    return this.#random.below(count)
  }
}
