// Ends an asynchronous read early: its signal, its time limit, or its reader's close. Made only for
// reads that could not end at once. Invariant: after `end` nothing of it stays behind: no timer,
// no listener, no entry in the reader's set.
import { UntornError } from '../../errors.ts'
import { timeoutError } from '../retry-policy.ts'

/** Pauses from here on are left to a timer, which knows milliseconds only. */
const TIMER_US_MIN = 1000

export class Cancellation {
  readonly #fired: Promise<never>
  readonly #cancel: (reason: UntornError) => void
  readonly #cancellations: Set<(reason: UntornError) => void>
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined
  readonly #onAbort: () => void

  constructor(
    cancellations: Set<(reason: UntornError) => void>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    attempts: () => number,
  ) {
    let reject: (reason: UntornError) => void = () => undefined
    this.#fired = new Promise<never>((_resolve, refuse) => {
      reject = refuse
    })
    this.#fired.catch(() => undefined)
    this.#cancel = reject
    this.#cancellations = cancellations
    cancellations.add(reject)
    this.#timer = setTimeout(() => reject(timeoutError(timeoutMs, attempts())), timeoutMs)
    this.#signal = signal
    this.#onAbort = () => reject(abortedError(signal))
    signal?.addEventListener('abort', this.#onAbort)
    // It may have been between the call and now.
    if (signal?.aborted === true) this.#onAbort()
  }

  /** Settles like `work`, or rejects with the reason for ending early, whichever is first. */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#fired, work])
  }

  /** Lets the event loop turn, at least once: whoever is waited for may well be in this very thread. */
  async pause(us: number): Promise<void> {
    if (us >= TIMER_US_MIN) {
      let timer: NodeJS.Timeout | undefined
      const slept = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, us / 1000)
      })
      await this.race(slept).finally(() => clearTimeout(timer))
      return
    }
    const end = performance.now() + us / 1000
    do {
      await this.race(new Promise<void>((resolve) => setImmediate(resolve)))
    } while (performance.now() < end)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#cancellations.delete(this.#cancel)
  }
}

export function abortedError(signal: AbortSignal | undefined): UntornError {
  return new UntornError('ERR_UNTORN_ABORTED', 'aborted by its signal', { cause: signal?.reason })
}
