// All nondeterminism of a run comes from one tape of naturals; 0 is the benign choice, and a tape
// that is used up goes on with zeros, so shrinking a tape makes its schedule tamer.

export class ChoiceTape {
  readonly #choices: readonly number[]
  #at = 0

  constructor(choices: readonly number[]) {
    this.#choices = choices
  }

  next(): number {
    const choice = this.#choices[this.#at] ?? 0
    this.#at += 1
    return choice
  }

  get exhausted(): boolean {
    return this.#at >= this.#choices.length
  }
}
