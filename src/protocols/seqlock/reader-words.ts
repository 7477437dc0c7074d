// Strategy `words` over the words layout: every 64-bit word carries 32 payload bits and the low 32
// bits of the write counter, so every word proves its own version. Needs words that are sampled in
// one piece (granule ≥ 8), and no order of any kind.
//
// Landing memory:  0 counter word | 8 words of the requested range
//
// Why a snapshot is of one version:
//  (1) The owner stores each 64-bit word in one store, so a sampled word is wholly of one write.
//  (2) The counter word gives the exact counter c of its write (high half and tag).
//  (3) All tags equal c modulo 2^32. All words were sampled between the chain's post and its
//      completion, replays included. Unless 2^32 writes fall into that window, they are all of
//      write c. At ten million writes a second that takes 429 s. A queue pair with timeout 14
//      gives up on a lost response after at most 4 · 67 ms for each of 8 tries, 2.1 s.
//  (4) It is fresh: had a write after c been published (all its words visible) before the read
//      began, its counter word would have been sampled instead.
//
// A partial read posts two READs, counter word and range, in one chain and unfenced: the argument
// nowhere uses their order. The counter word is part of every read, for the exact version, and so
// that versions never go backwards: while a write is being stored, a range may already be new.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, ReadRequest, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import type { SeqlockShape } from './layout.ts'
import { Words, WORD_BYTES, imageBytes, pad4 } from './layout.ts'
import { SeqlockReader } from './reader-base.ts'
import { isStable, versionOfCounter } from './version-word.ts'

const RANGE_LANDING = WORD_BYTES
const UNIT_BYTES = 4

/** Reader of strategy `words`. */
export class WordsReader extends SeqlockReader {
  readonly #kernels: MemoryKernels
  #checking: boolean
  /** First unit of the request. */
  #firstUnit: number
  /** The landed words of the request; cached by length. */
  #range: Uint8Array
  /** Where payload goes that cannot be unpacked straight into the target; made when needed. */
  #scratch: Uint8Array
  /** `#scratch` cut to the request; cached by offset and length. */
  #wanted: Uint8Array
  #unpacked: Uint8Array
  /** The target cut to the request; cached by target. */
  #exact: Uint8Array
  #exactOf: Uint8Array

  constructor(shape: SeqlockShape, kernels: MemoryKernels) {
    super(shape, imageBytes('words', shape.payloadBytes), null)
    const none = new Uint8Array(0)
    this.#kernels = kernels
    this.#checking = false
    this.#firstUnit = 0
    this.#range = none
    this.#scratch = none
    this.#wanted = none
    this.#unpacked = none
    this.#exact = none
    this.#exactOf = none
  }

  override start(request: ReadRequest): void {
    super.start(request)
    this.#firstUnit = Math.floor(request.offset / UNIT_BYTES)
    const endUnit = Math.ceil((request.offset + request.lengthBytes) / UNIT_BYTES)
    const rangeBytes = (endUnit - this.#firstUnit) * WORD_BYTES
    if (this.#range.length !== rangeBytes) {
      this.#range = this.landing.subarray(RANGE_LANDING, RANGE_LANDING + rangeBytes)
    }
  }

  begin(sink: OperationSink): void {
    this.#checking = this.request.knownVersion !== 0
    if (this.#checking) sink.read(0, Words.counter, WORD_BYTES, false)
    else this.#readWords(sink)
  }

  resume(sink: OperationSink): VerdictCode {
    const tag = this.halves[1] as number
    const version = this.versionOf(this.halves[0] as number, tag)
    if (!isStable(version)) return this.unstable(version)
    if (this.#checking) {
      // One sample proves "unchanged": while the counter word is of write c, no later write is
      // published, because publication is the visibility of all its words.
      if (version === this.request.knownVersion) return this.unchanged(version)
      this.#checking = false
      this.#readWords(sink)
      return Verdict.More
    }
    return this.#unpack(tag) ? this.done(version) : this.torn(version)
  }

  protected versionOf(high: number, tag: number): number {
    return versionOfCounter(high, tag)
  }

  #readWords(sink: OperationSink): void {
    const rangeBytes = this.#range.length
    if (this.#firstUnit === 0) {
      sink.read(0, Words.counter, WORD_BYTES + rangeBytes, false)
      return
    }
    sink.read(0, Words.counter, WORD_BYTES, false)
    const remote = Words.payload + this.#firstUnit * WORD_BYTES
    sink.read(RANGE_LANDING, remote, rangeBytes, false)
  }

  #unpack(tag: number): boolean {
    const { target, offset, lengthBytes } = this.request
    const unitBytes = this.#range.length / 2
    if (lengthBytes === unitBytes && target.byteOffset % UNIT_BYTES === 0) {
      if (this.#exactOf !== target || this.#exact.length !== unitBytes) {
        this.#exactOf = target
        this.#exact = target.length === unitBytes ? target : target.subarray(0, unitBytes)
      }
      return this.#kernels.deinterleave32(this.#exact, this.#range, tag)
    }
    const skip = offset - this.#firstUnit * UNIT_BYTES
    if (this.#scratch.length === 0) this.#scratch = new Uint8Array(pad4(this.payloadBytes))
    if (this.#unpacked.length !== unitBytes) this.#unpacked = this.#scratch.subarray(0, unitBytes)
    if (this.#wanted.byteOffset !== skip || this.#wanted.length !== lengthBytes) {
      this.#wanted = this.#scratch.subarray(skip, skip + lengthBytes)
    }
    if (!this.#kernels.deinterleave32(this.#unpacked, this.#range, tag)) return false
    target.set(this.#wanted)
    return true
  }
}
