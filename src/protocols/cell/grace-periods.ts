// Grace periods: from a moment on until every pin that stood then, and could show something older, is
// gone. Invariant: a cookie has passed only when no reader relies on a pin whose reader did not know
// the version that was present when the cookie was made.
//
// A cookie is that version v. What was retired by then was retired at r ≤ v, so "every pin of a whole
// scan knows v" (reclaimer.ts) says that nobody sees it any more. Pins older than that but taken later
// by a reader that had not learnt v yet hold a cookie up without need: it errs towards waiting.
//
// Nothing passes by itself: scans do it. The functions are those of liburcu (startPoll, poll, call,
// barrier; synchronize is a poll that waits, and waiting is not for a protocol).
import { NumberQueue } from '../number-queue.ts'

/** What grace periods need to know of a cell. */
export interface GraceSource {
  /** The newest version that is known to be published. */
  version(): number
  /** As of the last whole scan: `Reclaimer.graceVersion`. */
  graceVersion(): number
}

export class GracePeriods {
  readonly #source: GraceSource
  readonly #cookies: NumberQueue = new NumberQueue()
  #calls: (() => void)[] = []

  constructor(source: GraceSource) {
    this.#source = source
  }

  /** A cookie for the grace period that begins now. */
  startPoll(): number {
    return this.#source.version()
  }

  /** Whether the grace period of a cookie has ended, as of the last whole scan. */
  poll(cookie: number): boolean {
    return this.#source.graceVersion() >= cookie
  }

  /** Has `takeDue` hand out a function once a grace period that begins now has ended. */
  call(work: () => void): void {
    this.#cookies.push(this.startPoll())
    this.#calls.push(work)
  }

  /** Functions that wait for their grace period. */
  get waiting(): number {
    return this.#calls.length
  }

  /** The functions whose grace period has ended, in the order of `call`; each handed out once. */
  takeDue(): (() => void)[] {
    let count = 0
    while (this.poll(this.#cookies.at(0))) {
      this.#cookies.shift()
      count += 1
    }
    return count === 0 ? [] : this.#calls.splice(0, count)
  }
}
