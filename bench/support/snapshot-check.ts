// Where a bench reads a snapshot to, and what its bytes prove about the version it claims to be.
import { NOT_ONE_VERSION, PayloadOracle } from './payload-oracle.ts'
import { payloadNumber } from './payload-source.ts'

export class SnapshotCheck {
  /** For the reader. */
  readonly target: Uint8Array
  readonly #oracle: PayloadOracle
  readonly #words: Int32Array<ArrayBuffer>
  readonly #prepared: boolean

  /** @param prepared as of the order that the writer has */
  constructor(payloadBytes: number, prepared: boolean) {
    this.#oracle = new PayloadOracle(payloadBytes)
    this.#words = this.#oracle.createWords()
    this.target = this.#oracle.bytesOf(this.#words)
    this.#prepared = prepared
  }

  /** Number of the payload that `target` is, or NOT_ONE_VERSION. */
  number(): number {
    return this.#oracle.verify(this.#words)
  }

  /** Whether `target` is torn, or not the payload of version `claimed`; 0 claims no version. */
  isTorn(claimed: number): boolean {
    const found = this.#oracle.verify(this.#words)
    if (found === NOT_ONE_VERSION) return true
    return claimed !== 0 && found !== payloadNumber(claimed, this.#prepared)
  }
}
