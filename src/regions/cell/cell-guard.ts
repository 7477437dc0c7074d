// A guard: what its reader was shown stays where it is until the guard is released or its lease runs out.
// Invariant: whatever a guard hands out was fetched while it protected it; a dead guard fails.
import { UntornError, argumentRangeError } from '../../errors.ts'
import type { PinnedObject } from '../../protocols/cell/index.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { ReadContext } from '../read-context.ts'
import type { Snapshot, WholeReadOptions } from '../read-options.ts'
import { allocateResult } from '../result-bytes.ts'
import { type RetryPolicy, retryPolicy } from '../retry-policy.ts'
import type { PinSeat } from './pin-seat.ts'
import { runAttempts } from './run-attempts.ts'

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
    }
  }

  /**
   * Reads the present object, whole. Never repeated because of publications.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError (rejects) ERR_UNTORN_LEASE_EXPIRED, ERR_UNTORN_EVICTED, ERR_UNTORN_CLOSED, and as
   *   every read
   */
  async load(options?: WholeReadOptions): Promise<Snapshot> {
    const policy = options === undefined ? this.#policy : retryPolicy(options, this.#policy)
    this.#assertAlive()
    const { readers } = this.#seat
    const slot = readers.take()
    const { machine } = slot
    let flying: Promise<unknown> | null = null
    try {
      machine.guard = this.#term
      const target = machine.payloadView as Uint8Array
      machine.start({ target, offset: 0, lengthBytes: target.length, knownVersion: 0 })
      const end = await this.#run(slot, policy, options?.signal)
      if ('failure' in end) {
        flying = end.flying
        throw this.#context.count(end.failure)
      }
      this.#assertDone(end.verdict)
      const { version, objectOffset, objectBytes } = machine
      this.#found = { version, objectOffset, objectBytes, guard: this.#term }
      this.#context.counters.reads += 1
      const bytes = allocateResult(machine.resultBytes)
      bytes.set(target.subarray(0, bytes.length))
      return { version, bytes }
    } finally {
      machine.guard = 0
      readers.give(slot, flying)
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

  async #readPart(
    object: PinnedObject,
    offset: number,
    length: number,
    options: WholeReadOptions | undefined,
  ): Promise<Uint8Array> {
    const policy = options === undefined ? this.#policy : retryPolicy(options, this.#policy)
    assertPart(offset, length, object.objectBytes)
    this.#assertAlive()
    if (length === 0) return new Uint8Array(0)
    const { parts } = this.#seat
    const slot = parts.take()
    const { machine } = slot
    const target = allocateResult(length)
    let flying: Promise<unknown> | null = null
    try {
      machine.start({ target, offset, lengthBytes: length, knownVersion: 0, object })
      const end = await this.#run(slot, policy, options?.signal)
      if ('failure' in end) {
        flying = end.flying
        throw this.#context.count(end.failure)
      }
      this.#assertDone(end.verdict)
      this.#context.counters.reads += 1
      return target
    } finally {
      parts.give(slot, flying)
    }
  }

  #run(
    slot: Parameters<PinSeat['attempt']>[0],
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
  ): ReturnType<typeof runAttempts> {
    return runAttempts({
      context: this.#context,
      machine: slot.machine,
      attempt: () => this.#seat.attempt(slot),
      policy,
      signal,
      transportFailed: (status) => this.#seat.transportFailed(status),
    })
  }

  #assertDone(verdict: number): void {
    if (verdict === Verdict.Done) return
    throw this.#context.count(
      verdict === Verdict.Closed
        ? new UntornError('ERR_UNTORN_CLOSED', 'the owner closed the cell')
        : this.#seat.deadError(),
    )
  }

  #assertAlive(): void {
    if (this.#released) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'the guard was released')
    }
    if (this.#context.closed) throw this.#context.closedError()
    if (!this.#seat.holds(this.#term)) throw this.#seat.deadError()
  }
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
