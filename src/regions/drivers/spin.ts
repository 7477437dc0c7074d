// The synchronous driver: what a read does when its first attempt did not end it. Blocks the event
// loop, at most for the read's attempts and time. Invariant: it returns with none of the slot's
// operations in flight, or with the slot in quarantine and nowhere else.
import type { UntornError } from '../../errors.ts'
import { Status } from '../../fabric/status.ts'
import { Verdict, type VerdictCode } from '../../protocols/machine.ts'
import type { ReadContext } from '../read-context.ts'
import type { ReadSlot } from '../read-slot.ts'
import { type RetryPolicy, timeoutError } from '../retry-policy.ts'
import { type Outcome, attemptSync } from './attempt.ts'

/** From here on a pause gives the core away; the kernel's timer slack is 50 µs. */
const SLEEP_US_MIN = 50

const never = new Int32Array(new SharedArrayBuffer(4))

/** Spins, or sleeps where that is long enough to. */
export function pause(us: number): void {
  if (us <= 0) return
  if (us >= SLEEP_US_MIN) {
    // A writer that lost its core can only go on when its readers do not spin on it.
    Atomics.wait(never, 0, 0, us / 1000)
    return
  }
  const end = performance.now() + us / 1000
  while (performance.now() < end);
}

/** Ends a read by failing it: thrown by the caller, after the slot is where it belongs. */
export interface SpinFailure {
  readonly failure: UntornError
  /** The slot went into quarantine. */
  readonly quarantined: boolean
}

/**
 * Goes on after a first attempt whose outcome was not Done. Returns the read's verdict, or why it
 * failed. A failed chain that never was posted (queue full) is tried again and is no attempt.
 */
export function spinOn(
  context: ReadContext,
  slot: ReadSlot,
  first: Outcome,
  policy: RetryPolicy,
): VerdictCode | SpinFailure {
  const { binding, machine, sink, retries } = slot
  const { queuePair } = binding
  retries.begin(policy)
  for (let outcome = first; ;) {
    if (outcome === Verdict.Retry) {
      context.counters.noteRetry(machine)
      retries.note(machine)
      const failure = retries.verdict()
      if (failure !== undefined) return { failure, quarantined: false }
      pause(Math.min(retries.pauseUs(), retries.remainingUs))
    } else if (outcome >= 0) {
      return outcome as VerdictCode
    } else if (outcome === -Status.SendQueueFull && retries.remainingUs > 0) {
      // Room comes when completions of other reads are reaped, which settling does.
      context.counters.attempts -= 1
      void queuePair.settle()
    } else if (outcome === -Status.Pending) {
      context.pool.quarantine(slot, queuePair.settle())
      return { failure: timeoutError(policy.timeoutMs, retries.attempts), quarantined: true }
    } else {
      return { failure: context.transportFailed(binding, -outcome), quarantined: false }
    }
    context.counters.attempts += 1
    outcome = attemptSync(machine, sink, queuePair, Math.max(1, retries.remainingUs))
  }
}
