// The reader's handle of an RCU cell: reads without a pin (object-reader.ts), guards, and writes.
// Invariant: guards and writes belong to a claim each, and end with it; the next one claims anew.
import { UntornError, argumentRangeError, argumentTypeError } from '../../errors.ts'
import { Status } from '../../fabric/status.ts'
import type { CellShape } from '../../protocols/cell/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { Outcome } from '../drivers/attempt.ts'
import { abortedError } from '../drivers/cancellation.ts'
import { ObjectReader } from '../object-reader.ts'
import type { ReadContext } from '../read-context.ts'
import { type WholeReadOptions, assertVersion } from '../read-options.ts'
import { type RetryPolicy, retryPolicy } from '../retry-policy.ts'
import { RcuCellGuard } from './cell-guard.ts'
import { PinSeat } from './pin-seat.ts'
import { runAttempts } from './run-attempts.ts'
import { Seats } from './seats.ts'
import { StandingPin } from './standing-pin.ts'
import { WriteSeat, changeLog, noteMoved } from './write-seat.ts'

export interface RcuCellReaderParts {
  readonly context: ReadContext
  readonly policy: RetryPolicy
  readonly shape: CellShape
  readonly kernels: MemoryKernels
}

/** Leases that may run out while one guard is being taken. */
const PIN_TRIES_MAX = 3

/** Reads, and where the owner lets peers write, replaces the object of a cell. */
export class RcuCellReader extends ObjectReader {
  readonly #policy: RetryPolicy
  readonly #pins: Seats<PinSeat>
  readonly #writes: Seats<WriteSeat>
  readonly #standing: StandingPin

  /** @internal Made by `openRcuCell`. */
  constructor({ context, policy, shape, kernels }: RcuCellReaderParts) {
    super(context, policy)
    this.#policy = policy
    const parts = { context, shape, kernels }
    this.#pins = new Seats(context, 'pin', (claim) => new PinSeat({ ...parts, claim }))
    this.#writes = new Seats(context, 'write', (claim) => new WriteSeat({ ...parts, claim }))
    this.#standing = new StandingPin(this.#pins)
  }

  /**
   * Takes a guard: the present object, and what `guard.load` finds later, stay readable until it is
   * released (`using guard = await reader.pin()`) or its lease runs out. Costs a WRITE and two READs in
   * two round trips; no WRITE while another guard is alive or the reader is online. The first one
   * claims a row of the owner.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError (rejects) ERR_UNTORN_DENIED when all rows are taken, ERR_UNTORN_LEASE_EXPIRED when
   *   the lease is shorter than it takes to pin, ERR_UNTORN_EVICTED, ERR_UNTORN_CLOSED, and as `read`
   */
  async pin(options?: WholeReadOptions): Promise<RcuCellGuard> {
    const { context } = this
    const policy = this.#policyOf(options)
    const signal = options?.signal
    try {
      const seat = await this.#seatOf(this.#pins, policy, signal)
      if (this.#standing.isDue(seat)) await this.#standing.begin(seat)
      return await this.#pin(seat, policy, signal)
    } catch (error) {
      throw context.count(error)
    }
  }

  /**
   * Keeps a pin standing and renews it, so that `pin` costs no WRITE: for readers that pin often. Holds
   * up what was replaced since the last renewal, a third of the lease at most. Lasts until `offline`.
   * @throws UntornError (rejects) as `pin`; the reader is offline then
   */
  async online(options?: WholeReadOptions): Promise<void> {
    const policy = this.#policyOf(options)
    try {
      await this.#standing.begin(await this.#seatOf(this.#pins, policy, options?.signal))
    } catch (error) {
      this.offline()
      throw this.context.count(error)
    }
  }

  /** Ends `online`: the pin goes with the last guard. */
  offline(): void {
    this.#standing.end()
  }

  /**
   * Publishes `bytes` if `expectedVersion` is the present version; resolves to the new version, or to
   * undefined when it is not, and nothing was changed. Costs one WRITE, one swap and one READ or two. The
   * first change claims a place of the owner.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError (rejects) ERR_UNTORN_DENIED when the owner lets no peer write, or all places are
   *   taken; ERR_UNTORN_UNKNOWN_OUTCOME when the connection broke meanwhile; ERR_UNTORN_HEAP_EXHAUSTED when
   *   the owner gives no room back; ERR_UNTORN_EVICTED, ERR_UNTORN_CLOSED, and as `read`
   */
  async compareAndSwap(
    expectedVersion: number,
    bytes: Uint8Array,
    options?: WholeReadOptions,
  ): Promise<number | undefined> {
    assertVersion(expectedVersion, 1)
    this.#assertObject(bytes)
    const policy = this.#policyOf(options)
    return await this.#change(policy, options?.signal, async (seat) => {
      const log = changeLog(policy)
      const base = await seat.base(false, log, options?.signal)
      if (base.version !== expectedVersion) return undefined
      const swapped = await seat.publish(bytes, base, log, options?.signal)
      return swapped ? base.version + 1 : undefined
    })
  }

  /**
   * Publishes what `change` makes of the present object, of which it gets a copy; when somebody else
   * publishes meanwhile, it is called again. Resolves to the version that was published. When it
   * throws, nothing is.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws whatever `change` throws; UntornError (rejects) ERR_UNTORN_RETRIES_EXHAUSTED, and as
   *   `compareAndSwap`
   */
  async update(
    change: (bytes: Uint8Array) => Uint8Array,
    options?: WholeReadOptions,
  ): Promise<number> {
    if (typeof change !== 'function') throw argumentTypeError('update needs a function')
    const policy = this.#policyOf(options)
    return await this.#change(policy, options?.signal, async (seat) => {
      const log = changeLog(policy)
      for (;;) {
        const base = await seat.base(true, log, options?.signal)
        const bytes = change(base.bytes)
        this.#assertObject(bytes)
        if (await seat.publish(bytes, base, log, options?.signal)) return base.version + 1
        noteMoved(log, base.version, policy)
      }
    })
  }

  protected override async closeOnce(): Promise<void> {
    this.#standing.end()
    try {
      await super.closeOnce()
    } finally {
      await Promise.all([this.#pins.close(), this.#writes.close()])
    }
  }

  async #change<T>(
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
    change: (seat: WriteSeat) => Promise<T>,
  ): Promise<T> {
    try {
      if (signal?.aborted === true) throw abortedError(signal)
      const seat = await this.#seatOf(this.#writes, policy, signal)
      return await seat.inTurn(() => change(seat), { policy, signal })
    } catch (error) {
      throw this.context.count(error)
    }
  }

  async #pin(
    seat: PinSeat,
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
  ): Promise<RcuCellGuard> {
    const { context } = this
    const slot = seat.readers.take()
    const { machine } = slot
    let flying: Promise<unknown> | null = null
    try {
      const target = machine.payloadView as Uint8Array
      machine.start({ target, offset: 0, lengthBytes: 0, knownVersion: 0 })
      let tries = 0
      const again = (outcome: Outcome): Outcome => {
        const unposted = outcome === -Status.SendQueueFull
        // A pin that was not posted began no term.
        if (unposted ? seat.holds(machine.guard) : outcome !== Verdict.Expired) return outcome
        if (!unposted) tries += 1
        if (tries >= PIN_TRIES_MAX) return outcome
        // This process, or the network, stood still for a lease: a pin that showed nothing is no loss.
        seat.drop(machine.guard)
        machine.guard = 0
        return unposted ? outcome : Verdict.Retry
      }
      const end = await runAttempts({
        context,
        machine,
        attempt: () => {
          const outcome = seat.attempt(slot)
          return typeof outcome === 'number' ? again(outcome) : outcome.then(again)
        },
        policy,
        signal,
        turns: seat.turns,
        transportFailed: (status) => seat.transportFailed(status),
      })
      if ('failure' in end) {
        flying = end.flying
        throw end.failure
      }
      if (end.verdict === Verdict.Closed) {
        throw new UntornError('ERR_UNTORN_CLOSED', `the owner closed region "${this.name}"`)
      }
      if (end.verdict !== Verdict.Done) throw seat.deadError()
      context.counters.reads += 1
      const { guard: term, version, objectOffset, objectBytes } = machine
      machine.guard = 0
      const found = { version, objectOffset, objectBytes, guard: term }
      return new RcuCellGuard({ context, policy: this.#policy, seat, term, found })
    } finally {
      // Not handed out: the pin goes, unless another guard needs it.
      if (machine.guard !== 0) seat.drop(machine.guard)
      machine.guard = 0
      seat.readers.give(slot, flying)
    }
  }

  #seatOf<S extends PinSeat | WriteSeat>(
    seats: Seats<S>,
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
  ): S | Promise<S> {
    // Throws what every read would be told: closed, stale, not connected.
    if (this.context.source.recovery() === null) this.context.binding()
    return seats.take(policy.timeoutMs, signal)
  }

  #policyOf(options: WholeReadOptions | undefined): RetryPolicy {
    if (options === undefined) return this.#policy
    const policy = retryPolicy(options, this.#policy)
    const { signal } = options
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw argumentTypeError('signal must be an AbortSignal')
    }
    return policy
  }

  #assertObject(bytes: unknown): void {
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('an object is a Uint8Array')
    if (bytes.length <= this.byteLength) return
    throw argumentRangeError(
      `an object has at most ${this.byteLength} bytes; this has ${bytes.length}`,
    )
  }
}
