// Strategy `fenced`: READ index p1 → READ slot of p1 → READ index p2, each after the one before.
// Needs no granule (the index is encoded: index-code.ts) and no order of sampling inside a READ.
//
// Landing memory:  0 first index | 8 last index | 64 payload, contiguous
//
// Why bytes of slot v mod N are of version v:
//  (1) v was published before the slot was sampled: an index READ that had completed by then sampled
//      v or more. Hence (owner's beforePublish) every byte of v was in memory.
//  (2) The last index READ, fenced after the slot's, sampled p2 ≤ v + N - 2. Hence v + N - 1 was not
//      published when the last byte of the slot was sampled, replays included, and (owner's
//      afterPublish) no store of v + N, the next version of that slot, was visible.
//  (3) By (1) and (2) every byte was sampled while the slot held v. With N = 2, p2 = v: the latch.
//
// Why it is the present version: v = p1, sampled within this read. Versions published before the read
// began are no newer than p1. What is published later need not be returned.
//
// Speculation: with a version g sampled by an earlier read, index, slot of g and last index go out in
// one chain. The first index need not be sampled before the slot then: (1) holds since that earlier
// read, and p1 = g says only that g was the present version at some instant of this one. When it was
// not, the last index of the same chain is the p1 of the next.
//
// Progress: an attempt fails with Lapped only if N - 1 versions were published between the sample p1
// and the sample p2. Readers never wait: the owner may stop anywhere, for ever.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import { pad8 } from '../seqlock/layout.ts'
import type { IndexCode } from './index-code.ts'
import { Slot, type SlotsShape, slotOffset } from './layout.ts'
import { FIRST, LAST, SLOT_LANDING, SlotsReader } from './reader-base.ts'

const Phase = {
  /** One READ of the index: nothing is known, or the caller wants to know whether it has moved. */
  Ask: 0,
  /** Index, slot of `#target`, index: is the version of an earlier read still the present one? */
  Guess: 1,
  /** Slot of `#target`, index: the target was published before. */
  Fetch: 2,
} as const

/** Reader of strategy `fenced`. */
export class FencedSlotsReader extends SlotsReader {
  #phase: (typeof Phase)[keyof typeof Phase] = Phase.Ask
  /** The version whose slot is being read. */
  #target = 0
  /** Index sampled before the slot was, in this attempt; 0 where none is needed. */
  #first = 0
  /** The last guess was wrong: a guess would only cost a slot's transfer. */
  #changing = false

  constructor(shape: SlotsShape, kernels: MemoryKernels, code?: IndexCode) {
    super(shape, kernels, SLOT_LANDING + pad8(shape.payloadBytes), SLOT_LANDING, code)
  }

  begin(sink: OperationSink): void {
    this.forget()
    const { newest, wanted } = this
    this.#first = 0
    if (wanted !== 0) {
      const known = wanted <= newest && this.lapped(wanted, newest) <= 0
      if (known) this.#fetch(sink, wanted)
      else this.#ask(sink)
      return
    }
    if (newest === 0 || this.#changing || this.request.knownVersion !== 0) {
      this.#ask(sink)
      return
    }
    this.#phase = Phase.Guess
    this.#target = newest
    this.readIndex(sink, FIRST, false)
    this.#readSlot(sink)
  }

  resume(sink: OperationSink): VerdictCode {
    if (this.confirming) return this.confirm()
    switch (this.#phase) {
      case Phase.Ask:
        return this.#answer(sink)
      case Phase.Guess:
        return this.#checkGuess(sink)
      case Phase.Fetch:
        return this.#accept(sink, this.#target, this.sampled(LAST))
    }
  }

  /** One sample of the index: at that instant it was the present version. */
  #answer(sink: OperationSink): VerdictCode {
    const before = this.newest
    const present = this.sampled(FIRST)
    if (present <= 0) return this.noVersion(present)
    this.#first = present
    const { wanted } = this
    if (wanted === 0) {
      this.#changing = before !== 0 && present !== before
      if (present === this.request.knownVersion) return this.unchanged(present)
      return this.#fetch(sink, present)
    }
    if (wanted > present) return this.unchanged(present)
    const missed = this.lapped(wanted, present)
    return missed > 0 ? this.overtaken(sink, present, missed) : this.#fetch(sink, wanted)
  }

  #checkGuess(sink: OperationSink): VerdictCode {
    const first = this.sampled(FIRST)
    const last = this.sampled(LAST)
    if (first === this.#target) return this.#accept(sink, first, last)
    this.#changing = true
    if (last <= 0) return this.noVersion(last)
    this.#first = last
    return this.#fetch(sink, last)
  }

  /** Accepts the landed slot as `version` if the last index still grants it. */
  #accept(sink: OperationSink, version: number, last: number): VerdictCode {
    if (last <= 0) return this.noVersion(last)
    // Versions do not go back: one of the samples is a mixture, or the owner keeps no protocol.
    if (last < version || last < this.#first) return this.torn(last)
    const missed = this.missedBy(version, last)
    if (missed > 0) return this.overtaken(sink, last, missed)
    this.deliver(SLOT_LANDING)
    return this.done(version)
  }

  /** How many versions too many were published; negative controls count otherwise. */
  protected missedBy(version: number, last: number): number {
    return this.lapped(version, last)
  }

  #ask(sink: OperationSink): void {
    this.#phase = Phase.Ask
    this.readIndex(sink, FIRST, false)
  }

  #fetch(sink: OperationSink, target: number): VerdictCode {
    this.#phase = Phase.Fetch
    this.#target = target
    this.#readSlot(sink)
    return Verdict.More
  }

  #readSlot(sink: OperationSink): void {
    const { offset, lengthBytes } = this.request
    const remote = slotOffset(this.shape, this.#target) + Slot.payload + offset
    sink.read(SLOT_LANDING, remote, lengthBytes, false)
    this.readIndex(sink, LAST, true)
  }
}
