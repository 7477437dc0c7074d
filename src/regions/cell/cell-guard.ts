// A guard: what its reader was shown stays where it is until the guard is released or its lease runs out.
// Invariant: whatever a guard hands out was fetched while it protected it; a dead guard fails.
import { UntornError, argumentRangeError } from '../../errors.ts'
import type { PinnedObject, PinnedObjectReader, PinnedReader } from '../../protocols/cell/index.ts'
import { type RemoteMachine, Verdict } from '../../protocols/machine.ts'
import type { ReadContext } from '../read-context.ts'
import type { Snapshot, WholeReadOptions } from '../read-options.ts'
import { allocateResult } from '../result-bytes.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from '../retry-policy.ts'
import type { MachineSlot } from './machine-pool.ts'
import type { PinSeat } from './pin-seat.ts'
import { type AttemptEnd, runAttempts, spinAttempts } from './run-attempts.ts'

/** An object that a guard protects. */
export interface RcuCellObject {
  readonly version: number
  readonly byteLength: number
  /**
   * Reads a part of it, in one READ: bytes of this version, whatever is published meanwhile.
   * @param offset first byte; default 0
   * @param length bytes; default: to the end
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS
   * @throws UntornError (rejects) ERR_UNTORN_LEASE_EXPIRED, ERR_UNTORN_EVICTED, ERR_UNTORN_CLOSED, and as
   *   every read
   */
  read(offset?: number, length?: number, options?: WholeReadOptions): Promise<Uint8Array>
  /** The same, spinning until it ends. Blocks the event loop. @throws as `read`, all at once */
  readSync(offset?: number, length?: number, options?: RetryOptions): Uint8Array
}

/** What a guard that was forgotten holds. */
interface Forgotten {
  readonly seat: PinSeat
  readonly term: number
  readonly name: string
}

/** A reader that is online renews for all of its guards: a forgotten one would hold memory up for ever. */
const forgotten = new FinalizationRegistry<Forgotten>(({ seat, term, name }) => {
  if (!seat.holds(term)) return
  const message = `a guard of "${name}" became garbage without release: use \`using\`, or release it`
  process.emitWarning(message, { code: 'UNTORN_GUARD_LEAKED' })
  seat.drop(term)
})

export interface GuardParts {
  readonly context: ReadContext
  readonly policy: RetryPolicy
  readonly seat: PinSeat
  readonly term: number
  readonly found: PinnedObject
}

export class RcuCellGuard implements Disposable, AsyncDisposable {
  readonly #context: ReadContext
  readonly #policy: RetryPolicy
  readonly #seat: PinSeat
  readonly #term: number
  #found: PinnedObject
  #released = false

  /** @internal Made by `pin`. */
  constructor({ context, policy, seat, term, found }: GuardParts) {
    this.#context = context
    this.#policy = policy
    this.#seat = seat
    this.#term = term
    this.#found = found
    forgotten.register(this, { seat, term, name: context.entry.name }, this)
  }

  /** Milliseconds for which it protects still, by the reader's clock; 0 when it is dead. */
  remainingMs(): number {
    return this.#released ? 0 : this.#seat.remainingMs(this.#term)
  }

  /**
   * The object that this guard found last: the present one when it was taken, or by `load`. It can be
   * read as long as the guard lives.
   */
  current(): RcuCellObject {
    const found = this.#found
    return {
      version: found.version,
      byteLength: found.objectBytes,
      read: (offset = 0, length = found.objectBytes - offset, options) =>
        this.#readPart(found, offset, length, options),
      readSync: (offset = 0, length = found.objectBytes - offset, options) =>
        this.#readPartSync(found, offset, length, options),
    }
  }

  /**
   * Reads the present object, whole. Never repeated because of publications.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError (rejects) ERR_UNTORN_LEASE_EXPIRED, ERR_UNTORN_EVICTED, ERR_UNTORN_CLOSED, and as
   *   every read
   */
  async load(options?: WholeReadOptions): Promise<Snapshot> {
    const policy = this.#policyOf(options)
    const slot = this.#startLoad()
    let end: AttemptEnd | undefined
    try {
      end = await this.#run(slot, policy, options?.signal)
      return this.#loaded(slot.machine, end)
    } finally {
      slot.machine.guard = 0
      this.#seat.readers.give(slot, flyingOf(end))
    }
  }

  /**
   * The same, spinning until it ends. Blocks the event loop.
   * @throws as `load`, all at once
   */
  loadSync(options?: RetryOptions): Snapshot {
    const policy = this.#policyOf(options)
    const slot = this.#startLoad()
    let end: AttemptEnd | undefined
    try {
      end = this.#spin(slot, policy)
      return this.#loaded(slot.machine, end)
    } finally {
      slot.machine.guard = 0
      this.#seat.readers.give(slot, flyingOf(end))
    }
  }

  /**
   * Begins the lease anew, counted from now. In time: a guard whose lease has run out stays dead.
   * @throws UntornError ERR_UNTORN_LEASE_EXPIRED, ERR_UNTORN_EVICTED, ERR_UNTORN_CLOSED, ERR_UNTORN_REMOTE
   */
  async renew(): Promise<void> {
    this.#assertAlive()
    await this.#seat.renew()
    this.#assertAlive()
  }

  /** Lets go of what it protects; the owner may reclaim it. Nobody waits for that. Idempotent. */
  release(): void {
    if (this.#released) return
    this.#released = true
    forgotten.unregister(this)
    this.#seat.drop(this.#term)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release()
    return Promise.resolve()
  }

  #startLoad(): MachineSlot<PinnedReader> {
    this.#assertAlive()
    const slot = this.#seat.readers.take()
    const { machine } = slot
    machine.guard = this.#term
    const target = machine.payloadView as Uint8Array
    machine.start({ target, offset: 0, lengthBytes: target.length, knownVersion: 0 })
    return slot
  }

  #loaded(machine: PinnedReader, end: AttemptEnd): Snapshot {
    this.#assertDone(end)
    const { version, objectOffset, objectBytes } = machine
    this.#found = { version, objectOffset, objectBytes, guard: this.#term }
    const bytes = allocateResult(machine.resultBytes)
    bytes.set((machine.payloadView as Uint8Array).subarray(0, bytes.length))
    return { version, bytes }
  }

  async #readPart(
    object: PinnedObject,
    offset: number,
    length: number,
    options: WholeReadOptions | undefined,
  ): Promise<Uint8Array> {
    const policy = this.#policyOf(options)
    const target = this.#targetOf(object, offset, length)
    if (length === 0) return target
    const slot = this.#startPart(object, offset, target)
    let end: AttemptEnd | undefined
    try {
      end = await this.#run(slot, policy, options?.signal)
      this.#assertDone(end)
      return target
    } finally {
      this.#seat.parts.give(slot, flyingOf(end))
    }
  }

  #readPartSync(
    object: PinnedObject,
    offset: number,
    length: number,
    options: RetryOptions | undefined,
  ): Uint8Array {
    const policy = this.#policyOf(options)
    const target = this.#targetOf(object, offset, length)
    if (length === 0) return target
    const slot = this.#startPart(object, offset, target)
    let end: AttemptEnd | undefined
    try {
      end = this.#spin(slot, policy)
      this.#assertDone(end)
      return target
    } finally {
      this.#seat.parts.give(slot, flyingOf(end))
    }
  }

  #targetOf(object: PinnedObject, offset: number, length: number): Uint8Array {
    assertPart(offset, length, object.objectBytes)
    this.#assertAlive()
    return allocateResult(length)
  }

  #startPart(
    object: PinnedObject,
    offset: number,
    target: Uint8Array,
  ): MachineSlot<PinnedObjectReader> {
    const slot = this.#seat.parts.take()
    slot.machine.start({ target, offset, lengthBytes: target.length, knownVersion: 0, object })
    return slot
  }

  #run(
    slot: MachineSlot<RemoteMachine>,
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
  ): Promise<AttemptEnd> {
    return runAttempts({
      context: this.#context,
      machine: slot.machine,
      attempt: () => this.#seat.attempt(slot),
      policy,
      signal,
      turns: this.#seat.turns,
      transportFailed: (status) => this.#seat.transportFailed(status),
    })
  }

  #spin(slot: MachineSlot<RemoteMachine>, policy: RetryPolicy): AttemptEnd {
    return spinAttempts({
      context: this.#context,
      machine: slot.machine,
      attempt: (budgetUs) => this.#seat.attemptSync(slot, budgetUs),
      settle: () => this.#seat.settle(),
      policy,
      transportFailed: (status) => this.#seat.transportFailed(status),
    })
  }

  #policyOf(options: RetryOptions | undefined): RetryPolicy {
    return options === undefined ? this.#policy : retryPolicy(options, this.#policy)
  }

  #assertDone(end: AttemptEnd): void {
    const { counters } = this.#context
    if ('failure' in end) throw this.#context.count(end.failure)
    if (end.verdict === Verdict.Done) counters.reads += 1
    else if (end.verdict === Verdict.Closed) {
      const closed = new UntornError('ERR_UNTORN_CLOSED', 'the owner closed the cell')
      throw this.#context.count(closed)
    } else throw this.#context.count(this.#seat.deadError())
  }

  #assertAlive(): void {
    if (this.#released) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'the guard was released')
    }
    if (this.#context.closed) throw this.#context.closedError()
    if (!this.#seat.holds(this.#term)) throw this.#seat.deadError()
  }
}

/** What a failed operation left in flight. */
function flyingOf(end: AttemptEnd | undefined): Promise<unknown> | null {
  return end !== undefined && 'failure' in end ? end.flying : null
}

function assertPart(offset: number, length: number, objectBytes: number): void {
  const inside =
    Number.isInteger(offset) &&
    Number.isInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= objectBytes
  if (inside) return
  throw argumentRangeError(
    `${length} bytes at ${offset} are not inside an object of ${objectBytes} bytes`,
    'ERR_UNTORN_OUT_OF_BOUNDS',
  )
}
