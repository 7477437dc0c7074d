// The asynchronous driver. Takes the same steps as the synchronous one and returns at once when
// nothing has to be waited for. Invariant: a read that ends early (abort, time, close) leaves its
// slot in quarantine while operations are in flight, and given back otherwise.
import { Status } from '../../fabric/status.ts'
import { Verdict, type VerdictCode } from '../../protocols/machine.ts'
import type { RemoteBinding } from '../contract.ts'
import type { ReadContext } from '../read-context.ts'
import type { ReadSlot } from '../read-slot.ts'
import type { RetryPolicy } from '../retry-policy.ts'
import { CHAINS_MAX, type Outcome } from './attempt.ts'
import { Cancellation } from './cancellation.ts'

/** One read to do. */
export interface ReadOrder {
  /** Receives the bytes; no matter where `receive` is given. */
  readonly target: Uint8Array
  readonly offset: number
  readonly lengthBytes: number
  readonly knownVersion: number
  readonly wantedVersion: number
  /**
   * Takes a whole result of undecided length from where it landed, while nothing else can land there;
   * returns what the read ends with. Null: the bytes go to `target`.
   */
  readonly receive: ((landed: Uint8Array) => Uint8Array) | null
}

/** How the read ended, and at which version. */
export interface ReadEnd {
  readonly verdict: VerdictCode
  readonly version: number
  /** The snapshot after Done; after Unchanged `target`, with undefined contents. */
  readonly bytes: Uint8Array
}

/**
 * Does a read: its end at once where the operations completed while spinning and the first attempt
 * succeeded, else a promise of it.
 * @throws UntornError at once what is known at once; the promise rejects with the rest
 */
export function drive(
  context: ReadContext,
  order: ReadOrder,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): ReadEnd | Promise<ReadEnd> {
  if (context.source.recovery() !== null && !context.closed) {
    return new Drive(context, order, policy, signal).fromRecovery()
  }
  const binding = context.binding()
  const slot = context.pool.take(binding)
  if (slot === null) return new Drive(context, order, policy, signal).fromQueue()
  start(slot, binding, order)
  const step = attempt(context, slot)
  if (step === Verdict.Done || step === Verdict.Unchanged) {
    return conclude(context, slot, order, step)
  }
  return new Drive(context, order, policy, signal).fromStep(slot, step)
}

function start(slot: ReadSlot, binding: RemoteBinding, order: ReadOrder): void {
  const { offset, lengthBytes, knownVersion, wantedVersion } = order
  const target = order.receive === null ? order.target : slot.payload(lengthBytes)
  slot.start(binding, target, offset, lengthBytes, knownVersion, wantedVersion)
}

/** Ends a read and gives its slot back. */
function conclude(
  context: ReadContext,
  slot: ReadSlot,
  order: ReadOrder,
  verdict: VerdictCode,
): ReadEnd {
  try {
    context.conclude(verdict, slot)
    const { receive, target } = order
    const bytes = receive === null || verdict !== Verdict.Done ? target : receive(slot.landed())
    return { verdict, version: slot.machine.version, bytes }
  } finally {
    context.pool.give(slot)
  }
}

/** Begins an attempt; its outcome, or a promise of the status of a chain that is in flight. */
function attempt(context: ReadContext, slot: ReadSlot): Outcome | Promise<number> {
  context.counters.attempts += 1
  slot.machine.begin(slot.sink)
  return advance(slot, slot.binding.queuePair.submit())
}

/** Goes on with an attempt one of whose chains ended with `status`, or is in flight. */
function advance(slot: ReadSlot, submitted: number | Promise<number>): Outcome | Promise<number> {
  let status = submitted
  for (let chain = 0; chain < CHAINS_MAX; chain++) {
    if (typeof status !== 'number') return status
    if (status !== Status.Success) return -status
    const verdict = slot.machine.resume(slot.sink)
    if (verdict !== Verdict.More) return verdict
    status = slot.binding.queuePair.submit()
  }
  throw new Error(`a reader machine asked for more than ${CHAINS_MAX} chains in one attempt`)
}

/** A read that has to wait for something. */
class Drive {
  readonly #context: ReadContext
  readonly #order: ReadOrder
  readonly #policy: RetryPolicy
  readonly #cancellation: Cancellation
  #slot: ReadSlot | null = null
  /** The chain in flight, if one is. */
  #chain: Promise<number> | null = null

  constructor(
    context: ReadContext,
    order: ReadOrder,
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
  ) {
    this.#context = context
    this.#order = order
    this.#policy = policy
    this.#cancellation = new Cancellation(
      context.cancellations,
      policy.timeoutMs,
      signal,
      () => this.#slot?.retries.attempts ?? 0,
    )
  }

  async fromRecovery(): Promise<ReadEnd> {
    return await this.#guard(async () => {
      // Once: should the next connection break as well, `current()` says so.
      await this.#cancellation.race(this.#context.source.recovery() ?? Promise.resolve())
      return await this.#startInTurn()
    })
  }

  async fromQueue(): Promise<ReadEnd> {
    return await this.#guard(() => this.#startInTurn())
  }

  async fromStep(slot: ReadSlot, step: Outcome | Promise<number>): Promise<ReadEnd> {
    return await this.#guard(() => {
      this.#slot = slot
      slot.retries.begin(this.#policy)
      return this.#run(slot, step)
    })
  }

  /** Whatever happens: nothing is left behind, and the slot is where it belongs. */
  async #guard(work: () => Promise<ReadEnd>): Promise<ReadEnd> {
    try {
      return await work()
    } catch (error) {
      this.#leaveSlot()
      throw this.#context.count(error)
    } finally {
      this.#cancellation.end()
    }
  }

  #leaveSlot(): void {
    const slot = this.#slot
    if (slot === null) return
    this.#slot = null
    if (this.#chain === null) this.#context.pool.give(slot)
    else this.#context.pool.quarantine(slot, this.#chain)
  }

  async #startInTurn(): Promise<ReadEnd> {
    const { pool } = this.#context
    const slot = pool.take(this.#context.binding()) ?? (await this.#awaitSlot())
    this.#slot = slot
    // The binding may have changed while the read waited for its turn.
    const binding = this.#context.binding()
    start(slot, binding, this.#order)
    slot.retries.begin(this.#policy)
    return await this.#run(slot, attempt(this.#context, slot))
  }

  async #awaitSlot(): Promise<ReadSlot> {
    let cancel: () => void = () => undefined
    const turn = new Promise<ReadSlot>((resolve) => {
      cancel = this.#context.pool.wait(resolve)
    })
    try {
      return await this.#cancellation.race(turn)
    } catch (error) {
      cancel()
      // It may have been given its slot in the very moment in which it was cancelled.
      void turn.then((slot) => this.#context.pool.give(slot))
      throw error
    }
  }

  async #run(slot: ReadSlot, first: Outcome | Promise<number>): Promise<ReadEnd> {
    const { counters } = this.#context
    for (let step = first; ;) {
      if (typeof step !== 'number') {
        this.#chain = step
        const status: number = await this.#cancellation.race(step)
        this.#chain = null
        step = advance(slot, status)
        continue
      }
      if (step === Verdict.Retry) {
        counters.noteRetry(slot.machine)
        slot.retries.note(slot.machine)
        const failure = slot.retries.verdict()
        if (failure !== undefined) throw failure
        await this.#cancellation.pause(slot.retries.pauseUs())
      } else if (step >= 0) {
        this.#slot = null
        return conclude(this.#context, slot, this.#order, step as VerdictCode)
      } else if (step === -Status.SendQueueFull) {
        // Nothing was posted: room comes with the completions of other reads. No attempt.
        counters.attempts -= 1
        await this.#cancellation.pause(0)
      } else {
        throw this.#context.transportFailed(slot.binding, -step)
      }
      step = attempt(this.#context, slot)
    }
  }
}
