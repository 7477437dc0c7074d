// Updates of a region that several write: each finds the oracle's payload of some number and leaves that
// of the next one. Two that find the same one publish the same number, which ledgers show.
import { UntornError } from '../../src/errors.ts'
import { NOT_ONE_VERSION, PayloadOracle } from '../support/payload-oracle.ts'
import { PAYLOAD_BYTES } from './soak-regions.ts'

export class PayloadCounter {
  readonly #oracle = new PayloadOracle(PAYLOAD_BYTES)
  readonly #words = this.#oracle.createWords()
  readonly #bytes = this.#oracle.bytesOf(this.#words)
  #number = 0

  /** Number of the payload that `next` returned last. */
  get number(): number {
    return this.#number
  }

  /**
   * The payload after the one that `found` is; overwritten by the next call.
   * @throws UntornError ERR_UNTORN_BROKEN_PROTOCOL when `found` is none: that is no expected failure
   */
  next(found: Uint8Array): Uint8Array {
    if (found.length !== PAYLOAD_BYTES) throw broken(`${found.length} bytes`)
    this.#bytes.set(found)
    const number = this.#oracle.verify(this.#words)
    if (number === NOT_ONE_VERSION) throw broken('bytes of more than one version')
    this.#number = number + 1
    this.#oracle.encode(this.#number, this.#words)
    return this.#bytes
  }
}

function broken(what: string): UntornError {
  return new UntornError('ERR_UNTORN_BROKEN_PROTOCOL', `an update found ${what}`)
}
