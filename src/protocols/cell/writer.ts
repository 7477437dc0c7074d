// A remote writer: WRITE an object into room that the owner granted, then swap the word to it, on one
// queue pair. Invariant: an object of the grant is stored to only while the owner has nothing in it:
// before its first publication, or after the owner gave it back for the last one.
//
//  (1) The WRITE is placed before the compare-and-swap touches the word: it comes earlier on the same
//      queue pair. So whoever samples the new word finds every byte of the object.
//  (2) The swap succeeds only if the word is still the one that the new object was computed from: words
//      do not recur (pointer-code.ts). So no publication is overwritten unseen.
//  (3) The object says which word it replaces (`previous`): the owner finds publications by it.
//  (4) When the swap fails, nobody has seen the object: its room is used again. The object is written
//      anew for the next try, since version and previous word are others.
//  (5) When the result never lands, nobody knows; then the claim is over, as is all that it granted.
//
// Landing memory:  0 found word | 104 header | 128 payload | line
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type { MemoryKernels } from '../local-memory.ts'
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { LINE_BYTES, pad8 } from '../seqlock/layout.ts'
import {
  CELL_VERSION_MAX,
  CellObject,
  type CellShape,
  GRANT_OBJECTS,
  classFor,
  grantUnit,
  lineOffset,
  unitOffset,
} from './layout.ts'
import { Pointer, PointerCode } from './pointer-code.ts'
import { HEADER_LANDING, PAYLOAD_LANDING, boundHalves } from './reader-base.ts'
import { WordSwap } from './word-swap.ts'

const TWO_32 = 0x1_0000_0000

/** What a new object is computed from: as a ValidatedReader has read it. */
export interface CellBase {
  readonly version: number
  readonly wordLow: number
  readonly wordHigh: number
}

const NO_BASE: CellBase = { version: 0, wordLow: 0, wordHigh: 0 }

/** One writer's machine; `begin` needs a sink on the queue pair of its claim. */
export class CellWriter implements RemoteMachine {
  readonly landingBytes: number
  evidence: EvidenceCode = Evidence.None
  /** After Done with `swapped`: the version that was published. */
  version = 0
  /** After Done: whether the object was published. False: another one was, meanwhile. */
  swapped = false
  /** After Retry: the owner has not given any object back yet; it has to reclaim first. */
  starved = false
  /** Where the bytes of the next object may be put, to be given to `start` without a copy. */
  payloadView: Uint8Array | null = null
  readonly #shape: CellShape
  readonly #writer: number
  readonly #code: PointerCode
  readonly #swap: WordSwap
  readonly #lineLanding: number
  /** How often this writer has published each of its objects. */
  readonly #uses: Float64Array = new Float64Array(GRANT_OBJECTS)
  /**
   * How often the owner had given each back, when the line was READ last; -1 before: objects that a
   * writer of this place published earlier may be withheld.
   */
  readonly #released: Float64Array = new Float64Array(GRANT_OBJECTS).fill(-1)
  #halves: Int32Array = new Int32Array(0)
  #base: CellBase = NO_BASE
  #lengthBytes = 0
  /** The object being written; -1 while the line is being READ. */
  #object = -1

  /**
   * @param writer the place, from the grant
   * @param swap another way to judge the swap of the word: negative controls only
   */
  constructor(
    shape: CellShape,
    kernels: MemoryKernels,
    writer: number,
    swap: WordSwap = new WordSwap(),
    code: PointerCode = new PointerCode(shape, kernels),
  ) {
    this.#shape = shape
    this.#writer = writer
    this.#swap = swap
    this.#code = code
    this.#lineLanding = PAYLOAD_LANDING + Math.ceil(shape.objectBytesMax / LINE_BYTES) * LINE_BYTES
    this.landingBytes = this.#lineLanding + LINE_BYTES
  }

  /** The last swap's result is not known: ERR_UNTORN_UNKNOWN_OUTCOME, if it stays so. */
  get inDoubt(): boolean {
    return this.#swap.inDoubt
  }

  bind(landing: Uint8Array): void {
    this.#halves = boundHalves(landing, this.landingBytes)
    this.payloadView = landing.subarray(
      PAYLOAD_LANDING,
      PAYLOAD_LANDING + this.#shape.objectBytesMax,
    )
  }

  /**
   * Sets what is to be published, and what it is computed from. The bytes are copied, unless they are
   * the beginning of `payloadView`.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   */
  start(bytes: Uint8Array, base: CellBase): void {
    const { payloadView } = this
    if (payloadView === null) throw argumentTypeError('bind landing memory before start')
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('an object is a Uint8Array')
    if (bytes.length > payloadView.length) {
      throw argumentRangeError(
        `an object has at most ${payloadView.length} bytes, these are ${bytes.length}`,
      )
    }
    if (!(base.version >= 1 && base.version < CELL_VERSION_MAX)) {
      throw argumentRangeError(`no version follows ${base.version}`)
    }
    const inPlace =
      bytes.buffer === payloadView.buffer && bytes.byteOffset === payloadView.byteOffset
    if (!inPlace) payloadView.set(bytes)
    this.#lengthBytes = bytes.length
    this.#base = base
    this.evidence = Evidence.None
  }

  begin(sink: RemoteSink): void {
    this.swapped = false
    this.starved = false
    if (this.#base.version === 0) throw argumentTypeError('start a write before beginning it')
    this.#object = this.#freeObject()
    if (this.#object >= 0) {
      this.#publish(sink)
      return
    }
    const line = lineOffset(this.#shape, this.#writer)
    sink.read(this.#lineLanding, line, LINE_BYTES, false)
  }

  resume(sink: RemoteSink): VerdictCode {
    if (this.#object >= 0) return this.#judge()
    this.#readLine()
    this.#object = this.#freeObject()
    if (this.#object >= 0) {
      this.#publish(sink)
      return Verdict.More
    }
    this.starved = true
    this.evidence = Evidence.None
    return Verdict.Retry
  }

  #publish(sink: RemoteSink): void {
    const version = this.#base.version + 1
    const unit = grantUnit(this.#shape, this.#writer, this.#object)
    this.#code.encode(version, classFor(this.#lengthBytes), unit)
    this.header(version, this.#base)
    const lengthBytes = CellObject.payload + pad8(this.#lengthBytes)
    sink.write(HEADER_LANDING, unitOffset(this.#shape, unit), lengthBytes, false)
    const { wordLow, wordHigh } = this.#base
    this.#swap.post(sink, { low: wordLow, high: wordHigh }, this.#code)
  }

  #judge(): VerdictCode {
    const swapped = this.#swap.landed(this.#halves)
    this.evidence = Evidence.None
    if (swapped) {
      const object = this.#object
      this.#uses[object] = (this.#uses[object] as number) + 1
      this.version = this.#base.version + 1
      this.swapped = true
      return Verdict.Done
    }
    const kind = this.#code.decode(this.#swap.low, this.#swap.high)
    return kind === Pointer.Closed ? Verdict.Closed : Verdict.Done
  }

  /** Stores the header of the object that `#code` has encoded the word of (3). */
  protected header(version: number, base: CellBase): void {
    const halves = this.#halves
    const at = HEADER_LANDING / 4
    halves[at] = version >>> 0
    halves[at + 1] = Math.floor(version / TWO_32)
    halves[at + 2] = this.#lengthBytes
    halves[at + 3] = this.#code.low
    halves[at + 4] = base.wordLow
    halves[at + 5] = base.wordHigh
  }

  #freeObject(): number {
    for (let object = 0; object < GRANT_OBJECTS; object += 1) {
      if (this.#uses[object] === this.#released[object]) return object
    }
    return -1
  }

  #readLine(): void {
    const at = this.#lineLanding / 4
    for (let object = 0; object < GRANT_OBJECTS; object += 1) {
      const low = (this.#halves[at + 2 * object] as number) >>> 0
      const high = (this.#halves[at + 2 * object + 1] as number) >>> 0
      this.#released[object] = high * TWO_32 + low
    }
  }
}
