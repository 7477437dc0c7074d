// A slot that its owner fills in place. Invariant: at most one loan lives; it ends once, by publish,
// discard, or the region's close, and stores nothing afterwards.

/** What a loan may ask of its owner. */
export interface Lender {
  copyIn(loan: SlotsLoan, offset: number, bytes: Uint8Array): void
  fill(loan: SlotsLoan, write: (payload: Uint8Array) => void): void
  publish(loan: SlotsLoan): number
  discard(loan: SlotsLoan): void
  isLive(loan: SlotsLoan): boolean
}

/** The next version, being filled in the slot where it will be read. */
export class SlotsLoan implements Disposable {
  /** The version that `publish` will publish. */
  readonly version: number
  readonly #lender: Lender

  /** @internal Loans come from `SlotsOwner.loan`. */
  constructor(version: number, lender: Lender) {
    this.version = version
    this.#lender = lender
  }

  /**
   * Stores payload bytes from `offset` on, straight into the slot. What no call stores is, once
   * published, what it is in the present version.
   * @throws TypeError ERR_UNTORN_ARGUMENT, RangeError ERR_UNTORN_OUT_OF_BOUNDS
   * @throws UntornError ERR_UNTORN_CLOSED when the loan has ended
   */
  copyIn(offset: number, bytes: Uint8Array): void {
    this.#lender.copyIn(this, offset, bytes)
  }

  /**
   * Hands out the slot's payload to be written in place, all of it: its contents are undefined before.
   * @param write synchronous; gets `payloadBytes` bytes, which are the slot itself and valid during
   *   the call only: storing to them later would tear what readers read
   * @throws whatever `write` throws, TypeError ERR_UNTORN_ARGUMENT when it returns a promise or other bytes: the
   *   loan lives on, its contents undefined
   * @throws UntornError ERR_UNTORN_CLOSED when the loan has ended
   */
  fill(write: (payload: Uint8Array) => void): void {
    this.#lender.fill(this, write)
  }

  /**
   * Publishes the slot and returns its version. Ends the loan.
   * @throws UntornError ERR_UNTORN_CLOSED when the loan has ended
   */
  publish(): number {
    return this.#lender.publish(this)
  }

  /**
   * Gives the slot back. Nothing was published, so nothing has to be undone: readers never looked
   * at it, and the next version will be stored over it. Ends the loan.
   * @throws UntornError ERR_UNTORN_CLOSED when the loan has ended
   */
  discard(): void {
    this.#lender.discard(this)
  }

  /** Discards the loan unless it has ended, so that `using` never leaves one behind. */
  [Symbol.dispose](): void {
    if (this.#lender.isLive(this)) this.#lender.discard(this)
  }
}
