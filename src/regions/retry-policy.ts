// How often and how fast a read tries again, and what it says when its bound is spent. Invariant:
// every loop of a read is bounded by attempts and by time.
import {
  RetriesExhausted,
  UntornError,
  WriterActive,
  argumentRangeError,
  argumentTypeError,
  shown,
} from '../errors.ts'
import { Evidence, type ReaderMachine } from '../protocols/machine.ts'

export interface BackOff {
  /** Pause before the second retry; the first follows at once. Microseconds. Default 1. */
  readonly initialUs?: number
  /** The pause doubles up to this. Microseconds. Default 250. */
  readonly maxUs?: number
}

export interface RetryOptions {
  /** Attempts, the first included. Default 1000: with the default pauses about a quarter second. */
  readonly attemptsMax?: number
  readonly backOff?: BackOff
  /**
   * Time for the whole read, milliseconds. Default 10000, beyond what a reliable connection takes
   * to give up a lost peer. A synchronous read counts from its first retry on, so it can take twice
   * as long.
   */
  readonly timeoutMs?: number
}

export interface RetryPolicy {
  readonly attemptsMax: number
  readonly initialUs: number
  readonly maxUs: number
  readonly timeoutMs: number
}

const ATTEMPTS_MAX = 1_000_000_000
const BACK_OFF_US_MAX = 60_000_000
/** The budget of one native call is a signed 32-bit number of microseconds. */
const TIMEOUT_MS_MAX = 2_000_000

const defaultPolicy: RetryPolicy = {
  attemptsMax: 1000,
  initialUs: 1,
  maxUs: 250,
  timeoutMs: 10_000,
}

/**
 * Checks options and fills what they leave open from `fallback`.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function retryPolicy(
  options: RetryOptions,
  fallback: RetryPolicy = defaultPolicy,
): RetryPolicy {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options must be an object')
  }
  const { attemptsMax, backOff, timeoutMs } = options
  if (attemptsMax === undefined && backOff === undefined && timeoutMs === undefined) return fallback
  if (backOff !== undefined && (typeof backOff !== 'object' || backOff === null)) {
    throw argumentTypeError('backOff must be an object { initialUs, maxUs }')
  }
  const initialUs = backOff?.initialUs ?? fallback.initialUs
  const maxUs = backOff?.maxUs ?? Math.max(fallback.maxUs, backOff?.initialUs ?? 0)
  assertNumber('backOff.initialUs', initialUs, 0, BACK_OFF_US_MAX)
  assertNumber('backOff.maxUs', maxUs, initialUs, BACK_OFF_US_MAX)
  if (attemptsMax !== undefined) {
    if (!Number.isInteger(attemptsMax) || attemptsMax < 1 || attemptsMax > ATTEMPTS_MAX) {
      throw argumentRangeError(
        `attemptsMax must be an integer from 1 to ${ATTEMPTS_MAX}; got ${shown(attemptsMax)}`,
      )
    }
  }
  if (timeoutMs !== undefined) assertNumber('timeoutMs', timeoutMs, 0.001, TIMEOUT_MS_MAX)
  return {
    attemptsMax: attemptsMax ?? fallback.attemptsMax,
    initialUs,
    maxUs,
    timeoutMs: timeoutMs ?? fallback.timeoutMs,
  }
}

function assertNumber(name: string, value: number, min: number, max: number): void {
  if (typeof value === 'number' && value >= min && value <= max) return
  throw argumentRangeError(`${name} must be a number from ${min} to ${max}; got ${shown(value)}`)
}

/** The failed attempts of one read. Belongs to a slot and is used again by its next read. */
export class RetryLog {
  #policy: RetryPolicy = defaultPolicy
  #attempts = 0
  #lastVersion = 0
  /** The odd version that every attempt so far has met, 0 when there is none. */
  #heldVersion = 0
  #since = 0
  #deadline = 0

  /** Begins the log of a read with its first failed attempt behind it, or none. */
  begin(policy: RetryPolicy): void {
    this.#policy = policy
    this.#attempts = 0
    this.#heldVersion = 0
    this.#lastVersion = 0
    this.#since = performance.now()
    this.#deadline = this.#since + policy.timeoutMs
  }

  get attempts(): number {
    return this.#attempts
  }

  /** Microseconds that are left of the read's time; 0 when it is spent. */
  get remainingUs(): number {
    return Math.max(0, Math.ceil((this.#deadline - performance.now()) * 1000))
  }

  /** Records the attempt that `machine` has just ended with Retry. */
  note(machine: Pick<ReaderMachine, 'version' | 'evidence'>): void {
    this.#attempts += 1
    this.#lastVersion = machine.version
    const held = machine.evidence === Evidence.WriterActive ? machine.version : 0
    if (this.#attempts === 1) this.#heldVersion = held
    else if (held !== this.#heldVersion) this.#heldVersion = 0
  }

  /** The typed failure when no attempt or no time is left. */
  verdict(): UntornError | undefined {
    if (this.#attempts >= this.#policy.attemptsMax) return this.exhausted()
    return this.remainingUs === 0 ? this.timedOut() : undefined
  }

  exhausted(): UntornError {
    // One look proves nothing: the next might have met the next version.
    if (this.#heldVersion !== 0 && this.#attempts > 1) {
      return new WriterActive(this.#heldVersion, this.#since, this.#attempts)
    }
    return new RetriesExhausted(this.#attempts, this.#lastVersion)
  }

  /** A writer held all along is the better answer than the time it took to find out. */
  timedOut(): UntornError {
    if (this.#heldVersion !== 0 && this.#attempts > 1) return this.exhausted()
    return timeoutError(this.#policy.timeoutMs, this.#attempts)
  }

  /** Pause before the next attempt, microseconds, with jitter so that readers do not march in step. */
  pauseUs(): number {
    const { initialUs, maxUs } = this.#policy
    const doublings = this.#attempts - 2
    if (doublings < 0) return 0
    const full = Math.min(maxUs, initialUs * 2 ** Math.min(doublings, 40))
    return full * (0.5 + Math.random() * 0.5)
  }
}

export function timeoutError(timeoutMs: number, attempts: number): UntornError {
  return new UntornError(
    'ERR_UNTORN_TIMEOUT',
    `the read did not end within ${timeoutMs} ms (${attempts} attempts had failed before)`,
  )
}
