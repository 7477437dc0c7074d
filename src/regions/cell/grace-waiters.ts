// Who waits for grace periods of an RCU cell. Invariants: whatever waits is told once: when its grace
// period has ended, or when the cell's memory is gone, which ends all of them; calls are made in order.
import { UntornError } from '../../errors.ts'
import type { GracePeriods } from '../../protocols/cell/index.ts'

interface Waiter {
  readonly cookie: number
  readonly tell: () => void
}

export class GraceWaiters {
  readonly #grace: GracePeriods
  /** In the order of their cookies. */
  readonly #waiters = new Set<Waiter>()
  #closed = false

  constructor(grace: GracePeriods) {
    this.#grace = grace
  }

  get waiting(): number {
    return this.#waiters.size
  }

  /**
   * Resolves when every pin that may show something replaced by now is gone.
   * @throws UntornError ERR_UNTORN_ABORTED
   */
  synchronize(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (waiter !== undefined) this.#waiters.delete(waiter)
        const message = 'synchronize was aborted'
        reject(new UntornError('ERR_UNTORN_ABORTED', message, { cause: signal?.reason }))
      }
      let waiter: Waiter | undefined
      if (signal?.aborted === true) {
        onAbort()
        return
      }
      signal?.addEventListener('abort', onAbort)
      waiter = this.#wait(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }

  /** Has a function called after a grace period that begins now. */
  call(work: () => void): void {
    // In a microtask of its own: one that throws must not keep the others from their turn.
    this.#wait(() => queueMicrotask(work))
  }

  /** A scan has ended: tells those whose grace period has. */
  tell(): void {
    for (const waiter of this.#waiters) {
      if (!this.#grace.poll(waiter.cookie)) return
      this.#waiters.delete(waiter)
      waiter.tell()
    }
  }

  /** Nobody can reach the cell's memory any more. Idempotent. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#waiters) waiter.tell()
    this.#waiters.clear()
  }

  #wait(tell: () => void): Waiter {
    const waiter = { cookie: this.#grace.startPoll(), tell }
    if (this.#closed) tell()
    else this.#waiters.add(waiter)
    return waiter
  }
}
