// Tries an operation of a claim until it has ended, within the bounds of a policy. Invariant: whoever gives
// up does not wait for the chain in flight, and says which it is: until it ends its memory is in use.
import type { UntornError } from '../../errors.ts'
import { Status } from '../../fabric/status.ts'
import { type ReaderMachine, Verdict, type VerdictCode } from '../../protocols/machine.ts'
import type { Outcome } from '../drivers/attempt.ts'
import { Cancellation, abortedError } from '../drivers/cancellation.ts'
import type { LoopTurns } from '../drivers/loop-turns.ts'
import { pause as spin } from '../drivers/spin.ts'
import type { ReadContext } from '../read-context.ts'
import { RetryLog, type RetryPolicy, timeoutError } from '../retry-policy.ts'

/** Pauses from here on are left to a timer, which knows milliseconds only. */
const TIMER_US_MIN = 1000

export interface AttemptOrder {
  readonly context: ReadContext
  readonly machine: Pick<ReaderMachine, 'version' | 'evidence'>
  readonly attempt: () => Outcome | Promise<Outcome>
  readonly policy: RetryPolicy
  readonly signal: AbortSignal | undefined
  readonly turns: LoopTurns
  /** What a chain that failed with a status means. */
  readonly transportFailed: (status: number) => UntornError
}

/** How it ended; on failure, with what may still be in flight. */
export type AttemptEnd =
  | { readonly verdict: VerdictCode }
  | { readonly failure: unknown; readonly flying: Promise<Outcome> | null }

export async function runAttempts(order: AttemptOrder): Promise<AttemptEnd> {
  const { context, machine, policy, signal } = order
  if (context.closed) return { failure: context.closedError(), flying: null }
  if (signal?.aborted === true) return { failure: abortedError(signal), flying: null }
  const { counters } = context
  const attempt = (): Outcome | Promise<Outcome> => {
    counters.attempts += 1
    return order.attempt()
  }
  // Most end here, and need no timer.
  const first = attempt()
  if (first === Verdict.Done) {
    await order.turns.ended()
    return { verdict: first }
  }
  const retries = new RetryLog()
  retries.begin(policy)
  const cancellation = new Cancellation(
    context.cancellations,
    policy.timeoutMs,
    signal,
    () => retries.attempts,
  )
  let flying: Promise<Outcome> | null = null
  try {
    for (let step = first; ; step = attempt()) {
      let outcome = step
      if (typeof outcome !== 'number') {
        flying = outcome
        outcome = await cancellation.race(flying)
        flying = null
      }
      if (outcome === Verdict.Retry) {
        counters.noteRetry(machine)
        retries.note(machine)
        const failure = retries.verdict()
        if (failure !== undefined) throw failure
        await cancellation.pause(retries.pauseUs())
      } else if (outcome >= 0) {
        return { verdict: outcome as VerdictCode }
      } else if (outcome === -Status.SendQueueFull) {
        // Nothing was posted: room comes with the completions of other operations. No attempt.
        counters.attempts -= 1
        await cancellation.pause(0)
      } else {
        throw order.transportFailed(-outcome)
      }
    }
  } catch (failure) {
    return { failure, flying }
  } finally {
    cancellation.end()
  }
}

/** What a synchronous operation needs. */
export interface SpinOrder extends Pick<AttemptOrder, 'context' | 'machine' | 'transportFailed'> {
  readonly policy: RetryPolicy
  readonly attempt: (budgetUs: number) => Outcome
  /** Resolves when what an attempt left in flight has ended. */
  readonly settle: () => Promise<Outcome>
}

/** The same, spinning until it ends. Blocks the event loop, at most for the policy's attempts and time. */
export function spinAttempts(order: SpinOrder): AttemptEnd {
  const { context, machine, policy } = order
  const { counters } = context
  const retries = new RetryLog()
  retries.begin(policy)
  for (;;) {
    counters.attempts += 1
    const outcome = order.attempt(Math.max(1, retries.remainingUs))
    if (outcome === Verdict.Retry) {
      counters.noteRetry(machine)
      retries.note(machine)
      const failure = retries.verdict()
      if (failure !== undefined) return { failure, flying: null }
      spin(Math.min(retries.pauseUs(), retries.remainingUs))
    } else if (outcome >= 0) {
      return { verdict: outcome as VerdictCode }
    } else if (outcome === -Status.SendQueueFull && retries.remainingUs > 0) {
      // Room comes when completions of other operations are reaped, which settling does.
      counters.attempts -= 1
      void order.settle()
    } else if (outcome === -Status.Pending || outcome === -Status.SendQueueFull) {
      const failure = timeoutError(policy.timeoutMs, retries.attempts)
      return { failure, flying: outcome === -Status.Pending ? order.settle() : null }
    } else {
      return { failure: order.transportFailed(-outcome), flying: null }
    }
  }
}

/** Lets the event loop turn, at least once. */
export async function pause(us: number): Promise<void> {
  if (us >= TIMER_US_MIN) {
    await new Promise<void>((resolve) => setTimeout(resolve, us / 1000))
    return
  }
  const end = performance.now() + us / 1000
  do {
    await new Promise<void>((resolve) => setImmediate(resolve))
  } while (performance.now() < end)
}
