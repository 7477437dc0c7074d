// The owner of a versioned-slots region: the only one who stores to it. No reader ever holds it up,
// and it never makes a reader wait: every store before a publication goes where no reader looks.
// Which stores happen in which order is the placement's business; this file keeps versions and loans.
//
// Invariant: the present version's slot is not stored to; versions grow by one.
import { UntornError, argumentRangeError, argumentTypeError } from '../../errors.ts'
import { assertInPlace } from '../in-place.ts'
import type { LocalMemory } from '../local-memory.ts'
import type { SlotsShape } from './layout.ts'
import { SLOTS_VERSION_MAX, checkSlotsShape, firstVersionOf, slotsRegionBytes } from './layout.ts'
import { type Lender, SlotsLoan } from './loan.ts'
import type { SlotsPlacement } from './placement.ts'

/** Owner's side of a versioned-slots region. */
export class SlotsOwner {
  readonly payloadBytes: number
  readonly slotCount: number
  readonly #firstVersion: number
  readonly #placement: SlotsPlacement
  readonly #lender: Lender
  /** Last version published, 0 before formatting. */
  #version = 0
  #closed = false
  #loan: SlotsLoan | null = null
  #onLoanEnd: ((published: boolean) => void) | null = null
  /** Payload range [#filledStart, #filledEnd) of the loan that is what it will be published as. */
  #filledStart = 0
  #filledEnd = 0
  /** A function of `update` or `fill` is running. */
  #working = false
  #scratch: Uint8Array | null = null

  /**
   * Takes over a region's memory without storing anything; `format` comes first.
   * @throws RangeError ERR_UNTORN_ARGUMENT for the shape
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS when the memory is too short for the layout
   */
  constructor(memory: LocalMemory, shape: SlotsShape, makePlacement: () => SlotsPlacement) {
    checkSlotsShape(shape)
    const needed = slotsRegionBytes(shape.payloadBytes, shape.slotCount)
    if (memory.lengthBytes < needed) {
      throw argumentRangeError(
        `${shape.slotCount} slots need a region of ${needed} bytes, not ${memory.lengthBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    this.payloadBytes = shape.payloadBytes
    this.slotCount = shape.slotCount
    this.#firstVersion = firstVersionOf(shape)
    this.#placement = makePlacement()
    this.#lender = {
      copyIn: (loan, offset, bytes) => this.#copyIn(loan, offset, bytes),
      fill: (loan, write) => this.#fill(loan, write),
      publish: (loan) => this.#publishLoan(loan),
      discard: (loan) => this.#discardLoan(loan),
      isLive: (loan) => loan === this.#loan,
    }
  }

  /** Last version published; 0 before formatting. */
  get version(): number {
    return this.#version
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A loan is out, or a function of `update` is running. */
  get busy(): boolean {
    return this.#loan !== null || this.#working
  }

  /**
   * Publishes the first payload: `initial`, or zeros. Once, before any peer knows the region.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError ERR_UNTORN_BUSY when formatted already, ERR_UNTORN_CLOSED
   */
  format(initial?: Uint8Array): void {
    this.#checkOpen()
    if (this.#version !== 0) {
      throw new UntornError('ERR_UNTORN_BUSY', 'the region is formatted already and in use')
    }
    if (initial !== undefined) this.#checkWhole(initial)
    this.#placement.format()
    this.#placement.copyIn(this.#firstVersion, 0, initial ?? new Uint8Array(this.payloadBytes))
    this.#publish(this.#firstVersion)
  }

  /**
   * Publishes a payload as the next version, which is returned.
   * @param bytes exactly `payloadBytes` bytes
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY while a loan is out, ERR_UNTORN_CLOSED
   */
  publish(bytes: Uint8Array): number {
    this.#checkWhole(bytes)
    const version = this.#nextVersion()
    this.#placement.copyIn(version, 0, bytes)
    return this.#publish(version)
  }

  /**
   * Computes the next payload from the present one, on a private copy. When `change` throws, nothing
   * is published and the version stays.
   * @param change synchronous; gets `payloadBytes` bytes that are valid during the call only
   * @throws whatever `change` throws; TypeError ERR_UNTORN_ARGUMENT when it returns a promise or other bytes
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  update(change: (payload: Uint8Array) => void): number {
    this.#nextVersion()
    const scratch = this.#privateCopy()
    scratch.set(this.#placement.view(this.#version, 0, this.payloadBytes))
    this.#run(change, scratch)
    return this.publish(scratch)
  }

  /**
   * Lends the slot of the next version, to be filled in place: no copy of the payload is made beside
   * the one that is published. May be kept as long as its holder likes: readers go on with the
   * present version. One at a time.
   * @param onEnd told when the loan is published or discarded, not when the region is closed
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  loan(onEnd: ((published: boolean) => void) | null = null): SlotsLoan {
    const loan = new SlotsLoan(this.#nextVersion(), this.#lender)
    this.#loan = loan
    this.#onLoanEnd = onEnd
    this.#filledStart = 0
    this.#filledEnd = 0
    return loan
  }

  /** Stores the terminal mark: every later read ends with Closed. A loan is dropped. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#loan = null
    this.#placement.close()
  }

  /** Runs a function of the caller's on a payload that is not published. */
  #run(work: (payload: Uint8Array) => void, payload: Uint8Array): void {
    this.#working = true
    try {
      assertInPlace(work(payload), payload)
    } finally {
      this.#working = false
    }
  }

  #privateCopy(): Uint8Array {
    this.#scratch ??= new Uint8Array(this.payloadBytes)
    return this.#scratch
  }

  #publish(version: number): number {
    this.#placement.publish(version)
    this.#version = version
    return version
  }

  #publishLoan(loan: SlotsLoan): number {
    this.#checkLoan(loan)
    this.#keep(loan.version, 0, this.#filledStart)
    this.#keep(loan.version, this.#filledEnd, this.payloadBytes)
    this.#loan = null
    const version = this.#publish(loan.version)
    this.#onLoanEnd?.(true)
    return version
  }

  #discardLoan(loan: SlotsLoan): void {
    this.#checkLoan(loan)
    this.#loan = null
    this.#onLoanEnd?.(false)
  }

  /**
   * In the slot itself where the port allows it; else in private memory, and from there through the
   * port, which has to see every store.
   */
  #fill(loan: SlotsLoan, write: (payload: Uint8Array) => void): void {
    this.#checkLoan(loan)
    if (typeof write !== 'function') throw argumentTypeError('fill needs a function')
    const slot = this.#placement.storeView(loan.version)
    const payload = slot ?? this.#privateCopy()
    this.#filledStart = 0
    this.#filledEnd = this.payloadBytes
    this.#run(write, payload)
    // The loan may have ended meanwhile: `write` can close the region.
    this.#checkLoan(loan)
    if (slot === null) this.#placement.copyIn(loan.version, 0, payload)
  }

  #copyIn(loan: SlotsLoan, offset: number, bytes: Uint8Array): void {
    this.#checkLoan(loan)
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('a loan stores a Uint8Array')
    const end = offset + bytes.length
    if (!Number.isInteger(offset) || offset < 0 || end > this.payloadBytes) {
      throw argumentRangeError(
        `${bytes.length} bytes at ${offset} are not inside a payload of ${this.payloadBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (bytes.length === 0) return
    this.#extendTo(loan.version, offset, end)
    this.#placement.copyIn(loan.version, offset, bytes)
  }

  /**
   * The filled range is one: the hull of what was stored. What the hull gains between the calls is
   * taken from the present version, at once; what stays outside, when the loan is published. So
   * whoever fills the payload from end to end pays for no copy.
   */
  #extendTo(version: number, start: number, end: number): void {
    if (this.#filledStart === this.#filledEnd) {
      this.#filledStart = start
      this.#filledEnd = end
      return
    }
    this.#keep(version, end, this.#filledStart)
    this.#keep(version, this.#filledEnd, start)
    this.#filledStart = Math.min(this.#filledStart, start)
    this.#filledEnd = Math.max(this.#filledEnd, end)
  }

  /** Copies bytes of the present version into the next one; nothing when the range is empty. */
  #keep(version: number, start: number, end: number): void {
    if (end <= start) return
    const present = this.#placement.view(this.#version, start, end - start)
    this.#placement.copyIn(version, start, present)
  }

  /** The version of the write about to begin, once everything that could refuse it has not. */
  #nextVersion(): number {
    this.#checkOpen()
    if (this.busy) {
      throw new UntornError('ERR_UNTORN_BUSY', 'another write to this region is in progress')
    }
    if (this.#version === 0) throw argumentTypeError('format the region before writing to it')
    if (this.#version >= SLOTS_VERSION_MAX) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'the versions are used up: publish a new region')
    }
    return this.#version + 1
  }

  #checkOpen(): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
  }

  #checkLoan(loan: SlotsLoan): void {
    if (loan !== this.#loan || this.#closed) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'this loan has ended; take another one')
    }
    if (this.#working) {
      throw new UntornError('ERR_UNTORN_BUSY', 'the function that fills this loan has not returned')
    }
  }

  #checkWhole(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('a payload is a Uint8Array')
    if (bytes.length !== this.payloadBytes) {
      throw argumentRangeError(
        `the payload has ${this.payloadBytes} bytes, these are ${bytes.length}`,
      )
    }
  }
}
