// Strategy `lines` over the lines layout: one READ of the 64-byte lines that cover the request;
// every line carries the version. Sound only where an aligned 64-byte line is sampled in one piece.
//
// Landing memory:  0 lines of the requested range
//
// Why a snapshot is of one version v:
//  (1) A line sampled with the even tag v holds 56 bytes of v: tag v became visible after v's
//      payload (owner's beforePublish), and the dirty tag v + 1 becomes visible before any later
//      payload (beforePayload). Tag and bytes are one sample, so nothing lies between.
//  (2) All tags equal v, and tags are whole versions, which never recur: all lines are of v.
//  (3) It is fresh: publication is the visibility of all tags, so had a later version been
//      published before the read began, its tags would have been sampled.
//  (4) Partial reads never go backwards: a line with tag v proves that every line had been dirty
//      or newer by then, so no later read of other lines can find them clean and older.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, ReadRequest, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import type { SeqlockShape } from './layout.ts'
import { LINE_BYTES, LINE_PAYLOAD_BYTES, WORD_BYTES, imageBytes } from './layout.ts'
import { SeqlockReader } from './reader-base.ts'
import { CLOSED_WORD, isStable, versionAt } from './version-word.ts'

const LINE_WORDS = LINE_BYTES / WORD_BYTES
const LINE_UNITS = LINE_BYTES / 4
const LINE_PAYLOAD_UNITS = LINE_PAYLOAD_BYTES / 4

/** Reader of strategy `lines`. */
export class LinesReader extends SeqlockReader {
  #checking: boolean
  #firstLine: number
  #lines: number
  /** The target as 32-bit units; cached by target. */
  #units: Uint32Array
  #unitsOf: Uint8Array | null

  constructor(shape: SeqlockShape, _kernels: MemoryKernels) {
    super(shape, imageBytes('lines', shape.payloadBytes), null)
    this.#checking = false
    this.#firstLine = 0
    this.#lines = 0
    this.#units = new Uint32Array(0)
    this.#unitsOf = null
  }

  override start(request: ReadRequest): void {
    super.start(request)
    const end = request.offset + request.lengthBytes
    this.#firstLine = Math.floor(request.offset / LINE_PAYLOAD_BYTES)
    this.#lines = Math.ceil(end / LINE_PAYLOAD_BYTES) - this.#firstLine
  }

  begin(sink: OperationSink): void {
    this.#checking = this.request.knownVersion !== 0
    if (this.#checking) sink.read(0, this.#firstLine * LINE_BYTES, WORD_BYTES, false)
    else this.#readLines(sink)
  }

  resume(sink: OperationSink): VerdictCode {
    const version = versionAt(this.halves, 0)
    if (this.#checking) {
      if (!isStable(version)) return this.unstable(version)
      // One tag proves "unchanged": a later version is published only after this line's tag has
      // been dirty, and the tag is still that of the version the caller holds.
      if (version === this.request.knownVersion) return this.unchanged(version)
      this.#checking = false
      this.#readLines(sink)
      return Verdict.More
    }
    for (let line = 0; line < this.#lines; line += 1) {
      const tag = versionAt(this.halves, line * LINE_WORDS)
      if (tag === version && isStable(tag)) continue
      return this.#mismatch(line)
    }
    this.#unpack()
    return this.done(version)
  }

  /** Any one terminal mark is conclusive; else the first tag that differs says what is going on. */
  #mismatch(line: number): VerdictCode {
    for (let later = line; later < this.#lines; later += 1) {
      if (versionAt(this.halves, later * LINE_WORDS) === CLOSED_WORD) return this.closed()
    }
    const tag = versionAt(this.halves, line * LINE_WORDS)
    return isStable(tag) ? this.torn(tag) : this.unstable(tag)
  }

  #readLines(sink: OperationSink): void {
    sink.read(0, this.#firstLine * LINE_BYTES, this.#lines * LINE_BYTES, false)
  }

  #unpack(): void {
    const { target, offset, lengthBytes } = this.request
    let skip = offset - this.#firstLine * LINE_PAYLOAD_BYTES
    if (skip % 4 === 0 && lengthBytes % 4 === 0 && target.byteOffset % 4 === 0) {
      if (this.#unitsOf !== target) {
        this.#units = new Uint32Array(target.buffer, target.byteOffset, target.length >>> 2)
        this.#unitsOf = target
      }
      this.#unpackUnits(skip / 4, lengthBytes / 4)
      return
    }
    const landing = this.landing
    let from = WORD_BYTES
    for (let to = 0; to < lengthBytes; from += LINE_BYTES, skip = 0) {
      const end = Math.min(lengthBytes, to + LINE_PAYLOAD_BYTES - skip)
      for (let at = from + skip; to < end; at += 1, to += 1) target[to] = landing[at] as number
    }
  }

  #unpackUnits(firstUnit: number, count: number): void {
    const units = this.#units
    const halves = this.halves
    let skip = firstUnit
    let from = WORD_BYTES / 4
    for (let to = 0; to < count; from += LINE_UNITS, skip = 0) {
      const end = Math.min(count, to + LINE_PAYLOAD_UNITS - skip)
      for (let at = from + skip; to < end; at += 1, to += 1) units[to] = halves[at] as number
    }
  }
}
