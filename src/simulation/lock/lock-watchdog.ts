// What the parties of a lock's world know between them, to judge each other by. Invariant: all of it
// follows from what they did and observed, so that states may be told apart without it.
import { certifiedPayload } from '../protocol/payloads.ts'

/** Payloads that a run can have. */
const PAYLOADS_MAX = 12

export class LockWatchdog {
  readonly #payloads: ReadonlyMap<string, number>
  readonly #versions = new Map<number, number>()
  readonly #payloadBytes: number
  readonly #violate: (kind: string, message: string) => void
  /** Who has the lock, as far as anybody was told. */
  #inside: string | null = null
  /** Repairs that have ended. */
  repairs = 0

  constructor(payloadBytes: number, violate: (kind: string, message: string) => void) {
    this.#payloadBytes = payloadBytes
    this.#violate = violate
    const payloads = Array.from({ length: PAYLOADS_MAX }, (_, count) => this.payloadOf(count))
    this.#payloads = new Map(payloads.map((bytes, count) => [bytes.join(), count]))
  }

  /** What the region holds after so many increments. */
  payloadOf(count: number): Uint8Array {
    return certifiedPayload(this.#payloadBytes, count)
  }

  /** How many increments a payload is of; null, and a violation, when it is none. */
  countOf(who: string, version: number, bytes: Uint8Array): number | null {
    const count = this.#payloads.get(bytes.join())
    if (count === undefined) {
      this.#violate('torn', `${who} got bytes of no payload, under version ${version}`)
      return null
    }
    const known = this.#versions.get(version)
    if (known !== undefined && known !== count) {
      const message = `version ${version} is payload ${count} to ${who}, ${known} to others`
      this.#violate('mislabelled', message)
    }
    this.#versions.set(version, count)
    return count
  }

  /** Somebody was told that it has the lock. */
  enter(who: string): void {
    if (this.#inside !== null) {
      this.#violate('two-holders', `${who} has the lock, and ${this.#inside} has it still`)
    }
    this.#inside = who
  }

  /** Somebody is about to free it, or was evicted. */
  leave(who: string): void {
    if (this.#inside === who) this.#inside = null
  }
}
