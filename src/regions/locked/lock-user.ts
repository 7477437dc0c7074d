// What owner and peers do alike with the lock: acquire it, or update under it. Each handle brings its
// own way to an access.
import { argumentTypeError } from '../../errors.ts'
import type { UntornError } from '../../errors.ts'
import { assertInPlace } from '../../protocols/in-place.ts'
import { type AcquireCounters, type AcquireOptions, acquireLock, policyOf } from './acquire-lock.ts'
import type { LockAccess } from './lock-access.ts'
import { LockGuard } from './lock-guard.ts'

export interface LockStatistics extends Readonly<AcquireCounters> {
  /** Payloads published by this handle. */
  readonly releases: number
  /** Acquisitions ended without a change. */
  readonly discards: number
}

/** Computes the next payload in place; may return a promise, and the lock is held until it settles. */
export type LockedChange<T> = (bytes: Uint8Array, guard: LockGuard) => T | PromiseLike<T>

export class LockUser {
  readonly #cancellations: Set<(reason: UntornError) => void> = new Set()
  readonly #guards: Set<LockGuard> = new Set()
  readonly #access: () => LockAccess | Promise<LockAccess>
  readonly #counters = {
    acquisitions: 0,
    contended: 0,
    releases: 0,
    discards: 0,
  }
  /** Why nothing more is acquired. */
  #closed: UntornError | undefined

  /** @param access the way to the lock at present; throws why there is none */
  constructor(access: () => LockAccess | Promise<LockAccess>) {
    this.#access = access
  }

  get statistics(): LockStatistics {
    return { ...this.#counters }
  }

  async acquire(options?: AcquireOptions): Promise<LockGuard> {
    const policy = policyOf(options)
    this.#assertOpen()
    const acquired = await acquireLock(
      this.#access(),
      policy,
      options?.signal,
      this.#cancellations,
      this.#counters,
    )
    const guard = new LockGuard(acquired, {
      freed: (published) => {
        if (published) this.#counters.releases += 1
        else this.#counters.discards += 1
      },
      ended: (ended) => this.#guards.delete(ended),
    })
    this.#guards.add(guard)
    try {
      this.#assertOpen()
    } catch (closed) {
      // It was taken in the very moment in which the handle closed.
      await guard[Symbol.asyncDispose]()
      throw closed
    }
    return guard
  }

  /** The handle closes: ends waits for the lock, and guards. Never rejects. */
  async close(reason: UntornError): Promise<void> {
    this.#closed = reason
    for (const cancel of this.#cancellations) cancel(reason)
    await Promise.all([...this.#guards].map((guard) => guard[Symbol.asyncDispose]()))
  }

  async update<T>(
    change: LockedChange<T>,
    options?: AcquireOptions,
  ): Promise<{ readonly version: number; readonly result: T }> {
    if (typeof change !== 'function') throw argumentTypeError('update needs a function')
    await using guard = await this.acquire(options)
    const result = await change(guard.bytes, guard)
    assertInPlace(result, guard.bytes)
    return { version: await guard.release(), result }
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw this.#closed
  }
}
