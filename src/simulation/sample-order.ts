// Leaves out schedules that differ only in when a READ samples what nobody changes meanwhile. The
// value of a sample depends on which stores to its granule came before it, and on nothing else. So
// every schedule can be brought into this form, without changing any value, by moving samples to
// earlier steps:
//  (1) a piece is sampled in the stretch in which its READ becomes able to, or in one that begins
//      with a change of its granule (a stretch lasts until the READ's memory changes again);
//  (2) pieces that are sampled in one stretch are sampled in ascending order, those of (3) aside;
//  (3) a piece whose granule changes no more is sampled at once.
// READs then complete earlier, so what waits for them can happen earlier, but need not: whatever
// they enable is a free choice again. This holds while nobody looks at landing memory before the
// completion and no fault hits operations in flight: worlds where that matters do without.
import type { OperationSlots } from './operation-slots.ts'
import { Piece } from './operation-slots.ts'
import type { SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'

export class SampleOrder {
  readonly #slots: OperationSlots
  /** `changes` of the remote memory when the READ became able to sample; -1 before. */
  readonly #ableAt: Int32Array
  /** Where the last sample began, and `changes` then. */
  readonly #lastStart: Int32Array
  readonly #lastAt: Int32Array

  constructor(slots: OperationSlots) {
    this.#slots = slots
    this.#ableAt = new Int32Array(slots.depth)
    this.#lastStart = new Int32Array(slots.depth)
    this.#lastAt = new Int32Array(slots.depth)
  }

  /** A READ was posted, or has to be executed again. */
  begin(slot: number): void {
    this.#ableAt[slot] = -1
    this.#lastAt[slot] = -1
  }

  /** The READ may sample from now on, if it could not before. */
  able(slot: number): void {
    if (this.#ableAt[slot] === -1) this.#ableAt[slot] = this.#remote(slot).changes
  }

  /**
   * The READ sampled a piece; where the order is fixed, the next one becomes able to.
   * @param settled by rule (3), which binds no other piece to come later
   */
  sampled(slot: number, piece: number, settled: boolean): void {
    const { changes } = this.#remote(slot)
    const start = settled ? 0 : this.#slots.startOf(slot, piece)
    if (this.#lastAt[slot] !== changes || !settled) this.#lastStart[slot] = start
    this.#lastAt[slot] = changes
  }

  /** Whether a waiting piece may be sampled in this stretch: rules (1) and (2). */
  offers(slot: number, piece: number, ordered: boolean): boolean {
    const remote = this.#remote(slot)
    const { changes } = remote
    const start = this.#slots.startOf(slot, piece)
    if (this.#lastAt[slot] === changes) {
      // Where the order is fixed, the piece became able to in this very stretch.
      if (ordered) return true
      if (start < (this.#lastStart[slot] as number)) return false
    }
    if (this.#ableAt[slot] === changes) return true
    return remote.changedLast((this.#slots.remoteOffset[slot] as number) + start)
  }

  /** A waiting piece whose granule changes no more, or -1: rule (3). */
  settled(slot: number, ordered: boolean, storesVisible: number): number {
    const slots = this.#slots
    const remote = this.#remote(slot)
    const base = slots.remoteOffset[slot] as number
    const states = slots.pieceState[slot] as Uint8Array
    for (let piece = slots.firstOpen[slot] as number; ; piece += 1) {
      if (piece >= (slots.pieceCount[slot] as number)) return -1
      if (states[piece] !== Piece.Waiting) continue
      if (remote.settledAfter(base + slots.startOf(slot, piece), storesVisible)) return piece
      if (ordered) return -1
    }
  }

  mix(slot: number, ordered: boolean, hash: StateHash): void {
    const slots = this.#slots
    const states = slots.pieceState[slot] as Uint8Array
    hash.mix(this.#ableAt[slot] === -1 ? 1 : 0)
    for (let piece = 0; piece < (slots.pieceCount[slot] as number); piece += 1) {
      if (states[piece] !== Piece.Waiting || !this.offers(slot, piece, ordered)) continue
      hash.mix(piece)
    }
  }

  #remote(slot: number): SimulatedMemory {
    return this.#slots.remote[slot] as SimulatedMemory
  }
}
