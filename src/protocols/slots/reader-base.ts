// What the readers of versioned slots share: landing memory, the checks of a request, what is known
// of the index, and the ways in which an attempt ends. Every view is made once or cached by what it
// covers, so that a steady stream of like requests allocates nothing.
//
// Invariant: `newest` was published: it is a version that an attempt accepted, not merely sampled.
//
// How far a sampled index is believed. Where index words are sampled in one piece, it is simply true.
// Where they are not, a mixture of two words decodes to a number out of 2^64 at random (index-code.ts):
//  - to one that this reader is about to accept, or already holds, with probability 2^-64 times N;
//  - to some safe integer with 2^-11. So one sample alone never decides that a version is gone for
//    ever (`confirm`), and never becomes `newest`.
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
import { LINE_BYTES, WORD_BYTES } from '../seqlock/layout.ts'
import { CLOSED_WORD, GARBAGE_WORD } from '../seqlock/version-word.ts'
import { IndexCode } from './index-code.ts'
import {
  Region,
  type SlotsShape,
  checkSlotsShape,
  firstVersionOf,
  oldestReadable,
} from './layout.ts'

/** What to read of a versioned-slots region. */
export interface SlotsReadRequest extends ReadRequest {
  /**
   * Read this version, not the present one; 0 or absent: the present one. `knownVersion` is then
   * ignored. Ends with Unchanged when it has not been published yet, with Lapped when it is gone.
   */
  readonly wantedVersion?: number
}

/** A reader machine that can be asked for earlier versions. */
export interface SlotsReaderMachine extends ReaderMachine {
  readonly missed: number
  start(request: SlotsReadRequest): void
}

/** Word of the landing memory for the first index of a chain … */
export const FIRST = 0
/** … and for the last one. */
export const LAST = 1
/** Where slots, or payloads, land. */
export const SLOT_LANDING: number = LINE_BYTES

/**
 * Versions that can be published between two READs of the index, at most: at ten million a second
 * more than a second's. Two samples that agree by chance do so with probability 2^-51.
 */
const NEAR = 2 ** 24

const noBytes = new Uint8Array(0)
const noRequest: SlotsReadRequest = { target: noBytes, offset: 0, lengthBytes: 0, knownVersion: 0 }

/** Base of the reader machines of versioned slots. */
export abstract class SlotsReader implements SlotsReaderMachine {
  readonly landingBytes: number
  payloadView: Uint8Array | null = null
  version = 0
  evidence: EvidenceCode = Evidence.None
  missed = 0
  protected readonly shape: SlotsShape
  protected request: SlotsReadRequest = noRequest
  protected landing: Uint8Array = noBytes
  /** The landing memory as 32-bit halves of words. */
  protected halves: Uint32Array = new Uint32Array(0)
  /** Newest version that an attempt accepted; 0 before the first. */
  protected newest = 0
  /** The sample that said that the wanted version is gone, while another one is fetched; else 0. */
  #doubted = 0
  readonly #code: IndexCode
  readonly #firstVersion: number
  readonly #payloadLanding: number
  #slice: Uint8Array = noBytes
  #sliceStart = -1

  /** @param payloadLanding byte offset in the landing memory where the payload lands */
  protected constructor(
    shape: SlotsShape,
    kernels: MemoryKernels,
    landingBytes: number,
    payloadLanding: number,
    code: IndexCode = new IndexCode(shape, kernels),
  ) {
    checkSlotsShape(shape)
    this.shape = shape
    this.landingBytes = landingBytes
    this.#code = code
    this.#firstVersion = firstVersionOf(shape)
    this.#payloadLanding = payloadLanding
  }

  bind(landing: Uint8Array): void {
    if (landing.byteLength < this.landingBytes) {
      throw argumentRangeError(
        `landing memory has ${landing.byteLength} bytes, the reader needs ${this.landingBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (landing.byteOffset % WORD_BYTES !== 0) {
      throw argumentRangeError(
        `landing memory starts at byte ${landing.byteOffset} of its buffer, not on a word`,
        'ERR_UNTORN_MISALIGNED',
      )
    }
    this.landing = landing
    this.halves = new Uint32Array(landing.buffer, landing.byteOffset, this.landingBytes >>> 2)
    this.#sliceStart = -1
    const start = this.#payloadLanding
    this.payloadView = landing.subarray(start, start + this.shape.payloadBytes)
  }

  start(request: SlotsReadRequest): void {
    const { offset, lengthBytes, target, knownVersion, wantedVersion = 0 } = request
    const { payloadBytes } = this.shape
    if (this.landing.length === 0) throw argumentTypeError('bind landing memory before start')
    if (!(Number.isInteger(offset) && Number.isInteger(lengthBytes))) {
      throw argumentTypeError(`offset and length must be integers, not ${offset}, ${lengthBytes}`)
    }
    if (offset < 0 || lengthBytes < 1 || offset + lengthBytes > payloadBytes) {
      throw argumentRangeError(
        `${lengthBytes} bytes at ${offset} are not inside a payload of ${payloadBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (target.length < lengthBytes) {
      throw argumentRangeError(
        `the target has ${target.length} bytes for a read of ${lengthBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    checkVersion(knownVersion)
    checkVersion(wantedVersion)
    this.request = request
    this.evidence = Evidence.None
    this.missed = 0
  }

  abstract begin(sink: OperationSink): void
  abstract resume(sink: OperationSink): VerdictCode

  /** Called by `begin`: an attempt may have been given up anywhere. */
  protected forget(): void {
    this.#doubted = 0
  }

  /** The version that the request wants; 0 for the present one. */
  protected get wanted(): number {
    return this.request.wantedVersion ?? 0
  }

  protected readIndex(sink: OperationSink, word: number, fenced: boolean): void {
    sink.read(word * WORD_BYTES, Region.index, WORD_BYTES, fenced)
  }

  /**
   * The version in a landed index word; 0 or negative when it is none. Whatever the memory holds,
   * what is positive here is a version that this region may have, and addresses a slot of it.
   */
  protected sampled(word: number): number {
    const version = this.#code.decode(this.halves, word)
    return version > 0 && version < this.#firstVersion ? GARBAGE_WORD : version
  }

  /** How many versions from `version` on are gone when `present` is published; below 1: none. */
  protected lapped(version: number, present: number): number {
    return oldestReadable(this.shape, present) - version
  }

  /** Copies the request's bytes from where they landed, unless the target is that very memory. */
  protected deliver(landingOffset: number): void {
    const { target, offset, lengthBytes } = this.request
    if (target === this.payloadView && offset === 0) return
    if (this.#sliceStart !== landingOffset || this.#slice.length !== lengthBytes) {
      this.#slice = this.landing.subarray(landingOffset, landingOffset + lengthBytes)
      this.#sliceStart = landingOffset
    }
    target.set(this.#slice)
  }

  protected done(version: number): VerdictCode {
    if (version > this.newest) this.newest = version
    return this.#end(version, Evidence.None, 0, Verdict.Done)
  }

  protected unchanged(version: number): VerdictCode {
    return this.#end(version, Evidence.None, 0, Verdict.Unchanged)
  }

  /** Bytes that could not be proven to be of one version; `version` the last one sampled. */
  protected torn(version: number): VerdictCode {
    return this.#end(version, Evidence.Torn, 0, Verdict.Retry)
  }

  /**
   * The version being read is gone, as one sample of the index says. Whoever wants the present
   * version tries again, for there is a newer one; that an earlier one is gone has to be confirmed.
   */
  protected overtaken(sink: OperationSink, present: number, missed: number): VerdictCode {
    if (this.wanted === 0) return this.#end(present, Evidence.Lapped, missed, Verdict.Retry)
    this.#doubted = present
    this.readIndex(sink, FIRST, false)
    return Verdict.More
  }

  /** The index has been fetched once more, to see whether the wanted version is really gone. */
  protected get confirming(): boolean {
    return this.#doubted !== 0
  }

  /** Ends an attempt of which only `confirming` was left. */
  protected confirm(): VerdictCode {
    const present = this.sampled(FIRST)
    if (present <= 0) return this.noVersion(present)
    const published = present - this.#doubted
    if (published < 0 || published > NEAR) return this.torn(present)
    return this.#end(present, Evidence.None, this.lapped(this.wanted, present), Verdict.Lapped)
  }

  /** Ends an attempt on an index that is no version: closed, garbage, or never formatted. */
  protected noVersion(index: number): VerdictCode {
    if (index === CLOSED_WORD) return this.#end(-1, Evidence.None, 0, Verdict.Closed)
    if (index === GARBAGE_WORD) return this.torn(-1)
    return this.#end(0, Evidence.WriterActive, 0, Verdict.Retry)
  }

  #end(version: number, evidence: EvidenceCode, missed: number, verdict: VerdictCode): VerdictCode {
    if (version >= 0) this.version = version
    this.evidence = evidence
    this.missed = missed
    return verdict
  }
}

function checkVersion(version: number): void {
  if (Number.isSafeInteger(version) && version >= 0) return
  throw argumentRangeError(`a version is a safe integer from 0 up, not ${version}`)
}
