// Answers from a tape, so that a schedule can be had again, shrunk, or written by hand. A number too
// large for its question counts modulo the number of answers, and a tape that is used up goes on
// with zeros: every array of naturals is a schedule, and a shorter or smaller one a tamer schedule.
import { ChoiceLog } from './choice-log.ts'
import { ChoiceLabel, type ChoiceLabelCode } from './oracle.ts'
import type { RunOracle } from './run-oracle.ts'

/** One question and its answer; for reports. */
export interface AnsweredQuestion {
  readonly label: ChoiceLabelCode
  /** How many answers there were. */
  readonly count: number
  readonly answer: number
}

export class TapeOracle implements RunOracle {
  readonly #log = new ChoiceLog()
  readonly #questions: AnsweredQuestion[] | null
  #scheduled = 0
  #choices: readonly number[]

  /** `recordsQuestions`: keeps `questions`, which costs an object each. */
  constructor(
    choices: readonly number[] = [],
    options: { readonly recordsQuestions?: boolean } = {},
  ) {
    this.#choices = choices
    this.#questions = options.recordsQuestions === true ? [] : null
  }

  /** Questions of this run, where recording was asked for; those with one answer are left out. */
  get questions(): readonly AnsweredQuestion[] {
    return this.#questions ?? []
  }

  /** Questions of this run that asked for an actor. */
  get scheduled(): number {
    return this.#scheduled
  }

  /** Starts from the beginning of another tape. */
  load(choices: readonly number[]): void {
    this.#choices = choices
    this.begin()
  }

  begin(): void {
    this.#log.clear()
    this.#scheduled = 0
    if (this.#questions !== null) this.#questions.length = 0
  }

  tape(): number[] {
    return this.#log.toTape()
  }

  choose(count: number, label: ChoiceLabelCode): number {
    if (count < 2) return 0
    const at = this.#log.length
    const answer = at < this.#choices.length ? (this.#choices[at] as number) % count : 0
    this.#log.push(answer)
    if (this.#questions !== null) this.#questions.push({ label, count, answer })
    return answer
  }

  schedule(_actors: Int32Array, count: number): number {
    if (count < 2) return 0
    this.#scheduled += 1
    return this.choose(count, ChoiceLabel.Actor)
  }
}
