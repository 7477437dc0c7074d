// Reading without a pin: READ the word, READ the object, READ the word again. Any number of readers may
// do so, none of them is known to the owner, and what they read may be stored over at any time.
//
// Why an accepted object is one publication's. w is the word before and after the object's READ.
//  (1) w was sampled before: every byte of its object was in memory then (beforePublish; for a remote
//      writer: its WRITE is placed before its compare-and-swap on the same queue pair).
//  (2) w was sampled after the object had been fetched (fenced, replays included). Words do not recur
//      (pointer-code.ts), so w was the present word throughout: the object was not retired, and no
//      store into it had become visible (afterPublish; a writer has it back only after it was retired).
//  (3) The object says that w published it. That is implied where words are sampled in one piece; where
//      they are not, it refuses a mixture that was sampled twice alike.
// So nothing needs a grace period, nor any granule: see pointer-code.ts for the odds. At the last
// sample of the word it was the present version: nothing newer was published before the read began.
//
// For (1) the word may have been sampled at any earlier time, by an earlier read as well. So a machine
// that knows a word fetches {object of that word, word} in one chain; when the word has moved, the
// second one is the first of the next chain, at the price of the object fetched in vain. While the cell
// keeps changing, a machine asks for the word first.
import type { OperationSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import { Pointer } from './pointer-code.ts'
import { CellReader, FIRST, LAST } from './reader-base.ts'

const Phase = {
  /** The word alone. */
  Ask: 0,
  /** Object of the word that an earlier sample knew, word. */
  Guess: 1,
  /** Object of the word that was sampled in this attempt, word. */
  Fetch: 2,
} as const

/** Reader without a pin. */
export class ValidatedReader extends CellReader {
  #phase: (typeof Phase)[keyof typeof Phase] = Phase.Ask
  /** The word whose object is being fetched. */
  #low = 0
  #high = 0
  /** The word that was sampled last pointed to an object: a guess where the next read looks. */
  #guess = false
  /** The last guess was wrong: another one would only cost an object's transfer. */
  #changing = false

  begin(sink: OperationSink): void {
    if (this.#guess && !this.#changing && this.request.knownVersion === 0) {
      this.code.decode(this.#low, this.#high)
      this.#fetch(sink, Phase.Guess)
      return
    }
    this.#phase = Phase.Ask
    this.readWord(sink, FIRST, false)
  }

  resume(sink: OperationSink): VerdictCode {
    return this.#phase === Phase.Ask ? this.#answer(sink) : this.#check(sink)
  }

  #answer(sink: OperationSink): VerdictCode {
    const kind = this.decode(FIRST)
    if (kind !== Pointer.Object) return this.noObject(kind)
    this.#changing = this.#guess && !this.#isExpected(FIRST)
    const { knownVersion } = this.request
    const held = this.isHeld(FIRST) && this.newest === knownVersion
    if (held && knownVersion !== 0) return this.unchanged(knownVersion)
    this.#expect(FIRST)
    this.#fetch(sink, Phase.Fetch)
    return Verdict.More
  }

  #check(sink: OperationSink): VerdictCode {
    if (this.#isExpected(LAST)) return this.accept(this.#low, this.#high)
    const kind = this.decode(LAST)
    this.#guess = kind === Pointer.Object
    if (kind !== Pointer.Object) return this.noObject(kind)
    this.#expect(LAST)
    if (this.#phase === Phase.Fetch) {
      // The next attempt begins with the object of this word: it was the present one just now.
      this.#changing = false
      return this.replaced()
    }
    this.#changing = true
    this.#fetch(sink, Phase.Fetch)
    return Verdict.More
  }

  /** Ends an attempt between whose samples of the word nothing was published. */
  protected accept(low: number, high: number): VerdictCode {
    const version = this.objectVersion(low, high)
    if (version === 0) {
      this.#guess = false
      return this.torn()
    }
    const { knownVersion } = this.request
    if (version === knownVersion) {
      this.remember(version, low, high)
      return this.unchanged(version)
    }
    return this.done(version, low, high)
  }

  /** The word READ that ends a fetch: negative controls do not fence it. */
  protected readLast(sink: OperationSink): void {
    this.readWord(sink, LAST, true)
  }

  #fetch(sink: OperationSink, phase: (typeof Phase)[keyof typeof Phase]): void {
    this.#phase = phase
    this.readObject(sink)
    this.readLast(sink)
  }

  #expect(word: number): void {
    this.#guess = true
    this.#low = this.halves[2 * word] as number
    this.#high = this.halves[2 * word + 1] as number
  }

  #isExpected(word: number): boolean {
    return this.halves[2 * word] === this.#low && this.halves[2 * word + 1] === this.#high
  }
}
