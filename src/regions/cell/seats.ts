// The claim of one kind that a reader works by: asked for when it is first needed, and anew when it has
// ended. Invariant: one claim at a time; callers that come while it is being asked for join.
import type { UntornError } from '../../errors.ts'
import type { Claim, ClaimKind } from '../contract.ts'
import { Cancellation } from '../drivers/cancellation.ts'
import type { ReadContext } from '../read-context.ts'

/** What works by a claim. */
export interface Seat {
  /** Why its claim is over. */
  readonly ended: UntornError | undefined
  /** Gives its memory back. Never rejects. */
  close(): Promise<void>
}

export class Seats<S extends Seat> {
  readonly #context: ReadContext
  readonly #kind: ClaimKind
  readonly #create: (claim: Claim) => S
  #seat: S | undefined
  #asking: Promise<S> | null = null

  /** @param create may throw: the claim is then given back */
  constructor(context: ReadContext, kind: ClaimKind, create: (claim: Claim) => S) {
    this.#context = context
    this.#kind = kind
    this.#create = create
  }

  /** The present one, unless its claim is over. */
  get present(): S | undefined {
    return this.#seat?.ended === undefined ? this.#seat : undefined
  }

  /**
   * The present one, or one by a new claim.
   * @throws UntornError ERR_UNTORN_DENIED, ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED, ERR_UNTORN_CLOSED, and
   *   whatever `source.current()` fails with
   */
  take(timeoutMs: number, signal: AbortSignal | undefined): S | Promise<S> {
    const { present } = this
    if (present !== undefined) return present
    this.#asking ??= this.#ask().finally(() => (this.#asking = null))
    return this.#join(this.#asking, timeoutMs, signal)
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.#asking?.catch(() => undefined)
    await this.#seat?.close()
  }

  async #join(asking: Promise<S>, timeoutMs: number, signal: AbortSignal | undefined): Promise<S> {
    const cancellation = new Cancellation(this.#context.cancellations, timeoutMs, signal, () => 0)
    try {
      return await cancellation.race(asking)
    } finally {
      cancellation.end()
    }
  }

  async #ask(): Promise<S> {
    const claim = await this.#context.source.claim(this.#kind)
    if (this.#context.closed) {
      await claim.release()
      throw this.#context.closedError()
    }
    try {
      const seat = this.#create(claim)
      // Of the seat before nothing is needed any more but what is in flight.
      void this.#seat?.close()
      this.#seat = seat
      return seat
    } catch (error) {
      await claim.release()
      throw error
    }
  }
}
