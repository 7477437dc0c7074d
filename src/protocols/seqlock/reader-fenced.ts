// Strategy `fenced` over the plain layout: READ version, READ payload, READ version, each fenced
// after the one before. Needs version words that are sampled in one piece (granule ≥ 8); the
// payload may be sampled in any order, any granule and, before its READ completes, repeatedly.
//
// Landing memory:  0 first version | 8 last version | 64 payload, contiguous
//
// Why a snapshot is of one version v:
//  (1) The first version READ sampled v, even: at that instant t1 the owner's store v was visible,
//      hence (owner's beforePublish) every payload store of v was.
//  (2) The fences let the payload be sampled only after t1, and the last version only after the
//      payload, at t2. A replayed READ is replayed before it completes, so this holds for replays.
//  (3) The last version READ sampled v again. Versions only grow, so the odd mark v + 1 was not
//      visible at t2, hence (owner's beforePayload) no payload store of a later write was.
//  (4) By (1) and (3) every payload sample between t1 and t2 is of v. v was current at t2, within
//      the read, so the snapshot is no older than the last publication before the read began.
//
// A version sampled even by an *earlier* read, or by the check below, serves as (1) just as well:
// t1 is then merely earlier. Such an attempt needs two READs. When the last version turns out to
// be another even one, that word is itself a sample for (1), and the attempt goes on with it once.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import type { SeqlockShape } from './layout.ts'
import { LINE_BYTES, Plain, WORD_BYTES, pad8 } from './layout.ts'
import { SeqlockReader } from './reader-base.ts'
import { isStable } from './version-word.ts'

const FIRST = 0
const LAST = 1
const PAYLOAD_LANDING = LINE_BYTES

const Phase = {
  /** One READ of the version, compared with the one the caller knows. */
  Check: 0,
  /** Version, payload, version. */
  Three: 1,
  /** Payload, version; `expected` was held from an earlier read. */
  Held: 2,
  /** Payload, version; `expected` was sampled earlier in this attempt. */
  Sampled: 3,
} as const

type PhaseCode = (typeof Phase)[keyof typeof Phase]

/** Reader of strategy `fenced`. */
export class FencedReader extends SeqlockReader {
  #phase: PhaseCode
  /** The even version that the last READ of a two-READ chain must find. */
  #expected: number
  /** Version of the last snapshot, 0 before the first. */
  #held: number
  /** The region was last seen changing: holding a version would only cost a further chain. */
  #changing: boolean

  constructor(shape: SeqlockShape, _kernels: MemoryKernels) {
    super(shape, PAYLOAD_LANDING + pad8(shape.payloadBytes), PAYLOAD_LANDING)
    this.#phase = Phase.Three
    this.#expected = 0
    this.#held = 0
    this.#changing = false
  }

  begin(sink: OperationSink): void {
    if (this.request.knownVersion !== 0) {
      this.#phase = Phase.Check
      this.#readVersion(sink, FIRST, false)
    } else if (this.#held !== 0 && !this.#changing) {
      this.#readUnder(sink, Phase.Held, this.#held)
    } else {
      this.#phase = Phase.Three
      this.#readVersion(sink, FIRST, false)
      this.#readPayloadThenVersion(sink, true)
    }
  }

  resume(sink: OperationSink): VerdictCode {
    switch (this.#phase) {
      case Phase.Check:
        return this.#check(sink)
      case Phase.Three: {
        const first = this.versionAt(FIRST)
        if (!isStable(first)) return this.unstable(first)
        return this.#compare(sink, first, false)
      }
      case Phase.Held:
        return this.#compare(sink, this.#expected, true)
      case Phase.Sampled:
        return this.#compare(sink, this.#expected, false)
    }
  }

  /**
   * One 8-byte sample proves "unchanged": while the version word is v, the odd mark v + 1 is not
   * visible, so at that instant version v is the last published one and the memory still holds it.
   */
  #check(sink: OperationSink): VerdictCode {
    const sampled = this.versionAt(FIRST)
    if (!isStable(sampled)) return this.unstable(sampled)
    if (sampled === this.request.knownVersion) return this.unchanged(sampled)
    return this.#goOn(sink, sampled)
  }

  #compare(sink: OperationSink, expected: number, mayGoOn: boolean): VerdictCode {
    const last = this.versionAt(LAST)
    if (last === expected) {
      this.deliver(PAYLOAD_LANDING)
      if (this.#phase === Phase.Three) this.#changing = this.#held !== 0 && last !== this.#held
      this.#held = last
      return this.done(last)
    }
    this.#changing = true
    if (!isStable(last)) return this.unstable(last)
    return mayGoOn ? this.#goOn(sink, last) : this.torn(last)
  }

  /** Posts a second and last chain of this attempt, under a version sampled in the first one. */
  #goOn(sink: OperationSink, sampled: number): VerdictCode {
    this.#readUnder(sink, Phase.Sampled, sampled)
    return Verdict.More
  }

  /** Posts two READs, for a version that was sampled earlier. */
  #readUnder(sink: OperationSink, phase: PhaseCode, version: number): void {
    this.#phase = phase
    this.#expected = version
    this.#readPayloadThenVersion(sink, false)
  }

  /** `fenced`: an earlier READ of the same chain has to finish first. */
  #readPayloadThenVersion(sink: OperationSink, fenced: boolean): void {
    const { offset, lengthBytes } = this.request
    sink.read(PAYLOAD_LANDING, Plain.payload + offset, lengthBytes, fenced)
    this.#readVersion(sink, LAST, true)
  }

  /** Into that word of the landing memory. */
  #readVersion(sink: OperationSink, word: number, fenced: boolean): void {
    sink.read(word * WORD_BYTES, Plain.version, WORD_BYTES, fenced)
  }
}
