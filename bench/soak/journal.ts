// What one actor has seen: operations and failures by kind, and every thing that must not be.
// Invariant: counts only grow; what is told is bounded, however long the soak and whatever goes wrong.
import { UntornError } from '../../src/errors.ts'
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { ActorReport, HeapReport, Tally } from './soak-messages.ts'

/** The first ones tell what is wrong; a thousand more of the same do not tell more. */
const VIOLATIONS_MAX = 20

export class Journal {
  /** Incarnation of the host that operations go to. */
  incarnation = 0
  heap: HeapReport | null = null
  readonly #operations = new Map<string, Counted>()
  readonly #failures = new Map<string, Counted>()
  readonly #violations: string[] = []
  readonly #onNews: () => void
  #tornAccepted = 0
  #successes = 0
  #doing = 'starting'
  #failing = true

  /**
   * @param onNews called when there is something to be told at once, before a kill can swallow it: an
   *   operation succeeded, the first one or the first after a failure; or something must not be
   */
  constructor(onNews: () => void) {
    this.#onNews = onNews
  }

  /** Says what is about to be done. */
  begin(protocol: ProtocolName, what: string): void {
    this.#doing = `${what} of ${protocol}`
  }

  waiting(forWhat: string): void {
    this.#doing = forWhat
  }

  succeeded(protocol: ProtocolName, what: string): void {
    add(this.#operations, protocol, what)
    this.#successes += 1
    if (!this.#failing) return
    this.#failing = false
    this.#onNews()
  }

  /** Counts a failure by its code; one without a code is a violation. */
  failed(protocol: ProtocolName, error: unknown): void {
    this.#failing = true
    if (error instanceof UntornError) add(this.#failures, protocol, error.code)
    else this.violated(`${this.#doing} threw ${String(error)}`)
  }

  torn(protocol: ProtocolName, what: string): void {
    this.#tornAccepted += 1
    this.violated(`${protocol}: ${what}`)
  }

  violated(what: string): void {
    if (this.#violations.length >= VIOLATIONS_MAX) return
    this.#violations.push(what)
    this.#onNews()
  }

  report(): ActorReport {
    return {
      operations: [...this.#operations.values()],
      failures: [...this.#failures.values()],
      tornAccepted: this.#tornAccepted,
      violations: this.#violations,
      doing: this.#doing,
      successes: this.#successes,
      incarnation: this.incarnation,
      heap: this.heap,
    }
  }
}

type Counted = { -readonly [Key in keyof Tally]: Tally[Key] }

function add(counts: Map<string, Counted>, protocol: ProtocolName, what: string): void {
  const key = `${protocol}/${what}`
  const counted = counts.get(key)
  if (counted === undefined) counts.set(key, { protocol, what, count: 1 })
  else counted.count += 1
}
