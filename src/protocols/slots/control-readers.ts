// Readers of the negative controls: wrong protocols that look right. Each honours the terminal mark
// and the bounds of requests like the sound readers, and is wrong in exactly one named way.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import { WORD_BYTES, pad8 } from '../seqlock/layout.ts'
import { type Sealer, createSealer } from '../seqlock/seal.ts'
import { versionAt } from '../seqlock/version-word.ts'
import { Slot, type SlotsShape, slotImageBytes, slotOffset } from './layout.ts'
import { FIRST, SLOT_LANDING, SlotsReader } from './reader-base.ts'
import { FencedSlotsReader } from './reader-fenced.ts'

/** Grants a version although the owner may already be storing over it. */
export class OneLapMoreReader extends FencedSlotsReader {
  protected override missedBy(version: number, last: number): number {
    return this.lapped(version, last) - 1
  }
}

/** The last index may be sampled before the slot is. */
export class UnfencedSlotsReader extends FencedSlotsReader {
  protected override readIndex(sink: OperationSink, word: number, _fenced: boolean): void {
    super.readIndex(sink, word, false)
  }
}

/** Follows the index to a slot and returns what is there. */
export class IndexOnceReader extends SlotsReader {
  #target = 0

  constructor(shape: SlotsShape, kernels: MemoryKernels) {
    super(shape, kernels, SLOT_LANDING + pad8(shape.payloadBytes), SLOT_LANDING)
  }

  begin(sink: OperationSink): void {
    this.#target = 0
    this.readIndex(sink, FIRST, false)
  }

  resume(sink: OperationSink): VerdictCode {
    if (this.#target !== 0) {
      this.deliver(SLOT_LANDING)
      return this.done(this.#target)
    }
    const present = this.sampled(FIRST)
    if (present <= 0) return this.noVersion(present)
    this.#target = present
    const { offset, lengthBytes } = this.request
    const remote = slotOffset(this.shape, present) + Slot.payload + offset
    sink.read(SLOT_LANDING, remote, lengthBytes, false)
    return Verdict.More
  }
}

/** Takes a slot that verifies for the present version: its seal says nothing about its age. */
export class GuessWithoutIndexReader extends SlotsReader {
  readonly #seal: Sealer
  readonly #imageBytes: number
  #target = 0

  constructor(shape: SlotsShape, kernels: MemoryKernels) {
    const image = slotImageBytes(shape.payloadBytes)
    super(shape, kernels, SLOT_LANDING + image, SLOT_LANDING + Slot.payload)
    this.#imageBytes = image
    this.#seal = createSealer(shape, kernels)
  }

  begin(sink: OperationSink): void {
    this.#target = this.newest
    if (this.#target === 0) this.readIndex(sink, FIRST, false)
    else this.#readSlot(sink)
  }

  resume(sink: OperationSink): VerdictCode {
    if (this.#target !== 0 && this.#verifies()) {
      this.deliver(SLOT_LANDING + Slot.payload + this.request.offset)
      return this.done(this.#target)
    }
    // Overwritten, or the first read: ask where the present version is.
    if (this.#target !== 0) {
      this.#target = 0
      this.readIndex(sink, FIRST, false)
      return Verdict.More
    }
    const present = this.sampled(FIRST)
    if (present <= 0) return this.noVersion(present)
    this.#target = present
    this.#readSlot(sink)
    return Verdict.More
  }

  #verifies(): boolean {
    const { landing, halves } = this
    const word = SLOT_LANDING / WORD_BYTES
    if (versionAt(halves, word + Slot.version / WORD_BYTES) !== this.#target) return false
    const sealed = landing.subarray(SLOT_LANDING + Slot.version, SLOT_LANDING + this.#imageBytes)
    const words = new BigUint64Array(landing.buffer, landing.byteOffset, word + 1)
    return words[word] === this.#seal(sealed)
  }

  #readSlot(sink: OperationSink): void {
    sink.read(SLOT_LANDING, slotOffset(this.shape, this.#target), this.#imageBytes, false)
  }
}

/** A good hash over the payload that leaves the version before it out. */
export function unversionedSlotSeal(shape: SlotsShape, kernels: MemoryKernels): Sealer {
  const seal = createSealer(shape, kernels)
  return (bytes) => seal(bytes.subarray(Slot.payload - Slot.version))
}
