// The stores of a versioned-slots owner, in their order. Slots, loans and versions are the owner's
// business; what becomes visible before what is this file's.
//
// Order of one publication, and what breaks without each step:
//  (1) Payload and header of version v, into slot v mod N. That slot holds v - N, which is not the
//      present version and is no longer promised to anybody: with v - 1 published, the oldest
//      readable version is v - N + 1.
//  (2) beforePublish: all of (1) is visible before (3). Pairs with the first index READ: one that
//      samples v proves that every byte of v is in memory. Without it a reader is sent to a slot
//      whose bytes are still of v - N; and if the owner dies there, for good.
//  (3) index := v. The publication: before it v does not exist, after it v is the present version.
//  (4) afterPublish: (3) is visible before (1) of version v + 1. Pairs with the last index READ: one
//      that still samples p, with p < v, proves that no store of v + 1 was visible before. Without
//      it bytes of v + 1 replace those of v + 1 - N while the index still grants that version:
//      with N = 2 the present one.
//
// The argument uses the barriers only, not the release order of storeWord64. With the strategy
// `hash`, readers notice what (4) prevents by themselves; it costs nothing to keep one owner.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import { WORD_BYTES, pad8 } from '../seqlock/layout.ts'
import type { Sealer } from '../seqlock/seal.ts'
import { IndexCode } from './index-code.ts'
import { Region, Slot, type SlotsShape, slotImageBytes, slotOffset } from './layout.ts'

/** Stores of the strategies; negative controls leave out or swap one step. */
export class SlotsPlacement {
  protected readonly memory: LocalMemory
  protected readonly shape: SlotsShape
  protected readonly code: IndexCode
  readonly #sealer: Sealer | null

  constructor(
    memory: LocalMemory,
    shape: SlotsShape,
    kernels: MemoryKernels,
    sealer: Sealer | null,
    code: IndexCode = new IndexCode(shape, kernels),
  ) {
    this.memory = memory
    this.shape = shape
    this.code = code
    this.#sealer = sealer
  }

  /**
   * Before the first version: the memory may have held anything. Until the first publication the
   * index says "never formatted"; what else is there is behind it (beforePayload).
   */
  format(): void {
    const { payloadBytes, slotCount } = this.shape
    this.memory.storeWord(Region.index, 0)
    this.memory.barrier('beforePayload')
    const padding = new Uint8Array(pad8(payloadBytes) - payloadBytes)
    for (let slot = 0; slot < slotCount; slot += 1) {
      const offset = slotOffset(this.shape, slot)
      this.memory.storeWord(offset + Slot.hash, 0)
      if (padding.length > 0) this.memory.copyIn(offset + Slot.payload + payloadBytes, padding)
    }
  }

  /** Stores payload bytes of a version that is not published yet. */
  copyIn(version: number, offset: number, source: Uint8Array): void {
    this.memory.copyIn(this.payloadOffset(version) + offset, source)
  }

  /** The payload of a version as the owner stored it; valid until the slot is stored to again. */
  view(version: number, offset: number, lengthBytes: number): Uint8Array {
    return this.memory.view(this.payloadOffset(version) + offset, lengthBytes)
  }

  /**
   * The payload of a version that is not published yet, to be stored to directly; null where the port
   * has to see every store. Such stores are step (1) like any other: in no order among themselves, and
   * before (2).
   */
  storeView(version: number): Uint8Array | null {
    const { payloadBytes } = this.shape
    return this.memory.storeView?.(this.payloadOffset(version), payloadBytes) ?? null
  }

  /** Steps (1, header) to (4): makes a version whose payload is stored the present one. */
  publish(version: number): void {
    this.header(version)
    this.memory.barrier('beforePublish')
    this.storeIndex(version)
    this.memory.barrier('afterPublish')
  }

  /** Stores the terminal mark. Slots stay as they are, where nobody looks for them any more. */
  close(): void {
    this.memory.storeWord64(Region.index, this.code.encodeClosed())
  }

  protected storeIndex(version: number): void {
    this.memory.storeWord64(Region.index, this.code.encode(version))
  }

  /** Stores what stands beside the payload: version, and with `hash` the seal. */
  protected header(version: number): void {
    const slot = slotOffset(this.shape, version)
    this.memory.storeWord(slot + Slot.version, version)
    if (this.#sealer === null) return
    // Over the slot itself: what is sealed is what readers will find there.
    const sealedBytes = slotImageBytes(this.shape.payloadBytes) - WORD_BYTES
    const sealed = this.memory.view(slot + Slot.version, sealedBytes)
    this.memory.storeWord64(slot + Slot.hash, this.#sealer(sealed))
  }

  protected payloadOffset(version: number): number {
    return slotOffset(this.shape, version) + Slot.payload
  }
}
