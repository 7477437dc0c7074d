// Runs machines that change remote memory, one attempt at a time. Invariant: a chain that was posted is
// followed to its end, whoever waits for it: before that its landing memory is in use, and nobody knows
// whether its compare-and-swap hit.
import type { QueuePair } from '../../fabric/contract.ts'
import { Status } from '../../fabric/status.ts'
import { type RemoteMachine, type RemoteSink, Verdict } from '../../protocols/machine.ts'
import { CHAINS_MAX, type Outcome } from './attempt.ts'

/**
 * One attempt: its outcome at once where every chain completed while spinning, else a promise of it. Never
 * rejects but for a machine that runs wild: transport failures are outcomes.
 */
export function attemptRemote(
  machine: RemoteMachine,
  sink: RemoteSink,
  queuePair: QueuePair,
): Outcome | Promise<Outcome> {
  machine.begin(sink)
  return follow(machine, sink, queuePair, queuePair.submit(), 1)
}

/**
 * The same, spinning at most `budgetUs` for each chain. After -Status.Pending the chain is in flight
 * still: the machine may be used again when `queuePair.settle()` has resolved.
 */
export function attemptRemoteSync(
  machine: RemoteMachine,
  sink: RemoteSink,
  queuePair: QueuePair,
  budgetUs: number,
): Outcome {
  machine.begin(sink)
  for (let chain = 0; chain < CHAINS_MAX; chain++) {
    const status = queuePair.submitAndPoll(budgetUs)
    if (status !== Status.Success) return -status
    const verdict = machine.resume(sink)
    if (verdict !== Verdict.More) return verdict
  }
  throw runsWild()
}

/** Whether some of a failed chain may have been carried out: it was posted. */
export function mayHaveHappened(outcome: Outcome): boolean {
  const status = -outcome
  return status === Status.Pending || status === Status.PostFailed || status < Status.Pending
}

function follow(
  machine: RemoteMachine,
  sink: RemoteSink,
  queuePair: QueuePair,
  submitted: number | Promise<number>,
  chain: number,
): Outcome | Promise<Outcome> {
  let status = submitted
  for (let count = chain; count <= CHAINS_MAX; count++) {
    if (typeof status !== 'number') {
      const next = count
      return status.then((end) => follow(machine, sink, queuePair, end, next))
    }
    if (status !== Status.Success) return -status
    const verdict = machine.resume(sink)
    if (verdict !== Verdict.More) return verdict
    status = queuePair.submit()
  }
  throw runsWild()
}

function runsWild(): Error {
  return new Error(`a machine asked for more than ${CHAINS_MAX} chains in one attempt`)
}
