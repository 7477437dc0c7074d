// What all seqlock readers share: landing memory, the checks of a request, and the copy of landed
// payload to the caller. Every view is made once or cached by what it covers, so that a steady
// stream of like requests allocates nothing.
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type {
  EvidenceCode,
  OperationSink,
  ReaderMachine,
  ReadRequest,
  VerdictCode,
} from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import type { SeqlockShape } from './layout.ts'
import { assertLittleEndian, checkShape } from './layout.ts'
import { CLOSED_WORD, GARBAGE_WORD, versionAt } from './version-word.ts'

const noBytes = new Uint8Array(0)
const noRequest: ReadRequest = { target: noBytes, offset: 0, lengthBytes: 0, knownVersion: 0 }

/** Base of the seqlock's reader machines. */
export abstract class SeqlockReader implements ReaderMachine {
  readonly landingBytes: number
  payloadView: Uint8Array | null
  version: number
  evidence: EvidenceCode
  protected readonly payloadBytes: number
  protected request: ReadRequest
  protected landing: Uint8Array
  /** The landing memory as 32-bit halves of words. */
  protected halves: Uint32Array
  /** Null when the payload lands interleaved with marks. */
  readonly #payloadLandingOffset: number | null
  /** The landed bytes that were copied last; cached by offset and length. */
  #slice: Uint8Array

  protected constructor(
    shape: SeqlockShape,
    landingBytes: number,
    payloadLandingOffset: number | null,
  ) {
    checkShape(shape)
    assertLittleEndian()
    this.landingBytes = landingBytes
    this.payloadView = null
    this.#payloadLandingOffset = payloadLandingOffset
    this.payloadBytes = shape.payloadBytes
    this.version = 0
    this.evidence = Evidence.None
    this.request = noRequest
    this.landing = noBytes
    this.halves = new Uint32Array(0)
    this.#slice = noBytes
  }

  bind(landing: Uint8Array): void {
    if (landing.byteLength < this.landingBytes) {
      throw argumentRangeError(
        `landing memory has ${landing.byteLength} bytes, the reader needs ${this.landingBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (landing.byteOffset % 8 !== 0) {
      throw argumentRangeError(
        `landing memory starts at byte ${landing.byteOffset} of its buffer, not on a word`,
        'ERR_UNTORN_MISALIGNED',
      )
    }
    this.landing = landing
    this.halves = new Uint32Array(landing.buffer, landing.byteOffset, this.landingBytes >>> 2)
    const start = this.#payloadLandingOffset
    if (start !== null) this.payloadView = landing.subarray(start, start + this.payloadBytes)
    this.bound()
  }

  start(request: ReadRequest): void {
    const { offset, lengthBytes, target, knownVersion } = request
    if (this.landing.length === 0) throw argumentTypeError('bind landing memory before start')
    if (!(Number.isInteger(offset) && Number.isInteger(lengthBytes))) {
      throw argumentTypeError(`offset and length must be integers, not ${offset}, ${lengthBytes}`)
    }
    if (offset < 0 || lengthBytes < 1 || offset + lengthBytes > this.payloadBytes) {
      throw argumentRangeError(
        `${lengthBytes} bytes at ${offset} are not inside a payload of ${this.payloadBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (target.length < lengthBytes) {
      throw argumentRangeError(
        `the target has ${target.length} bytes for a read of ${lengthBytes}`,
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

  /** Makes further views over the landing memory. */
  protected bound(): void {}

  /** The version in a landed word. A layout that keeps more than a version there says how it is read. */
  protected versionAt(word: number): number {
    return versionAt(this.halves, word)
  }

  /** Copies the request's bytes from `landingOffset`, unless they landed in the target itself. */
  protected deliver(landingOffset: number): void {
    const { target, offset, lengthBytes } = this.request
    if (target === this.payloadView && offset === 0) return
    const start = this.landing.byteOffset + landingOffset
    if (this.#slice.byteOffset !== start || this.#slice.length !== lengthBytes) {
      this.#slice = this.landing.subarray(landingOffset, landingOffset + lengthBytes)
    }
    target.set(this.#slice)
  }

  protected done(version: number): VerdictCode {
    this.version = version
    this.evidence = Evidence.None
    return Verdict.Done
  }

  protected unchanged(version: number): VerdictCode {
    this.version = version
    this.evidence = Evidence.None
    return Verdict.Unchanged
  }

  /** Bytes that could not be proven to be of one version; `version` is the last one sampled. */
  protected torn(version: number): VerdictCode {
    this.version = version
    this.evidence = Evidence.Torn
    return Verdict.Retry
  }

  protected closed(): VerdictCode {
    this.evidence = Evidence.None
    return Verdict.Closed
  }

  /**
   * Ends an attempt on a sampled version that is not stable: closed, garbage, odd, or the 0 of
   * memory whose formatting has not ended.
   */
  protected unstable(version: number): VerdictCode {
    if (version === CLOSED_WORD) return this.closed()
    // What no owner stored is no version to tell: the one seen before stays.
    if (version === GARBAGE_WORD) return this.torn(this.version)
    this.version = version
    this.evidence = Evidence.WriterActive
    return Verdict.Retry
  }
}
