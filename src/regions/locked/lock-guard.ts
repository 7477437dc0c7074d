// A held lock in its user's hands. Invariant: it ends once, by `release`, `discard`, disposal, or
// because the owner ended it; what it ends with is told by exactly one of these calls.
import { UntornError, argumentRangeError, argumentTypeError } from '../../errors.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { Outcome } from '../drivers/attempt.ts'
import { mayHaveHappened } from '../drivers/remote.ts'
import { type Acquired, closedError } from './acquire-lock.ts'

export interface GuardEvents {
  /** The lock was freed by its holder; `published` when a payload was. */
  freed(published: boolean): void
  /** The guard has ended, in whatever way; nothing of it is in flight. */
  ended(guard: LockGuard): void
}

/** The right to publish the next payload. Made by `acquire`. */
export class LockGuard implements AsyncDisposable {
  /** The version that was present when the lock was taken, and is until it is released. */
  readonly version: number
  /** The present payload: a private copy, to be changed at will. */
  readonly bytes: Uint8Array
  readonly #acquired: Acquired
  readonly #events: GuardEvents
  readonly #word: bigint
  #ending: Promise<number> | undefined

  /** @internal */
  constructor(acquired: Acquired, events: GuardEvents) {
    const { acquire } = acquired.seat
    this.#acquired = acquired
    this.#events = events
    this.#word = acquire.word
    this.version = acquire.version
    this.bytes = acquire.payload.slice()
  }

  /** Whether the lock is still to be released here; false too when the owner has ended it. */
  get held(): boolean {
    return this.#ending === undefined && this.#acquired.access.ended === undefined
  }

  /**
   * Publishes `bytes`, by default the guard's own, and frees the lock. Resolves to the version.
   * One chain of three or four operations: twice the payload, one round trip. Cannot be aborted.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT at once; the lock is still held
   * @throws UntornError (rejects) ERR_UNTORN_CLOSED when the guard ended before; ERR_UNTORN_EVICTED: the
   *   owner took the lock back, and nothing was published by this call; ERR_UNTORN_UNKNOWN_OUTCOME:
   *   the connection broke meanwhile, the owner publishes all of it or nothing
   */
  release(bytes: Uint8Array = this.bytes): Promise<number> {
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('a payload is a Uint8Array')
    if (bytes.length !== this.bytes.length) {
      throw argumentRangeError(`the payload has ${this.bytes.length} bytes, these ${bytes.length}`)
    }
    return this.#end((word) => this.#acquired.seat.release.publish(word, bytes), true)
  }

  /**
   * Frees the lock without a change. Readers see a new version with the old payload. One round trip.
   * Resolves to that version.
   * @throws UntornError (rejects) as `release`; the payload is the old one in any case
   */
  discard(): Promise<number> {
    return this.#end((word) => this.#acquired.seat.release.discard(word), false)
  }

  /** Discards, unless the guard has ended. Never rejects: what could not be freed the owner ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await (this.#ending ?? this.discard())
    } catch (error) {
      if (!(error instanceof UntornError)) throw error
    }
  }

  #end(stage: (word: bigint) => void, publishes: boolean): Promise<number> {
    if (this.#ending !== undefined) {
      return Promise.reject(new UntornError('ERR_UNTORN_CLOSED', 'the guard has ended'))
    }
    this.#ending = this.#endOnce(stage, publishes)
    return this.#ending
  }

  async #endOnce(stage: (word: bigint) => void, publishes: boolean): Promise<number> {
    const { access, seat } = this.#acquired
    try {
      if (access.ended !== undefined) throw evictedError(access.ended)
      stage(this.#word)
      const end = await seat.runSurely(seat.release)
      if (end === Verdict.Closed) throw closedError()
      if (end === Verdict.Lapped) throw evictedError(access.ended)
      if (end !== Verdict.Done) throw this.#failed(end)
      seat.acquire.expect(seat.release.version)
      this.#events.freed(publishes)
      return seat.release.version
    } finally {
      access.give(seat)
      this.#events.ended(this)
    }
  }

  #failed(end: Outcome): UntornError {
    const { access } = this.#acquired
    const cause = access.ended ?? access.parts.transportFailed(-end)
    return mayHaveHappened(end) ? unknownError(cause) : evictedError(cause)
  }
}

function evictedError(cause: UntornError | undefined): UntornError {
  return new UntornError(
    'ERR_UNTORN_EVICTED',
    'the owner took the lock back, and ended what was in progress; acquire it again',
    { cause },
  )
}

function unknownError(cause: UntornError): UntornError {
  return new UntornError(
    'ERR_UNTORN_UNKNOWN_OUTCOME',
    'the connection broke while the lock was being released: read the region to see which payload it has',
    { cause },
  )
}
