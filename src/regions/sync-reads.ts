// The synchronous reads of one reader: they never overlap each other, so they have one slot for
// themselves. Invariant: a slot whose operations may still land is no longer this file's.
import { UntornError } from '../errors.ts'
import { Verdict } from '../protocols/machine.ts'
import type { RemoteBinding } from './contract.ts'
import { attemptSync } from './drivers/attempt.ts'
import { spinOn } from './drivers/spin.ts'
import { SLOT_COUNT_SYNC_MAX } from './landing-pool.ts'
import type { ReadContext } from './read-context.ts'
import type { ReadSlot } from './read-slot.ts'
import { allocateResult } from './result-bytes.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry-policy.ts'

export class SyncReads {
  readonly #context: ReadContext
  readonly #policy: RetryPolicy
  readonly #budgetUs: number
  #slot: ReadSlot | null = null
  /** Result of a read that failed, or found nothing new: the next one's. */
  #spare: Uint8Array | null = null

  constructor(context: ReadContext, policy: RetryPolicy) {
    this.#context = context
    this.#policy = policy
    this.#budgetUs = budgetUsOf(policy)
  }

  /** The slot of the next read, and of the last one: what that landed stays there until then. */
  slot(): ReadSlot {
    return this.#slot ?? this.#takeSlot()
  }

  /** Memory for a result; the same again until `used` says that it was handed out. */
  spare(length: number): Uint8Array {
    const spare = this.#spare
    if (spare !== null && spare.length === length) return spare
    return (this.#spare = allocateResult(length))
  }

  /** The spare result was handed out, or is wanted no more. */
  used(): void {
    this.#spare = null
  }

  /**
   * Does one read; returns Done or Unchanged. `context.version` is its version then.
   * @param knownVersion, wantedVersion as in `ReadRequest`
   * @throws UntornError what the read ends with otherwise
   */
  read(
    target: Uint8Array,
    offset: number,
    length: number,
    knownVersion: number,
    wantedVersion: number,
    options: RetryOptions | undefined,
  ): number {
    const context = this.#context
    const policy = options === undefined ? this.#policy : retryPolicy(options, this.#policy)
    const budgetUs = policy === this.#policy ? this.#budgetUs : budgetUsOf(policy)
    const slot = this.#slot ?? this.#takeSlot()
    const binding = this.#binding()
    slot.start(binding, target, offset, length, knownVersion, wantedVersion)
    context.counters.attempts += 1
    const { machine } = slot
    const outcome = attemptSync(machine, slot.sink, binding.queuePair, budgetUs)
    if (outcome === Verdict.Done) {
      context.counters.reads += 1
      if (wantedVersion === 0) context.version = machine.version
      return outcome
    }
    if (outcome === Verdict.Unchanged) {
      context.counters.unchanged += 1
      if (wantedVersion === 0) context.version = machine.version
      return outcome
    }
    return this.#goOn(slot, outcome, policy)
  }

  #goOn(slot: ReadSlot, first: number, policy: RetryPolicy): number {
    const context = this.#context
    const end = spinOn(context, slot, first, policy)
    try {
      if (typeof end !== 'number') {
        if (end.quarantined) this.#slot = null
        throw end.failure
      }
      context.conclude(end, slot)
    } catch (error) {
      throw context.count(error)
    }
    if (slot.request.wantedVersion === 0) context.version = slot.machine.version
    return end
  }

  #binding(): RemoteBinding {
    try {
      return this.#context.binding()
    } catch (error) {
      throw this.#context.count(error)
    }
  }

  #takeSlot(): ReadSlot {
    const binding = this.#binding()
    const slot = this.#context.pool.take(binding, SLOT_COUNT_SYNC_MAX)
    if (slot === null) {
      const why = 'operations of earlier reads that timed out still hold all slots of this reader'
      throw this.#context.count(new UntornError('ERR_UNTORN_BUSY', why))
    }
    this.#slot = slot
    return slot
  }
}

function budgetUsOf(policy: RetryPolicy): number {
  return Math.max(1, Math.ceil(policy.timeoutMs * 1000))
}
