// Strategy `hash`: READ index and slot of the last known version, side by side in one round trip; the
// slot's seal proves its bytes, the index its age. Needs nothing of the hardware: no granule, no
// order, no fence. The price is hashing, and that a partial read fetches the whole slot.
//
// Landing memory:  0 index | 64 the slot's image (seal, version, payload)
//
// Why bytes that verify as version v are of version v: the seal is a keyed hash over version, payload
// and the exact length; what verifies is, but for one chance in 2^64, what the owner sealed.
//
// What the slot's READ alone can promise: that v is a version that was stored as a whole. Not that it
// is the present one: a slot verifies for as long as nobody stores over it, and its owner may have
// published N - 2 further versions. Not even that v was published: the last store of a version comes
// before its publication, and its owner may die in between. Hence the index:
//  (1) v is a version that was sampled from the index, so it was published.
//  (2) v = p for an index p sampled within this read, at any instant of it, so nothing newer than v
//      was published before the read began. An order between the two READs adds nothing.
// When the index has moved, p is the target of a second chain: (2) holds for p already.
//
// Progress: an attempt fails only if the slot of p is stored over before it is sampled: after N - 1
// further publications, in the N-th. Readers never wait: the owner may stop anywhere, for ever.
//
// History: a wanted version needs (1) only, and p ≥ v says so. It is readable for as long as nobody
// stores over it, which may be a version longer than the ring promises.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import { WORD_BYTES } from '../seqlock/layout.ts'
import { type Sealer, createSealer } from '../seqlock/seal.ts'
import { versionAt } from '../seqlock/version-word.ts'
import { Slot, type SlotsShape, slotImageBytes, slotOffset } from './layout.ts'
import { FIRST, SLOT_LANDING, SlotsReader } from './reader-base.ts'

const SEAL_WORD: number = SLOT_LANDING / WORD_BYTES
const VERSION_WORD: number = SEAL_WORD + Slot.version / WORD_BYTES

const Phase = {
  /** The index alone. */
  Ask: 0,
  /** Index and slot of a version that may have been the present one. */
  Guess: 1,
  /** Index and slot of the version that the index said in this attempt, or of the wanted one. */
  Fetch: 2,
} as const

/** Reader of strategy `hash`. */
export class HashSlotsReader extends SlotsReader {
  readonly #seal: Sealer
  readonly #imageBytes: number
  #sealed: Uint8Array = new Uint8Array(0)
  #words: BigUint64Array = new BigUint64Array(0)
  #phase: (typeof Phase)[keyof typeof Phase] = Phase.Ask
  #target = 0
  /** The last guess was wrong: a guess would only cost a slot's transfer. */
  #changing = false

  constructor(shape: SlotsShape, kernels: MemoryKernels, seal?: Sealer) {
    const image = slotImageBytes(shape.payloadBytes)
    super(shape, kernels, SLOT_LANDING + image, SLOT_LANDING + Slot.payload)
    this.#imageBytes = image
    this.#seal = seal ?? createSealer(shape, kernels)
  }

  override bind(landing: Uint8Array): void {
    super.bind(landing)
    this.#sealed = landing.subarray(SLOT_LANDING + Slot.version, SLOT_LANDING + this.#imageBytes)
    this.#words = new BigUint64Array(landing.buffer, landing.byteOffset, SEAL_WORD + 1)
  }

  begin(sink: OperationSink): void {
    this.forget()
    const { newest, wanted } = this
    if (wanted !== 0) {
      this.#readSlot(sink, Phase.Fetch, wanted)
    } else if (newest === 0 || this.#changing || this.request.knownVersion !== 0) {
      this.#phase = Phase.Ask
      this.readIndex(sink, FIRST, false)
    } else {
      this.#readSlot(sink, Phase.Guess, newest)
    }
  }

  resume(sink: OperationSink): VerdictCode {
    if (this.confirming) return this.confirm()
    const present = this.sampled(FIRST)
    if (present <= 0) return this.noVersion(present)
    if (this.wanted !== 0) return this.#history(sink, this.wanted, present)
    switch (this.#phase) {
      case Phase.Ask:
        this.#changing = this.newest !== 0 && present !== this.newest
        if (present === this.request.knownVersion) return this.unchanged(present)
        return this.#goOn(sink, present)
      case Phase.Guess:
        // The guess was sampled by an earlier read: (2) has to be shown in this one.
        this.#changing = present !== this.#target
        if (this.#changing) return this.#goOn(sink, present)
        return this.#accept(sink, present)
      case Phase.Fetch:
        return this.#accept(sink, present)
    }
  }

  #accept(sink: OperationSink, present: number): VerdictCode {
    const target = this.#target
    if (!this.#verifies(target)) return this.#refuse(sink, target, present)
    this.deliver(SLOT_LANDING + Slot.payload + this.request.offset)
    return this.done(target)
  }

  #history(sink: OperationSink, wanted: number, present: number): VerdictCode {
    if (wanted > present) return this.unchanged(present)
    // So far behind a sample of the index, no slot holds it: one of the two is a mixture, or old.
    if (present - wanted >= this.shape.slotCount) return this.#refuse(sink, wanted, present)
    return this.#accept(sink, present)
  }

  /** The slot was stored to: a later sample of the index may say so, an earlier one can not. */
  #refuse(sink: OperationSink, target: number, present: number): VerdictCode {
    const missed = this.lapped(target, present)
    return missed > 0 ? this.overtaken(sink, present, missed) : this.torn(present)
  }

  #verifies(version: number): boolean {
    if (versionAt(this.halves, VERSION_WORD) !== version) return false
    return this.#words[SEAL_WORD] === this.#seal(this.#sealed)
  }

  #goOn(sink: OperationSink, target: number): VerdictCode {
    this.#readSlot(sink, Phase.Fetch, target)
    return Verdict.More
  }

  #readSlot(sink: OperationSink, phase: (typeof Phase)[keyof typeof Phase], target: number): void {
    this.#phase = phase
    this.#target = target
    // The slot first, since it is what may be lost while other operations are under way.
    sink.read(SLOT_LANDING, slotOffset(this.shape, target), this.#imageBytes, false)
    this.readIndex(sink, FIRST, false)
  }
}
