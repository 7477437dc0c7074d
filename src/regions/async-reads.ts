// The asynchronous reads of one reader: checks what the driver does not know, and gives the event
// loop its turn. Invariant: a loop of reads that all end at once does not starve the loop.
import { argumentTypeError } from '../errors.ts'
import { type ReadEnd, type ReadOrder, drive } from './drivers/async.ts'
import { abortedError } from './drivers/cancellation.ts'
import type { ReadContext } from './read-context.ts'
import type { WholeReadOptions } from './read-options.ts'
import { type RetryPolicy, retryPolicy } from './retry-policy.ts'

/** A turn of the loop costs a microsecond or two; one in 64 reads keeps that in the noise. */
const READS_PER_TURN_MAX = 64

export class AsyncReads {
  readonly #context: ReadContext
  readonly #policy: RetryPolicy
  /** Reads that ended at once, since the event loop last had its turn. */
  #atOnce = 0

  constructor(context: ReadContext, policy: RetryPolicy) {
    this.#context = context
    this.#policy = policy
  }

  /**
   * Does one read and resolves to what `resultOf` makes of its end.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT at once; the promise rejects with the rest
   */
  read<T>(
    order: ReadOrder,
    options: WholeReadOptions | undefined,
    resultOf: (end: ReadEnd) => T,
  ): Promise<T> {
    const context = this.#context
    const policy = options === undefined ? this.#policy : retryPolicy(options, this.#policy)
    const signal = options?.signal
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw argumentTypeError('signal must be an AbortSignal')
    }
    let end: ReadEnd | Promise<ReadEnd>
    try {
      if (signal?.aborted === true) throw abortedError(signal)
      end = drive(context, order, policy, signal)
    } catch (error) {
      return this.#yielding(Promise.reject(context.count(error)))
    }
    if (!(end instanceof Promise)) {
      if (order.wantedVersion === 0) context.version = end.version
      return this.#yielding(Promise.resolve(resultOf(end)))
    }
    this.#atOnce = 0
    return end.then((ended) => {
      if (order.wantedVersion === 0) context.version = ended.version
      return resultOf(ended)
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
}
