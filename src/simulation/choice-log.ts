// What an oracle answered in one run: the canonical tape of that run. Grows by doubling and is kept
// from run to run, so that recording allocates nothing in the long run.
import { tapeLengthMax, trimmedLength } from './choice-tape.ts'

export class ChoiceLog {
  /** Answers recorded. */
  length = 0
  #choices = new Int32Array(256)

  clear(): void {
    this.length = 0
  }

  /** @throws Error after `tapeLengthMax` answers: the scenario does not end */
  push(choice: number): void {
    if (this.length === this.#choices.length) this.#grow()
    this.#choices[this.length] = choice
    this.length += 1
  }

  /** The answers without trailing zeros. */
  toTape(): number[] {
    const end = trimmedLength(this.#choices, this.length)
    return Array.from(this.#choices.subarray(0, end))
  }

  #grow(): void {
    if (this.length >= tapeLengthMax) {
      throw new Error(`a run asked ${tapeLengthMax} questions: the scenario does not end`)
    }
    const grown = new Int32Array(this.#choices.length * 2)
    grown.set(this.#choices)
    this.#choices = grown
  }
}
