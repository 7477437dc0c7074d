// Reading parts of an object that a guard protects: one READ, no word. Invariant: what is accepted was
// fetched before the guard's lease ran out.
//
// The object is one that a PinnedReader accepted under this guard; it is not stored to while the guard
// lasts (reclaimer.ts), so its bytes need no further proof.
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type {
  EvidenceCode,
  OperationSink,
  ReaderMachine,
  ReadRequest,
  VerdictCode,
} from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { pad8 } from '../seqlock/layout.ts'
import { CellObject, type CellShape, checkCellShape } from './layout.ts'
import { boundHalves } from './reader-base.ts'
import type { Clock } from './reader-pinned.ts'
import type { ReaderRow } from './reader-row.ts'

/** An object as a PinnedReader found it. */
export interface PinnedObject {
  /** Byte offset in the region: `PinnedReader.objectOffset`. */
  readonly objectOffset: number
  readonly objectBytes: number
  readonly version: number
  /** Term of the guard that protects it. */
  readonly guard: number
}

export interface ObjectRequest extends ReadRequest {
  readonly object: PinnedObject
}

/** Reader of a pinned object. Ends with Done, or with Expired. */
export class PinnedObjectReader implements ReaderMachine {
  readonly landingBytes: number
  payloadView: Uint8Array | null = null
  version = 0
  readonly evidence: EvidenceCode = Evidence.None
  /** After Done: bytes that were delivered. */
  resultBytes = 0
  readonly #row: ReaderRow
  readonly #clock: Clock
  #landing: Uint8Array = new Uint8Array(0)
  #slice: Uint8Array = new Uint8Array(0)
  #request: ObjectRequest | null = null

  constructor(shape: CellShape, row: ReaderRow, clock: Clock) {
    checkCellShape(shape)
    this.#row = row
    this.#clock = clock
    this.landingBytes = pad8(shape.objectBytesMax)
  }

  bind(landing: Uint8Array): void {
    boundHalves(landing, this.landingBytes)
    this.#landing = landing
    this.payloadView = landing.subarray(0, this.landingBytes)
  }

  start(request: ObjectRequest): void {
    const { offset, lengthBytes, target, object } = request
    if (this.payloadView === null) throw argumentTypeError('bind landing memory before start')
    if (!(Number.isInteger(offset) && Number.isInteger(lengthBytes))) {
      throw argumentTypeError(`offset and length must be integers, not ${offset}, ${lengthBytes}`)
    }
    const outside = offset < 0 || lengthBytes < 1 || offset + lengthBytes > object.objectBytes
    if (outside || target.length < lengthBytes) {
      throw argumentRangeError(
        `${lengthBytes} bytes at ${offset} are not inside an object of ${object.objectBytes}, or ` +
          `do not fit into ${target.length}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    this.#request = request
  }

  begin(sink: OperationSink): void {
    const { object, offset, lengthBytes } = this.#started()
    sink.read(0, object.objectOffset + CellObject.payload + offset, lengthBytes, false)
  }

  resume(_sink: OperationSink): VerdictCode {
    const { object, lengthBytes, target } = this.#started()
    if (!this.#row.holds(object.guard, this.#clock())) return Verdict.Expired
    if (this.#slice.length !== lengthBytes) this.#slice = this.#landing.subarray(0, lengthBytes)
    if (target !== this.payloadView) target.set(this.#slice)
    this.version = object.version
    this.resultBytes = lengthBytes
    return Verdict.Done
  }

  #started(): ObjectRequest {
    if (this.#request === null) throw argumentTypeError('start a read before beginning it')
    return this.#request
  }
}
