// The owner of a seqlock region: the only one who stores to it. One write at a time, as a token
// that can be taken once and ended once. Which stores happen in which order is the placement's
// business; this file keeps versions, tokens and the undo copy.
//
// Invariant: versions only grow, and no version is ever published with two different contents.
import { UntornError, argumentRangeError, argumentTypeError } from '../../errors.ts'
import { assertInPlace } from '../in-place.ts'
import type { LocalMemory } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'
import { FIRST_VERSION, VERSION_MAX, checkShape, regionBytes } from './layout.ts'
import type { LayoutKind } from './layout.ts'
import type { Placement } from './placement.ts'

const noBytes = new Uint8Array(0)

/** A write in progress: dead after `writeEnd`, `writeAbort` or `close`. */
export class SeqlockWriteToken implements Disposable {
  /** The version that `writeEnd` will publish. */
  readonly version: number
  readonly #store: (token: SeqlockWriteToken, offset: number, bytes: Uint8Array) => void
  readonly #dispose: (token: SeqlockWriteToken) => void

  /** @internal Tokens come from `SeqlockOwner.writeBegin`. */
  constructor(
    version: number,
    store: (token: SeqlockWriteToken, offset: number, bytes: Uint8Array) => void,
    dispose: (token: SeqlockWriteToken) => void,
  ) {
    this.version = version
    this.#store = store
    this.#dispose = dispose
  }

  /**
   * Overwrites payload bytes from `offset` on. Bytes not overwritten keep their present value.
   * @throws TypeError ERR_UNTORN_ARGUMENT, RangeError ERR_UNTORN_OUT_OF_BOUNDS
   * @throws UntornError ERR_UNTORN_CLOSED when the token is dead
   */
  copyIn(offset: number, bytes: Uint8Array): void {
    this.#store(this, offset, bytes)
  }

  /** Aborts the write unless it has ended, so `using` never leaves a region half-written. */
  [Symbol.dispose](): void {
    this.#dispose(this)
  }
}

/** Owner's side of a seqlock region. */
export class SeqlockOwner {
  readonly payloadBytes: number
  readonly #placement: Placement
  readonly #store: (token: SeqlockWriteToken, offset: number, bytes: Uint8Array) => void
  readonly #dispose: (token: SeqlockWriteToken) => void
  /** Last version published, 0 before formatting. */
  #version: number
  #closed: boolean
  #token: SeqlockWriteToken | null
  /** `update`'s function is running. */
  #updating: boolean
  /**
   * Old contents of the payload range [#undoStart, #undoEnd) that the token overwrote; none when
   * #undoEnd is 0.
   */
  #undo: Uint8Array
  #undoStart: number
  #undoEnd: number
  #scratch: Uint8Array | null

  /**
   * Takes over a region's memory without storing anything; `format` comes first.
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS when the memory is too short for the layout
   */
  constructor(
    kind: LayoutKind,
    memory: LocalMemory,
    shape: SeqlockShape,
    makePlacement: () => Placement,
  ) {
    checkShape(shape)
    const needed = regionBytes(kind, shape.payloadBytes)
    if (memory.lengthBytes < needed) {
      throw argumentRangeError(
        `${shape.payloadBytes} payload bytes need a region of ${needed}, not ${memory.lengthBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    this.payloadBytes = shape.payloadBytes
    this.#placement = makePlacement()
    this.#store = (token, offset, bytes) => this.#storeUnder(token, offset, bytes)
    this.#dispose = (token) => {
      if (token === this.#token) this.writeAbort(token)
    }
    this.#version = 0
    this.#closed = false
    this.#token = null
    this.#updating = false
    this.#undo = noBytes
    this.#undoStart = 0
    this.#undoEnd = 0
    this.#scratch = null
  }

  /** Last version published; 0 before formatting. */
  get version(): number {
    return this.#version
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A write is in progress. */
  get busy(): boolean {
    return this.#token !== null || this.#updating
  }

  /**
   * Publishes the first payload: `initial`, or zeros. Once, before any peer knows the region.
   * @param firstVersion even; 2 unless versions of an earlier incarnation are to be continued
   * @throws RangeError ERR_UNTORN_ARGUMENT wrong length or version
   * @throws UntornError ERR_UNTORN_BUSY when formatted already
   */
  format(initial?: Uint8Array, firstVersion: number = FIRST_VERSION): void {
    this.#checkOpen()
    if (this.#version !== 0) {
      throw new UntornError('ERR_UNTORN_BUSY', 'the region is formatted already and in use')
    }
    const whole = firstVersion % 2 === 0 && firstVersion >= FIRST_VERSION
    if (!whole || firstVersion > VERSION_MAX) {
      throw argumentRangeError(`a first version is even and safe, not ${firstVersion}`)
    }
    if (initial !== undefined) this.#checkWhole(initial)
    this.#placement.begin(firstVersion)
    this.#placement.format()
    this.#placement.copyIn(0, initial ?? new Uint8Array(this.payloadBytes))
    this.#publish(firstVersion)
  }

  /**
   * Replaces the whole payload and publishes it as the next version.
   * @param bytes exactly `payloadBytes` bytes
   * @throws RangeError ERR_UNTORN_ARGUMENT wrong length; nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  write(bytes: Uint8Array): number {
    this.#checkWhole(bytes)
    const version = this.#nextVersion()
    this.#placement.replace(version, bytes)
    this.#version = version
    return version
  }

  /**
   * Computes the next payload from the present one. `change` works on a private copy, outside the
   * odd phase: readers are not held up by it, and when it throws, nothing is published, nothing
   * was stored and the version stays.
   * @param change synchronous; gets `payloadBytes` bytes that are valid during the call only
   * @throws whatever `change` throws; TypeError ERR_UNTORN_ARGUMENT when it returns a promise or other bytes
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  update(change: (payload: Uint8Array) => void): number {
    this.#nextVersion()
    this.#scratch ??= new Uint8Array(this.payloadBytes)
    const scratch = this.#scratch
    this.#placement.load(scratch, 0)
    this.#updating = true
    try {
      assertInPlace(change(scratch), scratch)
    } finally {
      this.#updating = false
    }
    return this.write(scratch)
  }

  /**
   * Begins a write in place. Readers retry until `writeEnd` or `writeAbort` (with `words` they go
   * on reading the last version), so keep it short.
   * @throws UntornError ERR_UNTORN_BUSY when another write is in progress, ERR_UNTORN_CLOSED
   */
  writeBegin(): SeqlockWriteToken {
    const version = this.#nextVersion()
    const token = new SeqlockWriteToken(version, this.#store, this.#dispose)
    this.#placement.begin(version)
    this.#token = token
    this.#undoEnd = 0
    return token
  }

  /**
   * Publishes what the token stored, and returns the version.
   * @throws UntornError ERR_UNTORN_CLOSED when the token is dead
   */
  writeEnd(token: SeqlockWriteToken): number {
    this.#checkToken(token)
    this.#token = null
    return this.#publish(token.version)
  }

  /**
   * Ends a write without its effect: the old payload is restored.
   *
   * In place, it is published as the NEXT version, never again as the old one v. Otherwise:
   *  (1) a reader samples version v, even, before the write begins;
   *  (2) samples part of the payload while the write has overwritten some of it;
   *  (3) samples the version after the abort, finds v again, and accepts bytes that never were.
   * Under version v + 2 step (3) fails, and the seal of `hash` is computed anew. The price: a
   * reader who asks "changed since v?" is told yes and gets the same bytes again.
   *
   * The bytes are restored under the odd mark and before beforePublish, like any payload. Staged
   * writes (`words`) stored nothing yet: there the version stays.
   * @throws UntornError ERR_UNTORN_CLOSED when the token is dead
   */
  writeAbort(token: SeqlockWriteToken): void {
    this.#checkToken(token)
    this.#token = null
    if (this.#undoEnd !== 0) {
      const old = this.#undo.subarray(this.#undoStart, this.#undoEnd)
      this.#placement.copyIn(this.#undoStart, old)
    }
    if (this.#placement.abandon(token.version)) this.#version = token.version
  }

  /**
   * Stores the terminal mark: every later read ends with Closed. A write in progress is dropped;
   * its bytes stay behind the mark, where no reader accepts them. Idempotent.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#token = null
    this.#placement.close()
  }

  #publish(version: number): number {
    this.#placement.publish(version)
    this.#version = version
    return version
  }

  #storeUnder(token: SeqlockWriteToken, offset: number, bytes: Uint8Array): void {
    this.#checkToken(token)
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('a token stores a Uint8Array')
    const end = offset + bytes.length
    if (!Number.isInteger(offset) || offset < 0 || end > this.payloadBytes) {
      throw argumentRangeError(
        `${bytes.length} bytes at ${offset} are not inside a payload of ${this.payloadBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (bytes.length === 0) return
    this.#saveOld(offset, end)
    this.#placement.copyIn(offset, bytes)
  }

  /**
   * Extends the undo copy to cover [start, end). It is one range, the hull of all bytes the token
   * overwrote; what the hull gains has not been overwritten yet, so it still is the old payload.
   */
  #saveOld(start: number, end: number): void {
    if (this.#undo.length === 0) this.#undo = new Uint8Array(this.payloadBytes)
    if (this.#undoEnd === 0) {
      this.#undoStart = start
      this.#undoEnd = start
    }
    if (start < this.#undoStart) {
      this.#placement.load(this.#undo.subarray(start, this.#undoStart), start)
      this.#undoStart = start
    }
    if (end > this.#undoEnd) {
      this.#placement.load(this.#undo.subarray(this.#undoEnd, end), this.#undoEnd)
      this.#undoEnd = end
    }
  }

  /** The version of the write about to begin, once everything that could refuse it has not. */
  #nextVersion(): number {
    this.#checkOpen()
    if (this.busy) {
      throw new UntornError('ERR_UNTORN_BUSY', 'another write to this region is in progress')
    }
    if (this.#version === 0) throw argumentTypeError('format the region before writing to it')
    if (this.#version >= VERSION_MAX) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'the versions are used up: publish a new region')
    }
    return this.#version + 2
  }

  #checkOpen(): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
  }

  #checkToken(token: SeqlockWriteToken): void {
    if (this.#token === null || token !== this.#token) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'this write has ended; begin another one')
    }
  }

  #checkWhole(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) {
      throw argumentTypeError('a payload is a Uint8Array')
    }
    if (bytes.length !== this.payloadBytes) {
      throw argumentRangeError(
        `the payload has ${this.payloadBytes} bytes, these are ${bytes.length}`,
      )
    }
  }
}
