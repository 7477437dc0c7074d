// A peer's handle of a locked region: every shape of a read, and the lock. Invariant: a claim is asked
// for when the lock is first wanted, and again when it has ended; guards of an ended claim stay ended.
import { UntornError } from '../../errors.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { HOLDER_MAX, type LockScheme, type LockShape } from '../../protocols/lock/index.ts'
import type { Claim } from '../contract.ts'
import { PayloadReader } from '../payload-reader.ts'
import type { ReadContext } from '../read-context.ts'
import type { RetryPolicy } from '../retry-policy.ts'
import type { AcquireOptions } from './acquire-lock.ts'
import { LockAccess } from './lock-access.ts'
import type { LockGuard } from './lock-guard.ts'
import { type LockStatistics, LockUser, type LockedChange } from './lock-user.ts'

/** How to make the parties of the region that was opened. */
export interface LockedParts {
  readonly scheme: LockScheme
  readonly shape: LockShape
  readonly kernels: MemoryKernels
  /** Milliseconds that the owner lets a holder hold the lock; 0: for ever. */
  readonly leaseMs: number
}

/** Reads a locked region, and writes it under its lock. */
export class LockedReader extends PayloadReader {
  /** Milliseconds after which the owner takes the lock back from a holder; 0: never. */
  readonly leaseMs: number
  readonly #parts: LockedParts
  readonly #user: LockUser
  #claim: Claim | undefined
  #access: LockAccess | undefined
  #claiming: Promise<LockAccess> | undefined

  /** @internal Made by the opener. */
  constructor(context: ReadContext, policy: RetryPolicy, parts: LockedParts) {
    super(context, policy)
    this.#parts = parts
    this.leaseMs = parts.leaseMs
    this.#user = new LockUser(() => this.#present())
  }

  /** Of the lock; `statistics` are those of reads. */
  get lockStatistics(): LockStatistics {
    return this.#user.statistics
  }

  /**
   * Takes the lock, waiting for its holders: one round trip when it is free and this handle had it last,
   * otherwise two; the first time also a question to the owner. Not fair: who asks when it is
   * free has it.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError (rejects) ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED, ERR_UNTORN_CLOSED,
   *   ERR_UNTORN_DENIED, ERR_UNTORN_WRITER_ACTIVE or ERR_UNTORN_RETRIES_EXHAUSTED when `attemptsMax` is
   *   spent, ERR_UNTORN_STALE_GENERATION, ERR_UNTORN_EVICTED, ERR_UNTORN_PEER_LOST, ERR_UNTORN_REMOTE
   */
  acquire(options?: AcquireOptions): Promise<LockGuard> {
    return this.#user.acquire(options)
  }

  /**
   * Takes the lock, lets `change` overwrite the payload, publishes it. When `change` throws, the payload
   * stays. Resolves to the version published.
   * @throws whatever `change` throws; TypeError ERR_UNTORN_ARGUMENT (rejects) when it returns other bytes; as
   *   `acquire` and `LockGuard.release`
   */
  async update<T>(change: LockedChange<T>, options?: AcquireOptions): Promise<number> {
    return (await this.#user.update(change, options)).version
  }

  protected override async closeOnce(): Promise<void> {
    this.context.closed = true
    await this.#user.close(this.context.closedError())
    await this.#access?.close()
    await this.#claim?.release()
    await super.closeOnce()
  }

  #present(): LockAccess | Promise<LockAccess> {
    if (this.context.closed) throw this.context.closedError()
    if (this.#access !== undefined && this.#access.ended === undefined) return this.#access
    // One question for all who wait; one of them giving up must not end it for the others.
    this.#claiming ??= this.#ask().finally(() => {
      this.#claiming = undefined
    })
    return this.#claiming
  }

  async #ask(): Promise<LockAccess> {
    const { context } = this
    await context.source.recovery()
    context.binding()
    const claim = await context.source.claim('lock')
    try {
      // Granted too late: nobody would give it back.
      if (context.closed) throw context.closedError()
      return this.#accept(claim)
    } catch (error) {
      await claim.release()
      throw error
    }
  }

  /** What a grant says came from another process. */
  #accept(claim: Claim): LockAccess {
    const { scheme, shape, kernels } = this.#parts
    const [window] = claim.windows
    const holder = claim.parameters['holder'] ?? 0
    const whole = scheme.regionBytes(shape.payloadBytes)
    const fits = window?.offset === 0 && window.lengthBytes >= whole
    if (!fits || !(Number.isInteger(holder) && holder >= 1 && holder <= HOLDER_MAX)) {
      throw new UntornError('ERR_UNTORN_PROTOCOL', 'the owner granted no usable lock')
    }
    const { binding } = claim
    void this.#access?.close()
    this.#claim = claim
    this.#access = new LockAccess({
      device: binding.device,
      target: { ...binding, windows: claim.windows },
      holder,
      scheme,
      shape,
      kernels,
      ended: () => claim.ended,
      transportFailed: (status) => this.context.transportFailed(binding, status),
    })
    return this.#access
  }
}
