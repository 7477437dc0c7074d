// The asynchronous reads of one reader: checks what the driver does not know, and gives the event
// loop its turn. Invariant: a loop of reads that all end at once does not starve the loop.
import { argumentTypeError } from '../errors.ts'
import { type ReadEnd, type ReadOrder, drive } from './drivers/async.ts'
import { abortedError } from './drivers/cancellation.ts'
import { LoopTurns } from './drivers/loop-turns.ts'
import type { ReadContext } from './read-context.ts'
import type { WholeReadOptions } from './read-options.ts'
import { type RetryPolicy, retryPolicy } from './retry-policy.ts'

export class AsyncReads {
  readonly #context: ReadContext
  readonly #policy: RetryPolicy
  readonly #turns = new LoopTurns()

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
    this.#turns.waited()
    return end.then((ended) => {
      if (order.wantedVersion === 0) context.version = ended.version
      return resultOf(ended)
    })
  }

  /** Now and then a read settles only after the loop has turned. */
  #yielding<T>(settled: Promise<T>): Promise<T> {
    const turn = this.#turns.ended()
    if (turn === undefined) return settled
    settled.catch(() => undefined)
    return turn.then(() => settled)
  }
}
