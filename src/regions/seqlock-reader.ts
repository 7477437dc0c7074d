// The reader's handle of a seqlock region: every shape of a read over the two drivers. Invariants:
// what is returned is the payload of one version, whole; a read that begins after `close` fails.
import { UntornError, argumentRangeError, argumentTypeError } from '../errors.ts'
import { Verdict } from '../protocols/machine.ts'
import type { Strategy } from './contract.ts'
import { type ReadEnd, drive } from './drivers/async.ts'
import { attemptSync } from './drivers/attempt.ts'
import { abortedError } from './drivers/cancellation.ts'
import { spinOn } from './drivers/spin.ts'
import { SLOT_COUNT_SYNC_MAX } from './landing-pool.ts'
import type { ReadContext } from './read-context.ts'
import type { ReadSlot } from './read-slot.ts'
import type { ReaderStatistics } from './read-statistics.ts'
import { allocateResult } from './result-bytes.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry-policy.ts'

export interface ReadSyncOptions extends RetryOptions {
  /** First payload byte wanted. Default 0. */
  readonly offset?: number
  /** Payload bytes wanted, all of one version. Default: from `offset` to the end. */
  readonly length?: number
}

export interface ReadOptions extends ReadSyncOptions {
  /** Ends the read with ERR_UNTORN_ABORTED. */
  readonly signal?: AbortSignal
}

/** Bytes that were all of one version. */
export interface Snapshot {
  /** Even, and growing: a later write has a greater one. */
  readonly version: number
  /**
   * Freshly allocated. Results of 65 to 4096 bytes may share an ArrayBuffer with others, never
   * overlapping them: do not transfer `bytes.buffer`; `bytes.slice()` is a copy of one's own.
   */
  readonly bytes: Uint8Array
}

/** A turn of the loop costs a microsecond or two; one in 64 reads keeps that in the noise. */
const READS_PER_TURN_MAX = 64

export class SeqlockReader implements AsyncDisposable {
  /** Payload bytes. */
  readonly byteLength: number
  readonly #context: ReadContext
  readonly #policy: RetryPolicy
  readonly #budgetUs: number
  /** Synchronous reads never overlap each other, so they have one slot for themselves. */
  #syncSlot: ReadSlot | null = null
  /** Result of a synchronous read that failed, or found nothing new: the next one's. */
  #spare: Uint8Array | null = null
  /** The same for `readIfChanged`; null while a read in progress may still fill it. */
  #changeSpare: Uint8Array | null = null
  #version = 0
  /** Asynchronous reads that ended at once, since the event loop last had its turn. */
  #atOnce = 0
  #closing: Promise<void> | undefined

  /** @internal Made by `openReader`. */
  constructor(context: ReadContext, policy: RetryPolicy) {
    this.byteLength = context.entry.capacityBytes
    this.#context = context
    this.#policy = policy
    this.#budgetUs = budgetUsOf(policy)
  }

  get name(): string {
    return this.#context.entry.name
  }

  get strategy(): Strategy {
    return this.#context.entry.strategy
  }

  get generation(): number {
    return this.#context.entry.generation
  }

  /** Version of the last read that ended well, 0 before the first. */
  get version(): number {
    return this.#version
  }

  get statistics(): ReaderStatistics {
    return this.#context.counters.snapshot()
  }

  get closed(): boolean {
    return this.#context.closed
  }

  /**
   * Reads a snapshot. Costs one to three round trips for each attempt, by strategy.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS at once
   * @throws UntornError (rejects) ERR_UNTORN_RETRIES_EXHAUSTED, ERR_UNTORN_WRITER_ACTIVE,
   *   ERR_UNTORN_STALE_GENERATION, ERR_UNTORN_CLOSED, ERR_UNTORN_REMOTE, ERR_UNTORN_PEER_LOST,
   *   ERR_UNTORN_ABORTED, ERR_UNTORN_TIMEOUT
   */
  read(options?: ReadOptions): Promise<Snapshot> {
    const offset = this.#offsetOf(options)
    const bytes = allocateResult(this.#lengthOf(options, offset))
    return this.#drive(bytes, offset, bytes.length, 0, options, snapshotOf)
  }

  /**
   * The same, spinning until it ends, for the lowest latency. Blocks the event loop: an owner in
   * this very thread cannot end its write meanwhile, and other reads cannot proceed.
   * @throws as `read`, all at once; ERR_UNTORN_BUSY while operations of timed-out reads hold all slots
   */
  readSync(options?: ReadSyncOptions): Snapshot {
    const offset = this.#offsetOf(options)
    const bytes = this.#takeSpare(this.#lengthOf(options, offset))
    this.#spin(bytes, offset, bytes.length, 0, options)
    this.#spare = null
    return { version: this.#version, bytes }
  }

  /**
   * Reads into the caller's memory; resolves to the version. `target` may be longer than the read,
   * bytes beyond it are untouched; its contents are undefined until the promise resolves, and
   * after a failure.
   * @throws as `read`; RangeError ERR_UNTORN_OUT_OF_BOUNDS when `target` is too short
   */
  readInto(target: Uint8Array, options?: ReadOptions): Promise<number> {
    const offset = this.#offsetOf(options)
    const length = this.#lengthOf(options, offset)
    assertTarget(target, length)
    return this.#drive(target, offset, length, 0, options, versionOf)
  }

  /**
   * The same, spinning. Allocates nothing (strategy `hash`: two bigints).
   * @throws as `readSync`; RangeError ERR_UNTORN_OUT_OF_BOUNDS when `target` is too short
   */
  readIntoSync(target: Uint8Array, options?: ReadSyncOptions): number {
    const offset = this.#offsetOf(options)
    const length = this.#lengthOf(options, offset)
    assertTarget(target, length)
    this.#spin(target, offset, length, 0, options)
    return this.#version
  }

  /**
   * The whole payload without a copy: `bytes` is where it landed, and this reader's next synchronous
   * read overwrites it (strategies `words` and `lines` land interleaved, and copy all the same).
   * @throws as `readSync`
   */
  borrowSync(options?: RetryOptions): Snapshot {
    const slot = this.#syncSlot ?? this.#takeSyncSlot()
    const bytes = slot.payload(this.byteLength)
    this.#spin(bytes, 0, bytes.length, 0, options)
    return { version: this.#version, bytes }
  }

  /**
   * Reads unless the region still has `version`: then it costs one READ of 8 bytes and resolves to
   * undefined (strategy `hash`: a whole READ the first time, 8 bytes from then on). `version` comes
   * from an earlier snapshot; 0 reads in any case.
   * @throws as `read`
   */
  readIfChanged(version: number, options?: ReadOptions): Promise<Snapshot | undefined> {
    assertVersion(version)
    const offset = this.#offsetOf(options)
    const length = this.#lengthOf(options, offset)
    const spare = this.#changeSpare
    const bytes = spare?.length === length ? spare : allocateResult(length)
    this.#changeSpare = null
    return this.#drive(bytes, offset, length, version, options, this.#changeOf)
  }

  /**
   * The same, spinning. Allocates nothing while the region is unchanged.
   * @throws as `readSync`
   */
  readIfChangedSync(version: number, options?: ReadSyncOptions): Snapshot | undefined {
    assertVersion(version)
    const offset = this.#offsetOf(options)
    const bytes = this.#takeSpare(this.#lengthOf(options, offset))
    if (this.#spin(bytes, offset, bytes.length, version, options) === Verdict.Unchanged) {
      return undefined
    }
    this.#spare = null
    return { version: this.#version, bytes }
  }

  /**
   * Ends reads in progress with ERR_UNTORN_CLOSED, waits for their operations, gives back the
   * landing memory. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when operations in flight do not end; may be called again
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      this.#closing = undefined
      throw error
    })
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const context = this.#context
    context.closed = true
    this.#spare = null
    this.#changeSpare = null
    for (const cancel of context.cancellations) cancel(context.closedError())
    try {
      await context.pool.close()
    } finally {
      context.source.release()
    }
  }

  #spin(
    target: Uint8Array,
    offset: number,
    length: number,
    knownVersion: number,
    options: ReadSyncOptions | undefined,
  ): number {
    const context = this.#context
    const policy = this.#policyOf(options)
    const budgetUs = policy === this.#policy ? this.#budgetUs : budgetUsOf(policy)
    const slot = this.#syncSlot ?? this.#takeSyncSlot()
    const binding = this.#bindingSync()
    slot.start(binding, target, offset, length, knownVersion)
    context.counters.attempts += 1
    const { machine } = slot
    const outcome = attemptSync(machine, slot.sink, binding.queuePair, budgetUs)
    if (outcome === Verdict.Done) {
      context.counters.reads += 1
      this.#version = machine.version
      return outcome
    }
    if (outcome === Verdict.Unchanged) {
      context.counters.unchanged += 1
      this.#version = machine.version
      return outcome
    }
    return this.#spinOn(slot, outcome, policy)
  }

  #spinOn(slot: ReadSlot, first: number, policy: RetryPolicy): number {
    const context = this.#context
    const end = spinOn(context, slot, first, policy)
    try {
      if (typeof end !== 'number') {
        if (end.quarantined) this.#syncSlot = null
        throw end.failure
      }
      context.conclude(end)
    } catch (error) {
      throw context.count(error)
    }
    this.#version = slot.machine.version
    return end
  }

  #bindingSync(): ReturnType<ReadContext['binding']> {
    try {
      return this.#context.binding()
    } catch (error) {
      throw this.#context.count(error)
    }
  }

  #takeSyncSlot(): ReadSlot {
    const binding = this.#bindingSync()
    const slot = this.#context.pool.take(binding, SLOT_COUNT_SYNC_MAX)
    if (slot === null) {
      const why = 'operations of earlier reads that timed out still hold all slots of this reader'
      throw this.#context.count(new UntornError('ERR_UNTORN_BUSY', why))
    }
    this.#syncSlot = slot
    return slot
  }

  #takeSpare(length: number): Uint8Array {
    const spare = this.#spare
    if (spare !== null && spare.length === length) return spare
    return (this.#spare = allocateResult(length))
  }

  #drive<T>(
    target: Uint8Array,
    offset: number,
    lengthBytes: number,
    knownVersion: number,
    options: ReadOptions | undefined,
    resultOf: (end: ReadEnd, bytes: Uint8Array) => T,
  ): Promise<T> {
    const policy = this.#policyOf(options)
    const signal = options?.signal
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw argumentTypeError('signal must be an AbortSignal')
    }
    let end: ReadEnd | Promise<ReadEnd>
    try {
      if (signal?.aborted === true) throw abortedError(signal)
      end = drive(this.#context, { target, offset, lengthBytes, knownVersion, signal }, policy)
    } catch (error) {
      return this.#yielding(Promise.reject(this.#context.count(error)))
    }
    if (!(end instanceof Promise)) {
      this.#version = end.version
      return this.#yielding(Promise.resolve(resultOf(end, target)))
    }
    this.#atOnce = 0
    return end.then((ended) => {
      this.#version = ended.version
      return resultOf(ended, target)
    })
  }

  /**
   * Reads that end at once settle in microtasks, and a loop of them would starve the event loop:
   * losses, withdrawals and this process's own heartbeats would go unnoticed. So now and then one
   * of them settles only after the loop has turned.
   */
  #yielding<T>(settled: Promise<T>): Promise<T> {
    this.#atOnce += 1
    if (this.#atOnce < READS_PER_TURN_MAX) return settled
    this.#atOnce = 0
    settled.catch(() => undefined)
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => settled)
  }

  readonly #changeOf = (end: ReadEnd, bytes: Uint8Array): Snapshot | undefined => {
    if (end.verdict !== Verdict.Unchanged) return { version: end.version, bytes }
    this.#changeSpare = bytes
    return undefined
  }

  #policyOf(options: RetryOptions | undefined): RetryPolicy {
    return options === undefined ? this.#policy : retryPolicy(options, this.#policy)
  }

  #offsetOf(options: ReadSyncOptions | undefined): number {
    if (options === undefined) return 0
    if (typeof options !== 'object' || options === null) {
      throw argumentTypeError('options must be an object')
    }
    const { offset = 0 } = options
    if (Number.isInteger(offset) && offset >= 0 && offset < this.byteLength) return offset
    throw argumentRangeError(
      `offset must be an integer from 0 to ${this.byteLength - 1}; got ${offset}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }

  #lengthOf(options: ReadSyncOptions | undefined, offset: number): number {
    const max = this.byteLength - offset
    const length = options?.length ?? max
    if (length === max) return length
    if (Number.isInteger(length) && length >= 1 && length <= max) return length
    throw argumentRangeError(
      `length must be an integer from 1 to ${max} at offset ${offset}; got ${length}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }
}

function snapshotOf(end: ReadEnd, bytes: Uint8Array): Snapshot {
  return { version: end.version, bytes }
}

function versionOf(end: ReadEnd): number {
  return end.version
}

function budgetUsOf(policy: RetryPolicy): number {
  return Math.max(1, Math.ceil(policy.timeoutMs * 1000))
}

function assertTarget(target: unknown, length: number): asserts target is Uint8Array {
  if (!(target instanceof Uint8Array)) throw argumentTypeError('target must be a Uint8Array')
  if (target.length < length) {
    throw argumentRangeError(
      `target has ${target.length} bytes, the read needs ${length}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }
}

function assertVersion(version: unknown): asserts version is number {
  if (Number.isSafeInteger(version) && (version as number) >= 0) return
  throw argumentRangeError(`version must be a safe integer from 0 up; got ${String(version)}`)
}
