// What one reader knows of one region: whether a snapshot is whole, is the version that it claims, and
// comes after those it got before. Versions grow within a generation; a new generation begins anew.
import type { ProtocolName } from '../../src/regions/contract.ts'
import { NOT_ONE_VERSION, PayloadOracle } from '../support/payload-oracle.ts'
import type { Journal } from './journal.ts'
import { PAYLOAD_BYTES, payloadNumber } from './soak-regions.ts'

/** How the number of a payload follows from the version it was published as. */
export type Numbering =
  /** The owner alone writes: the number is the version. */
  | 'version'
  /** Several write: each adds one to the number that it found, so that both only grow. */
  | 'counter'

export class SnapshotWitness {
  readonly #protocol: ProtocolName
  readonly #numbering: Numbering
  readonly #journal: Journal
  readonly #oracle = new PayloadOracle(PAYLOAD_BYTES)
  readonly #words = this.#oracle.createWords()
  readonly #bytes = this.#oracle.bytesOf(this.#words)
  #version = 0
  #number = 0

  constructor(protocol: ProtocolName, numbering: Numbering, journal: Journal) {
    this.#protocol = protocol
    this.#numbering = numbering
    this.#journal = journal
  }

  /** Another generation: nothing seen so far binds it. */
  renew(): void {
    this.#version = 0
    this.#number = 0
  }

  /** Looks at a snapshot; what is wrong with it goes to the journal. Returns its number. */
  check(version: number, bytes: Uint8Array, what: string): number {
    const number = this.numberOf(bytes)
    const protocol = this.#protocol
    if (number === NOT_ONE_VERSION) {
      this.#journal.torn(protocol, `${what} returned torn bytes as version ${version}`)
      return number
    }
    const named = this.#numbering === 'counter' || number === payloadNumber(version)
    if (!named) this.#journal.torn(protocol, `${what} returned ${number} as version ${version}`)
    const grown =
      version >= this.#version &&
      number >= this.#number &&
      (version === this.#version ? number === this.#number || this.#version === 0 : true)
    if (!grown) {
      this.#journal.violated(
        `${protocol}: ${what} went back from version ${this.#version} (payload ${this.#number}) ` +
          `to ${version} (payload ${number})`,
      )
    }
    this.#version = version
    this.#number = number
    return number
  }

  /** Number of the payload that `bytes` are, or NOT_ONE_VERSION. */
  numberOf(bytes: Uint8Array): number {
    if (bytes.length !== PAYLOAD_BYTES) return NOT_ONE_VERSION
    this.#bytes.set(bytes)
    return this.#oracle.verify(this.#words)
  }
}
