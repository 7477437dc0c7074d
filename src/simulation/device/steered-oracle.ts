// The oracle of a simulated fabric: the one that was asked for, with single answers replaced where a
// fault was ordered. Invariant: what it answered in all is one tape, which replays without the
// orders. A fabric may live longer than a tape can be: then the tape is given up, not the fabric.
import { UntornError, argumentRangeError, argumentTypeError } from '../../errors.ts'
import { ChoiceLog } from '../choice-log.ts'
import { formatTape, parseTape, tapeLengthMax } from '../choice-tape.ts'
import { BiasedOracle } from '../biased-oracle.ts'
import { ChoiceLabel, type ChoiceLabelCode, type Oracle } from '../oracle.ts'
import { RandomNumbers } from '../random-numbers.ts'
import type { RunOracle } from '../run-oracle.ts'
import { TapeOracle } from '../tape-oracle.ts'
import { benignOracle } from '../world.ts'

/** An oracle, the text of a tape, or the seed of random choices. */
export type OracleChoice = Oracle | string | number

/** An oracle of the library logs its answers too, and ends before the log does. */
const LOG_LENGTH_MAX = tapeLengthMax - 1

export class SteeredOracle implements Oracle {
  readonly #inner: Oracle
  /** Made here: nobody else counts on what it logs. */
  readonly #own: RunOracle | null
  readonly #log: ChoiceLog = new ChoiceLog()
  #overflowed = false
  #lostResponses = 0

  /** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT for what is no oracle, tape or seed */
  constructor(choice: OracleChoice = benignOracle) {
    this.#own = ownOracle(choice)
    this.#own?.begin()
    this.#inner = this.#own ?? (choice as Oracle)
  }

  /** The next READ whose response could be lost has it lost, whole. */
  loseResponse(): void {
    this.#lostResponses += 1
  }

  /**
   * What was answered so far, as text.
   * @throws UntornError ERR_UNTORN_BUSY when that was more than a tape holds
   */
  tape(): string {
    if (this.#overflowed) {
      throw new UntornError('ERR_UNTORN_BUSY', `more than ${LOG_LENGTH_MAX} choices were made`)
    }
    return formatTape(this.#log.toTape())
  }

  choose(count: number, label: ChoiceLabelCode): number {
    if (label === ChoiceLabel.Replay && this.#lostResponses > 0) {
      this.#lostResponses -= 1
      return this.#note(1)
    }
    return this.#note(this.#inner.choose(count, label))
  }

  schedule(actors: Int32Array, count: number): number {
    const answer = this.#inner.schedule(actors, count)
    return answer < 0 || count < 2 ? answer : this.#note(answer)
  }

  #note(answer: number): number {
    if (this.#log.length >= LOG_LENGTH_MAX) {
      this.#overflowed = true
      this.#log.clear()
      this.#own?.begin()
    }
    this.#log.push(answer)
    return answer
  }
}

function ownOracle(choice: OracleChoice): RunOracle | null {
  if (typeof choice === 'string') return new TapeOracle(parseTape(choice).choices)
  if (typeof choice === 'number') {
    if (Number.isSafeInteger(choice)) return new BiasedOracle(new RandomNumbers(choice))
    throw argumentRangeError(`a seed must be an integer, not ${choice}`)
  }
  if (typeof choice?.choose === 'function' && typeof choice.schedule === 'function') return null
  throw argumentTypeError('oracle must be an Oracle, the text of a tape, or a seed')
}
