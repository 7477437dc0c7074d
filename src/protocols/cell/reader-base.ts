// What the readers of a cell share: landing memory, the checks of a request, sampled words, the
// object that a word points to, and the ways in which an attempt ends. Views are made once or cached,
// so that a steady stream of like requests allocates nothing.
//
// Objects have lengths of their own. A request says which bytes it wants at most: those of
// [offset, offset + lengthBytes) that the object has are delivered, from index 0 of the target on,
// and `resultBytes` says how many; 0 when the object ends before `offset`. `objectBytes` is the
// object's own length. A request of length 0 reads the header only.
//
// Landing memory:  0 first word | 8 last word | 16 row | 104 header | 128 payload
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type { MemoryKernels } from '../local-memory.ts'
import type {
  EvidenceCode,
  OperationSink,
  ReaderMachine,
  ReadRequest,
  VerdictCode,
} from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { WORD_BYTES, pad8 } from '../seqlock/layout.ts'
import { Cell, CellObject, type CellShape } from './layout.ts'
import { Pointer, PointerCode, type PointerKind } from './pointer-code.ts'

/** Word of the landing memory for a word that is sampled first … */
export const FIRST = 0
/** … and for one that is sampled last. */
export const LAST = 1
/** Where the image of a row lies. */
export const ROW_LANDING: number = 2 * WORD_BYTES
/** Where payloads land: on a line. */
export const PAYLOAD_LANDING = 128
/** Where headers land: so that an object may land in one piece. */
export const HEADER_LANDING: number = PAYLOAD_LANDING - CellObject.payload
const HEADER_WORD: number = HEADER_LANDING / WORD_BYTES

const noBytes = new Uint8Array(0)
const noRequest: ReadRequest = { target: noBytes, offset: 0, lengthBytes: 0, knownVersion: 0 }

/** Base of the reader machines of a cell. */
export abstract class CellReader implements ReaderMachine {
  readonly landingBytes: number
  payloadView: Uint8Array | null = null
  version = 0
  evidence: EvidenceCode = Evidence.None
  /** After Done: bytes that were delivered. */
  resultBytes = 0
  /** Bytes of the whole object of `version`. */
  objectBytes = 0
  /** The word that published `version`, as it stands in memory. */
  wordLow = 0
  wordHigh = 0
  /** Byte offset of the object in the region. */
  objectOffset = 0
  protected readonly shape: CellShape
  protected readonly code: PointerCode
  protected request: ReadRequest = noRequest
  protected halves: Int32Array = new Int32Array(0)
  /** Newest version that an attempt accepted; 0 before the first. */
  protected newest = 0
  #landing: Uint8Array = noBytes
  #slice: Uint8Array = noBytes

  constructor(
    shape: CellShape,
    kernels: MemoryKernels,
    code: PointerCode = new PointerCode(shape, kernels),
  ) {
    this.shape = shape
    this.code = code
    this.landingBytes = PAYLOAD_LANDING + pad8(shape.objectBytesMax)
  }

  bind(landing: Uint8Array): void {
    this.halves = boundHalves(landing, this.landingBytes)
    this.#landing = landing
    this.#slice = noBytes
    this.payloadView = landing.subarray(
      PAYLOAD_LANDING,
      PAYLOAD_LANDING + this.shape.objectBytesMax,
    )
  }

  start(request: ReadRequest): void {
    const { offset, lengthBytes, target, knownVersion } = request
    if (this.halves.length === 0) throw argumentTypeError('bind landing memory before start')
    if (!(Number.isInteger(offset) && Number.isInteger(lengthBytes))) {
      throw argumentTypeError(`offset and length must be integers, not ${offset}, ${lengthBytes}`)
    }
    const most = this.shape.objectBytesMax
    if (offset < 0 || lengthBytes < 0 || offset + lengthBytes > most) {
      throw argumentRangeError(
        `${lengthBytes} bytes at ${offset} are not inside an object of at most ${most}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (target.length < lengthBytes) {
      throw argumentRangeError(
        `the target has ${target.length} bytes for a read of up to ${lengthBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (!Number.isSafeInteger(knownVersion) || knownVersion < 0) {
      throw argumentRangeError(`a version is a safe integer from 0 up, not ${knownVersion}`)
    }
    this.request = request
    this.evidence = Evidence.None
  }

  abstract begin(sink: OperationSink): void
  abstract resume(sink: OperationSink): VerdictCode

  protected readWord(sink: OperationSink, word: number, fenced: boolean): void {
    sink.read(word * WORD_BYTES, Cell.word, WORD_BYTES, fenced)
  }

  /** Decodes a landed word into `code`. */
  protected decode(word: number): PointerKind {
    return this.code.decode(this.halves[2 * word] as number, this.halves[2 * word + 1] as number)
  }

  /** Fetches what the request wants of the object that `code` has decoded. */
  protected readObject(sink: OperationSink): void {
    const { offset, lengthBytes } = this.request
    const { payloadBytesMax } = this.code
    const remote = this.code.offset
    const wanted = pad8(Math.max(0, Math.min(lengthBytes, payloadBytesMax - offset)))
    if (offset === 0) {
      sink.read(HEADER_LANDING, remote, CellObject.payload + wanted, false)
      return
    }
    sink.read(HEADER_LANDING, remote, CellObject.payload, false)
    if (wanted === 0) return
    // From the request's first byte on, so that bytes land where they are delivered from.
    const part = Math.max(0, Math.min(lengthBytes, payloadBytesMax - offset))
    sink.read(PAYLOAD_LANDING, remote + CellObject.payload + offset, part, false)
  }

  /**
   * The version of the landed object, if the word in `low`, `high` published it; else 0. A version
   * older than one that was accepted before is not believed: words do not go back.
   */
  protected objectVersion(low: number, high: number): number {
    if (this.code.decode(low, high) !== Pointer.Object) return 0
    const version = this.code.versionOf(this.halves, HEADER_WORD, low)
    return version >= this.newest ? version : 0
  }

  /** Whether a landed word is the one that published `newest`. */
  protected isHeld(word: number): boolean {
    return this.halves[2 * word] === this.wordLow && this.halves[2 * word + 1] === this.wordHigh
  }

  /** The word decoded last published `version`, whose header has landed. */
  protected remember(version: number, low: number, high: number): void {
    this.newest = version
    this.objectBytes = this.halves[2 * HEADER_WORD + 2] as number
    this.wordLow = low
    this.wordHigh = high
    this.objectOffset = this.code.offset
  }

  /** Ends an attempt with the landed object, published as `version` by the word decoded last. */
  protected done(version: number, low: number, high: number): VerdictCode {
    const { offset, lengthBytes } = this.request
    this.remember(version, low, high)
    this.resultBytes = Math.max(0, Math.min(lengthBytes, this.objectBytes - offset))
    this.#deliver()
    return this.end(version, Evidence.None, Verdict.Done)
  }

  protected unchanged(version: number): VerdictCode {
    return this.end(version, Evidence.None, Verdict.Unchanged)
  }

  /** What landed could not be proven to be one object. */
  protected torn(): VerdictCode {
    return this.end(this.version, Evidence.Torn, Verdict.Retry)
  }

  /** The object was replaced while it was read. */
  protected replaced(): VerdictCode {
    return this.end(this.version, Evidence.Lapped, Verdict.Retry)
  }

  /** Ends an attempt on a word that points to no object. */
  protected noObject(kind: PointerKind): VerdictCode {
    if (kind === Pointer.Closed) return this.end(this.version, Evidence.None, Verdict.Closed)
    if (kind === Pointer.Garbage) return this.torn()
    return this.end(0, Evidence.WriterActive, Verdict.Retry)
  }

  protected end(version: number, evidence: EvidenceCode, verdict: VerdictCode): VerdictCode {
    this.version = version
    this.evidence = evidence
    return verdict
  }

  /** Copies the result from where it landed, unless the target is that very memory. */
  #deliver(): void {
    const { target } = this.request
    const length = this.resultBytes
    if (target === this.payloadView || length === 0) return
    if (this.#slice.length !== length) {
      this.#slice = this.#landing.subarray(PAYLOAD_LANDING, PAYLOAD_LANDING + length)
    }
    target.set(this.#slice)
  }
}

/**
 * The landing memory of a machine as signed 32-bit halves of words.
 * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS too short, ERR_UNTORN_MISALIGNED
 */
export function boundHalves(landing: Uint8Array, landingBytes: number): Int32Array {
  if (landing.byteLength < landingBytes) {
    throw argumentRangeError(
      `landing memory has ${landing.byteLength} bytes, the machine needs ${landingBytes}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }
  if (landing.byteOffset % WORD_BYTES !== 0) {
    throw argumentRangeError(
      `landing memory starts at byte ${landing.byteOffset} of its buffer, not on a word`,
      'ERR_UNTORN_MISALIGNED',
    )
  }
  return new Int32Array(landing.buffer, landing.byteOffset, landingBytes >>> 2)
}
