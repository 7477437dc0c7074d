// Takes the lock, attempt after attempt. Invariants: bounded by attempts and by time; given up while a
// compare-and-swap is in flight, it is not forgotten: if it hit after all, the lock is freed again.
import { UntornError, argumentTypeError } from '../../errors.ts'
import { Verdict } from '../../protocols/machine.ts'
import { Cancellation, abortedError } from '../drivers/cancellation.ts'
import {
  RetryLog,
  type RetryOptions,
  type RetryPolicy,
  retryPolicy,
  timeoutError,
} from '../retry-policy.ts'
import type { LockAccess } from './lock-access.ts'
import { type LockSeat, NO_ROOM } from './lock-seat.ts'

export interface AcquireOptions extends RetryOptions {
  /** Ends the wait with ERR_UNTORN_ABORTED. */
  readonly signal?: AbortSignal
}

/** A lock is waited for as long as holders may hold it, so time is what ends the wait. */
export const acquirePolicy: RetryPolicy = {
  attemptsMax: 1_000_000_000,
  initialUs: 2,
  maxUs: 1000,
  timeoutMs: 10_000,
}

/** Checks options. @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; UntornError ERR_UNTORN_ABORTED */
export function policyOf(options: AcquireOptions | undefined): RetryPolicy {
  if (options === undefined) return acquirePolicy
  const policy = retryPolicy(options, acquirePolicy)
  const { signal } = options
  if (signal === undefined) return policy
  if (!(signal instanceof AbortSignal)) throw argumentTypeError('signal must be an AbortSignal')
  if (signal.aborted) throw abortedError(signal)
  return policy
}

/** What an acquisition counts. */
export interface AcquireCounters {
  acquisitions: number
  /** Attempts that met another holder. */
  contended: number
}

/** A lock that was taken: the seat holds the payload and the word. */
export interface Acquired {
  readonly access: LockAccess
  readonly seat: LockSeat
}

/**
 * Takes the lock.
 * @param way the access to take it through, or a promise of one: asking for it is a part of the wait
 * @param cancellations reasons to end early come by these: the handle's close
 * @throws UntornError ERR_UNTORN_WRITER_ACTIVE, ERR_UNTORN_RETRIES_EXHAUSTED, ERR_UNTORN_TIMEOUT,
 *   ERR_UNTORN_ABORTED, ERR_UNTORN_CLOSED, and what the transport, or `way`, fails with
 */
export async function acquireLock(
  way: LockAccess | Promise<LockAccess>,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  cancellations: Set<(reason: UntornError) => void>,
  counters: AcquireCounters,
): Promise<Acquired> {
  const log = new RetryLog()
  log.begin(policy)
  const cancellation = new Cancellation(cancellations, policy.timeoutMs, signal, () => log.attempts)
  try {
    const access = way instanceof Promise ? await cancellation.race(way) : way
    return await takeLock(access, { policy, log, cancellation, counters })
  } catch (error) {
    throw inWordsOfLocks(error, policy, log)
  } finally {
    cancellation.end()
  }
}

/** One acquisition on its way. */
interface Attempts {
  readonly policy: RetryPolicy
  readonly log: RetryLog
  readonly cancellation: Cancellation
  readonly counters: AcquireCounters
}

async function takeLock(access: LockAccess, attempts: Attempts): Promise<Acquired> {
  const { policy, log, cancellation, counters } = attempts
  const seat = access.take()
  let attempt: Promise<number> | null = null
  try {
    for (;;) {
      if (access.ended !== undefined) throw access.ended
      const begun = seat.run(seat.acquire)
      attempt = typeof begun === 'number' ? null : begun
      const end = typeof begun === 'number' ? begun : await cancellation.race(begun)
      attempt = null
      if (end === Verdict.Done) {
        counters.acquisitions += 1
        return { access, seat }
      }
      if (end === Verdict.Closed) throw closedError()
      if (end === Verdict.Retry) {
        counters.contended += 1
        log.note(seat.acquire)
        if (log.attempts >= policy.attemptsMax) throw log.exhausted()
        if (log.remainingUs === 0) throw timeoutError(policy.timeoutMs, log.attempts)
      } else if (end !== NO_ROOM) {
        throw access.ended ?? access.parts.transportFailed(-end)
      }
      await cancellation.pause(log.pauseUs())
    }
  } catch (error) {
    if (attempt === null) access.give(seat)
    else void freeLate(access, seat, attempt)
    throw error
  }
}

/** Time-outs of reads speak of reads. */
function inWordsOfLocks(
  error: unknown,
  { timeoutMs }: RetryPolicy,
  { attempts }: RetryLog,
): unknown {
  if (!(error instanceof UntornError) || error.code !== 'ERR_UNTORN_TIMEOUT') return error
  const message = `the lock was not to be had within ${timeoutMs} ms (${attempts} attempts)`
  return new UntornError('ERR_UNTORN_TIMEOUT', message, { cause: error.cause })
}

export function closedError(): UntornError {
  return new UntornError('ERR_UNTORN_CLOSED', 'the owner closed the region')
}

/** Nobody waits for it any more, but it may have the lock in a moment. Never rejects. */
async function freeLate(
  access: LockAccess,
  seat: LockSeat,
  attempt: Promise<number>,
): Promise<void> {
  let end = await attempt
  if (end === Verdict.Done && access.ended === undefined) {
    seat.release.discard(seat.acquire.word)
    end = await seat.runSurely(seat.release)
  }
  // Somebody has to hear of it, or nobody frees what this may hold.
  if (end < 0 && end !== NO_ROOM && access.ended === undefined) access.parts.transportFailed(-end)
  access.give(seat)
}
