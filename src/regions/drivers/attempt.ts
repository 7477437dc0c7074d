// One attempt of a machine, synchronously: the path every synchronous read takes, so it is kept
// free of clocks, allocations and anything that is the same for every read.
import type { QueuePair } from '../../fabric/contract.ts'
import { type OperationSink, type ReaderMachine, Verdict } from '../../protocols/machine.ts'

/**
 * How an attempt ended: a verdict other than More (≥ 0), or the negated status of the chain that
 * failed (< 0). Statuses are positive, so one number carries both.
 */
export type Outcome = number

/** Chains of one attempt, at most: no machine needs more, so more means that one runs wild. */
export const CHAINS_MAX = 8

/** Runs one attempt, spinning at most `budgetUs` for each of its chains. */
export function attemptSync(
  machine: ReaderMachine,
  sink: OperationSink,
  queuePair: QueuePair,
  budgetUs: number,
): Outcome {
  machine.begin(sink)
  for (let chain = 0; chain < CHAINS_MAX; chain++) {
    const status = queuePair.submitAndPoll(budgetUs)
    if (status !== 0) return -status
    const verdict = machine.resume(sink)
    if (verdict !== Verdict.More) return verdict
  }
  throw new Error(`a reader machine asked for more than ${CHAINS_MAX} chains in one attempt`)
}
