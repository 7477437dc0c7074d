// The single steps of WRITEs: pieces are fetched from local memory at any time, and placed in the
// order of the model. Invariant: what `options` counts is exactly what `take` accepts.
import { Opcode } from '../fabric/operation-ring.ts'
import { isAtomic, isRead } from './operation-rules.ts'
import { type OperationSlots, Piece } from './operation-slots.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import type { Transfer } from './transfer.ts'

export class WriteSteps {
  readonly #slots: OperationSlots
  readonly #transfer: Transfer
  readonly #host: QueuePairHost
  readonly #placed: (slot: number) => void
  readonly #accepted: (slot: number) => void

  /**
   * @param placed tells that all of a WRITE is in remote memory
   * @param accepted tells that a WRITE completes before that
   */
  constructor(
    slots: OperationSlots,
    transfer: Transfer,
    host: QueuePairHost,
    placed: (slot: number) => void,
    accepted: (slot: number) => void,
  ) {
    this.#slots = slots
    this.#transfer = transfer
    this.#host = host
    this.#placed = placed
    this.#accepted = accepted
  }

  /**
   * Steps that a WRITE could take: fetch, place, complete early.
   * @param able whether it may touch remote memory
   * @param next whether it is the next operation to complete
   */
  options(slot: number, able: boolean, next: boolean): number {
    const waiting = this.#slots.waiting[slot] as number
    return waiting + this.#placeable(slot, able) + (this.#acceptable(slot, next) ? 1 : 0)
  }

  /** Takes step number `choice` of those that `options` counted. */
  take(slot: number, choice: number, able: boolean): void {
    const slots = this.#slots
    const waiting = slots.waiting[slot] as number
    if (choice < waiting) {
      this.#transfer.fetch(slot, slots.nth(slot, Piece.Waiting, choice))
    } else if (choice - waiting === this.#placeable(slot, able)) {
      // The NIC has the bytes, so the local buffer is not looked at any more.
      this.fetchRest(slot)
      this.#watch(slot)
      this.#accepted(slot)
    } else {
      this.#watch(slot)
      this.#transfer.place(slot, slots.nth(slot, Piece.Between, choice - waiting))
      if (slots.firstOpen[slot] === slots.pieceCount[slot]) this.#placed(slot)
    }
  }

  /** Fetches all that was not fetched. */
  fetchRest(slot: number): void {
    const slots = this.#slots
    while (slots.waiting[slot] !== 0) this.#transfer.fetch(slot, slots.nth(slot, Piece.Waiting, 0))
  }

  /** Nobody waits for an operation any more; what it still does to remote memory it does alone. */
  orphan(slot: number): void {
    const slots = this.#slots
    const opcode = slots.opcode[slot] as number
    slots.completed[slot] = 1
    // Whatever a READ would yet sample, nobody would look at.
    if (isRead(opcode)) slots.finished[slot] = 1
    else if (isAtomic(opcode)) slots.local[slot] = null
    else if (slots.finished[slot] === 0) this.fetchRest(slot)
  }

  /** A WRITE that was fetched early is fetched once more, to see whether that is all the same. */
  #watch(slot: number): void {
    if (!this.#host.fetchesAtPost || this.#slots.completed[slot] === 1) return
    if (!this.#transfer.fetchedAll(slot)) this.#host.meddled = true
  }

  /** Pieces that may be placed next. */
  #placeable(slot: number, able: boolean): number {
    const slots = this.#slots
    const between = slots.between[slot] as number
    if (between === 0 || !able) return 0
    const { writePlacement, packetBytes } = this.#host.model
    if (writePlacement === 'arbitrary') return between
    const states = slots.pieceState[slot] as Uint8Array
    const first = slots.firstOpen[slot] as number
    if (writePlacement === 'ascending') return states[first] === Piece.Between ? 1 : 0
    const packet = Math.floor(slots.startOf(slot, first) / packetBytes)
    const end = slots.pieceAt(slot, (packet + 1) * packetBytes)
    let count = 0
    for (let piece = first; piece < end; piece += 1) if (states[piece] === Piece.Between) count += 1
    return count
  }

  #acceptable(slot: number, next: boolean): boolean {
    const accepts = this.#host.model.writeCompletion === 'accepted'
    return accepts && next && this.#slots.opcode[slot] === Opcode.Write
  }
}
