// A peer's place to write, as long as the claim that it came by lasts. Invariants: one change at a time,
// since the machine counts the uses of its room; a chain with a swap in it is followed to its end,
// because nobody knows before whether it swapped.
import { RetriesExhausted, UntornError } from '../../errors.ts'
import { Status } from '../../fabric/status.ts'
import {
  type CellBase,
  type CellShape,
  CellWriter,
  ValidatedReader,
} from '../../protocols/cell/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { Claim } from '../contract.ts'
import { Cancellation, abortedError } from '../drivers/cancellation.ts'
import { attemptRemote, mayHaveHappened } from '../drivers/remote.ts'
import { LoopTurns } from '../drivers/loop-turns.ts'
import type { ReadContext } from '../read-context.ts'
import { RetryLog, type RetryPolicy, timeoutError } from '../retry-policy.ts'
import { MachinePool, type MachineSlot } from './machine-pool.ts'
import { pause } from './run-attempts.ts'

export interface WriteSeatParts {
  readonly context: ReadContext
  readonly shape: CellShape
  readonly kernels: MemoryKernels
  readonly claim: Claim
}

export interface WriteBounds {
  readonly policy: RetryPolicy
  readonly signal: AbortSignal | undefined
}

/** What a change is computed from. */
export interface WriteBase extends CellBase {
  /** A copy; empty when only the version was asked for. */
  readonly bytes: Uint8Array
}

/** Pause of a writer whose room is all in use: the owner has to reclaim first. */
const STARVED_US = 1000

export class WriteSeat {
  readonly #context: ReadContext
  readonly #claim: Claim
  readonly #readers: MachinePool<ValidatedReader>
  readonly #writers: MachinePool<CellWriter>
  readonly #writer: MachineSlot<CellWriter>
  readonly #turns = new LoopTurns()
  /** The change in progress. */
  #turn: Promise<unknown> = Promise.resolve()

  /** @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH when the grant makes no sense */
  constructor({ context, shape, kernels, claim }: WriteSeatParts) {
    const writer = checkedGrant(claim, shape)
    this.#context = context
    this.#claim = claim
    const { binding, windows } = claim
    const { device, queuePair, remoteHandle } = binding
    const target = { queuePair, remoteHandle, windows }
    this.#readers = new MachinePool(device, target, () => new ValidatedReader(shape, kernels))
    this.#writers = new MachinePool(device, target, () => new CellWriter(shape, kernels, writer))
    this.#writer = this.#writers.take()
  }

  /** Why the place is no longer this peer's. */
  get ended(): UntornError | undefined {
    return this.#claim.ended
  }

  /**
   * Runs one change after those that came before.
   * @throws UntornError ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED, ERR_UNTORN_CLOSED before its turn has come
   */
  inTurn<T>(change: () => Promise<T>, { policy, signal }: WriteBounds): Promise<T> {
    const { cancellations } = this.#context
    const cancellation = new Cancellation(cancellations, policy.timeoutMs, signal, () => 0)
    const before = this.#turn
    const begun = cancellation.race(before).finally(() => cancellation.end())
    const turn = begun.then(change)
    // Who gives up leaves the line; those behind it wait for those before it. Without their results: each
    // would hold the one before it, for ever.
    this.#turn = Promise.allSettled([before, turn]).then(() => undefined)
    return turn
  }

  /** The present object, or its version only. @throws as every read */
  async base(whole: boolean, log: RetryLog, signal: AbortSignal | undefined): Promise<WriteBase> {
    const slot = this.#readers.take()
    const { machine } = slot
    const target = machine.payloadView as Uint8Array
    try {
      const lengthBytes = whole ? target.length : 0
      machine.start({ target, offset: 0, lengthBytes, knownVersion: 0 })
      for (;;) {
        const outcome = await attemptRemote(machine, slot.sink, this.#claim.binding.queuePair)
        if (outcome === Verdict.Done) break
        if (outcome === Verdict.Closed) throw this.#closedError()
        if (outcome === Verdict.Retry) {
          log.note(machine)
          await this.#goOn(log, signal, log.pauseUs())
        } else if (outcome === -Status.SendQueueFull) await this.#goOn(log, signal, 0)
        else throw this.#transportFailed(-outcome)
      }
      const { version, wordLow, wordHigh, resultBytes } = machine
      return { version, wordLow, wordHigh, bytes: target.slice(0, resultBytes) }
    } finally {
      this.#readers.give(slot)
    }
  }

  /**
   * Publishes bytes as the successor of `base`; false when another version was published meanwhile.
   * @throws UntornError ERR_UNTORN_UNKNOWN_OUTCOME, ERR_UNTORN_HEAP_EXHAUSTED when the owner does not
   *   give room back in time, ERR_UNTORN_CLOSED, why the claim ended, ERR_UNTORN_REMOTE
   */
  async publish(
    bytes: Uint8Array,
    base: CellBase,
    log: RetryLog,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { machine, sink } = this.#writer
    const { queuePair } = this.#claim.binding
    machine.start(bytes, base)
    for (;;) {
      if (this.ended !== undefined) throw this.ended
      const outcome = await attemptRemote(machine, sink, queuePair)
      if (outcome === Verdict.Done) {
        await this.#turns.ended()
        return machine.swapped
      }
      if (outcome === Verdict.Closed) throw this.#closedError()
      if (outcome === Verdict.Retry) {
        if (log.remainingUs === 0) throw this.#starvedError()
        await this.#goOn(log, signal, STARVED_US)
      } else if (outcome === -Status.SendQueueFull) await this.#goOn(log, signal, 0)
      else throw this.#lost(outcome)
    }
  }

  /** Gives the memory back. Never rejects. */
  async close(): Promise<void> {
    await this.#turn
    this.#writers.give(this.#writer)
    await Promise.all([this.#readers.close(), this.#writers.close()])
  }

  /** Between two attempts nothing is in flight, so this is where one ends early. */
  async #goOn(log: RetryLog, signal: AbortSignal | undefined, us: number): Promise<void> {
    const failure = log.verdict()
    if (failure !== undefined) throw failure
    if (signal?.aborted === true) throw abortedError(signal)
    if (this.#context.closed) throw this.#context.closedError()
    await pause(us)
  }

  #lost(outcome: number): UntornError {
    const failure = this.#transportFailed(-outcome)
    if (!this.#writer.machine.inDoubt || !mayHaveHappened(outcome)) return failure
    return new UntornError(
      'ERR_UNTORN_UNKNOWN_OUTCOME',
      `the connection broke amid a swap of "${this.#context.entry.name}": ${failure.message}`,
      { cause: failure, status: -outcome },
    )
  }

  #transportFailed(status: number): UntornError {
    return this.ended ?? this.#context.transportFailed(this.#claim.binding, status)
  }

  #closedError(): UntornError {
    const { name } = this.#context.entry
    return new UntornError('ERR_UNTORN_CLOSED', `the owner closed region "${name}"`)
  }

  #starvedError(): UntornError {
    return new UntornError(
      'ERR_UNTORN_HEAP_EXHAUSTED',
      `the owner of "${this.#context.entry.name}" has not given room back: readers pin what this ` +
        'peer published, or the owner stands still',
    )
  }
}

/** What bounds a change of several attempts. */
export function changeLog(policy: RetryPolicy): RetryLog {
  const log = new RetryLog()
  log.begin(policy)
  return log
}

/** @throws UntornError when no attempt, or no time, is left for another one */
export function noteMoved(log: RetryLog, version: number, policy: RetryPolicy): void {
  log.note({ version, evidence: 0 })
  if (log.attempts >= policy.attemptsMax) throw new RetriesExhausted(log.attempts, version)
  if (log.remainingUs === 0) throw timeoutError(policy.timeoutMs, log.attempts)
}

/** What an owner says is checked before memory is addressed by it. */
function checkedGrant(claim: Claim, shape: CellShape): number {
  const { writer = -1 } = claim.parameters
  if (writer >= 0 && writer < shape.writers) return writer
  const { name } = claim.binding.entry
  const message = `region "${name}" grants place ${writer}, which it does not have`
  throw new UntornError('ERR_UNTORN_LAYOUT_MISMATCH', message)
}
