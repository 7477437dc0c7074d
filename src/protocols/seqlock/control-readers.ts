// Readers of the negative controls: wrong protocols that look right. Each honours the terminal
// mark and request bounds like the sound readers, and is wrong in exactly one named way.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, ReadRequest, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { Locked, Message } from './control-layout.ts'
import type { SeqlockShape } from './layout.ts'
import {
  BothEnds,
  LINE_BYTES,
  Plain,
  WORD_BYTES,
  bothEndsBack,
  imageBytes,
  pad8,
} from './layout.ts'
import { SeqlockReader } from './reader-base.ts'
import { WordsReader } from './reader-words.ts'
import type { Sealer } from './seal.ts'
import { CLOSED_WORD, isStable, versionAt } from './version-word.ts'

/** One READ; whatever landed is the answer. */
export class NaiveReader extends SeqlockReader {
  constructor(shape: SeqlockShape) {
    super(shape, Plain.payload + pad8(shape.payloadBytes), Plain.payload)
  }

  begin(sink: OperationSink): void {
    const { offset, lengthBytes } = this.request
    const end = Plain.payload + offset + lengthBytes
    sink.read(Plain.version, Plain.version, end - Plain.version, false)
  }

  resume(_sink: OperationSink): VerdictCode {
    const version = versionAt(this.halves, Plain.version / WORD_BYTES)
    if (version === CLOSED_WORD) return this.closed()
    this.deliver(Plain.payload + this.request.offset)
    return this.done(Math.max(0, version))
  }
}

/** READ of version and payload together, then, fenced, the version again. */
export class VersionWithDataReader extends SeqlockReader {
  constructor(shape: SeqlockShape) {
    super(shape, Plain.payload + pad8(shape.payloadBytes), Plain.payload)
  }

  begin(sink: OperationSink): void {
    const { offset, lengthBytes } = this.request
    const end = Plain.payload + offset + lengthBytes
    sink.read(Plain.version, Plain.version, end - Plain.version, false)
    sink.read(0, Plain.version, WORD_BYTES, true)
  }

  resume(_sink: OperationSink): VerdictCode {
    const first = versionAt(this.halves, Plain.version / WORD_BYTES)
    const last = versionAt(this.halves, 0)
    if (!isStable(first)) return this.unstable(first)
    if (!isStable(last)) return this.unstable(last)
    if (first !== last) return this.torn(last)
    this.deliver(Plain.payload + this.request.offset)
    return this.done(last)
  }
}

/** In which way a three-READ reader is wrong. */
export interface ThreeReadFlaw {
  readonly unfenced?: boolean
  readonly parityUnchecked?: boolean
  readonly equalityUnchecked?: boolean
  /** The version of the first attempt labels the bytes of a later one. */
  readonly headerKept?: boolean
}

/** Version, payload, version, with one step left out. */
export class ThreeReadReader extends SeqlockReader {
  readonly #flaw: ThreeReadFlaw
  #header: number

  constructor(shape: SeqlockShape, flaw: ThreeReadFlaw) {
    super(shape, LINE_BYTES + pad8(shape.payloadBytes), LINE_BYTES)
    this.#flaw = flaw
    this.#header = 0
  }

  override start(request: ReadRequest): void {
    super.start(request)
    this.#header = 0
  }

  begin(sink: OperationSink): void {
    const fenced = this.#flaw.unfenced !== true
    const { offset, lengthBytes } = this.request
    sink.read(0, Plain.version, WORD_BYTES, false)
    sink.read(LINE_BYTES, Plain.payload + offset, lengthBytes, fenced)
    sink.read(WORD_BYTES, Plain.version, WORD_BYTES, fenced)
  }

  resume(_sink: OperationSink): VerdictCode {
    const first = versionAt(this.halves, 0)
    const last = versionAt(this.halves, 1)
    if (first <= 0) return this.unstable(first)
    if (last < 0) return this.unstable(last)
    if (this.#header === 0) this.#header = first
    if (this.#flaw.parityUnchecked !== true) {
      if (!isStable(first)) return this.unstable(first)
      if (!isStable(last)) return this.unstable(last)
    }
    if (this.#flaw.equalityUnchecked !== true && first !== last) return this.torn(last)
    this.deliver(LINE_BYTES)
    return this.done(this.#flaw.headerKept === true ? this.#header : last)
  }
}

/** Lock and version, payload, version, each fenced: the lock is not looked at again. */
export class LockUncheckedReader extends SeqlockReader {
  constructor(shape: SeqlockShape) {
    super(shape, LINE_BYTES + pad8(shape.payloadBytes), LINE_BYTES)
  }

  begin(sink: OperationSink): void {
    const { offset, lengthBytes } = this.request
    sink.read(0, Locked.lock, 2 * WORD_BYTES, false)
    sink.read(LINE_BYTES, Plain.payload + offset, lengthBytes, true)
    sink.read(2 * WORD_BYTES, Plain.version, WORD_BYTES, true)
  }

  resume(_sink: OperationSink): VerdictCode {
    const locked = versionAt(this.halves, 0) !== 0
    const first = versionAt(this.halves, 1)
    const last = versionAt(this.halves, 2)
    if (last < 0) return this.unstable(last)
    if (!isStable(first)) return this.unstable(first)
    if (locked) {
      this.version = first
      this.evidence = Evidence.WriterActive
      return Verdict.Retry
    }
    if (first !== last) return this.torn(last)
    this.deliver(LINE_BYTES)
    return this.done(last)
  }
}

/** One READ of a region with its version at both ends; equal ends are believed. */
export class BothEndsReader extends SeqlockReader {
  readonly #back: number

  constructor(shape: SeqlockShape) {
    super(shape, imageBytes('both-ends', shape.payloadBytes), BothEnds.payload)
    this.#back = bothEndsBack(shape.payloadBytes)
  }

  begin(sink: OperationSink): void {
    sink.read(0, 0, this.#back + WORD_BYTES, false)
  }

  resume(_sink: OperationSink): VerdictCode {
    const front = versionAt(this.halves, BothEnds.front / WORD_BYTES)
    const back = versionAt(this.halves, this.#back / WORD_BYTES)
    if (!isStable(front)) return this.unstable(front)
    if (!isStable(back)) return this.unstable(back)
    if (front !== back) return this.torn(back)
    this.deliver(BothEnds.payload + this.request.offset)
    return this.done(front)
  }
}

/** The front version first, then, fenced, one READ of payload and trailing version. */
export class VersionThenDataReader extends SeqlockReader {
  protected readonly back: number

  constructor(shape: SeqlockShape) {
    super(shape, imageBytes('both-ends', shape.payloadBytes), BothEnds.payload)
    this.back = bothEndsBack(shape.payloadBytes)
  }

  begin(sink: OperationSink): void {
    sink.read(0, BothEnds.front, WORD_BYTES, false)
    this.readData(sink, true)
  }

  protected readData(sink: OperationSink, fenced: boolean): void {
    const from = Math.floor((BothEnds.payload + this.request.offset) / WORD_BYTES) * WORD_BYTES
    sink.read(from, from, this.back + WORD_BYTES - from, fenced)
  }

  resume(_sink: OperationSink): VerdictCode {
    const front = versionAt(this.halves, 0)
    const back = versionAt(this.halves, this.back / WORD_BYTES)
    if (!isStable(front)) return this.unstable(front)
    if (!isStable(back)) return this.unstable(back)
    if (front !== back) return this.torn(back)
    this.deliver(BothEnds.payload + this.request.offset)
    return this.done(front)
  }
}

/** One READ of payload and trailing version, then, fenced, that version again. */
export class DataThenVersionReader extends VersionThenDataReader {
  override begin(sink: OperationSink): void {
    this.readData(sink, false)
    sink.read(0, this.back, WORD_BYTES, true)
  }
}

/** One READ proven by a weak seal; `zeroAccepted` drops the rule that version 0 never verifies. */
export class WeakSealReader extends SeqlockReader {
  readonly #seal: Sealer
  readonly #zeroAccepted: boolean
  readonly #imageBytes: number

  constructor(shape: SeqlockShape, seal: Sealer, zeroAccepted: boolean) {
    const image = imageBytes('plain', shape.payloadBytes)
    super(shape, image, Plain.payload)
    this.#seal = seal
    this.#zeroAccepted = zeroAccepted
    this.#imageBytes = image
  }

  begin(sink: OperationSink): void {
    sink.read(0, 0, this.#imageBytes, false)
  }

  resume(_sink: OperationSink): VerdictCode {
    const version = versionAt(this.halves, Plain.version / WORD_BYTES)
    const zero = version === 0 && this.#zeroAccepted
    if (!isStable(version) && !zero) return this.unstable(version)
    const found = new BigUint64Array(this.landing.buffer, this.landing.byteOffset, 1)[0]
    const sealed = this.landing.subarray(Plain.version, this.#imageBytes)
    if (found !== this.#seal(sealed)) return this.torn(version)
    this.deliver(Plain.payload + this.request.offset)
    return this.done(version)
  }
}

/** Zero-padded messages whose length is believed when the seal, which leaves it out, verifies. */
export class MessageReader extends WeakSealReader {
  constructor(shape: SeqlockShape, seal: Sealer) {
    super(shape, seal, false)
  }

  override resume(sink: OperationSink): VerdictCode {
    const verdict = super.resume(sink)
    if (verdict !== Verdict.Done) return verdict
    const { offset, lengthBytes, target } = this.request
    const end = versionAt(this.halves, Message.length / WORD_BYTES) - offset
    target.fill(0, Math.min(Math.max(0, end), lengthBytes), lengthBytes)
    return verdict
  }
}

/** `words` with tags of fewer than 32 bits. */
export class ShortTagReader extends WordsReader {
  readonly #tags: number

  constructor(shape: SeqlockShape, kernels: MemoryKernels, tagBits: number) {
    super(shape, kernels)
    this.#tags = 2 ** tagBits
  }

  protected override versionOf(high: number, tag: number): number {
    if (high === 0xffff_ffff && tag === 0xffff_ffff) return CLOSED_WORD
    return (high * this.#tags + tag) * 2
  }
}
