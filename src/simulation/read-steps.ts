// The single steps of READs: which piece may be sampled or land next, and what taking it leads to.
// Invariant: what `options` counts is exactly what `take` accepts.
import { type OperationSlots, Piece } from './operation-slots.ts'
import { ChoiceLabel } from './oracle.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import { SampleOrder } from './sample-order.ts'
import { POISON, type SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'
import type { Transfer } from './transfer.ts'

export class ReadSteps {
  readonly #name: string
  readonly #slots: OperationSlots
  readonly #transfer: Transfer
  readonly #host: QueuePairHost
  readonly #order: SampleOrder
  /** The order of the pieces is planned; otherwise any may be next. */
  readonly #planned: boolean
  readonly #finish: (slot: number) => void
  /** `changes` of the remote memory at the first sample since nothing was in flight; -1 before. */
  #changes = -1

  /** @param finish tells that a READ has landed for good */
  constructor(
    name: string,
    slots: OperationSlots,
    transfer: Transfer,
    host: QueuePairHost,
    finish: (slot: number) => void,
  ) {
    this.#name = name
    this.#slots = slots
    this.#transfer = transfer
    this.#host = host
    this.#order = new SampleOrder(slots)
    this.#planned = host.model.sampling !== 'arbitrary'
    this.#finish = finish
  }

  /** Nothing is in flight. */
  idle(): void {
    this.#changes = -1
  }

  /** A READ was posted. */
  begin(slot: number): void {
    const slots = this.#slots
    const offset = slots.localOffset[slot] as number
    const landing = slots.local[slot] as SimulatedMemory
    landing.bytes.fill(POISON, offset, offset + (slots.lengthBytes[slot] as number))
    slots.replaysLeft[slot] = this.#host.replaysMax
    this.#order.begin(slot)
    this.#plan(slot, 0)
  }

  /** Steps that a READ could take. @param able whether it may touch remote memory */
  options(slot: number, able: boolean): number {
    const landable = this.#landable(slot)
    const waiting = this.#slots.waiting[slot] as number
    if (!able || waiting === 0) return landable
    if (!this.#host.reduces) return landable + (this.#planned ? 1 : waiting)
    this.#order.able(slot)
    if (this.#host.desperate) return landable + 1
    return landable + this.#offered(slot)
  }

  /** Takes step number `choice` of those that `options` counted. */
  take(slot: number, choice: number): void {
    const landable = this.#landable(slot)
    if (choice >= landable) {
      this.#sample(slot, this.#toSample(slot, choice - landable), false)
      return
    }
    this.#transfer.land(slot, this.#slots.nth(slot, Piece.Between, choice))
    this.#conclude(slot)
  }

  /** Samples a piece whose time does not matter, if there is one: see SampleOrder. */
  settle(slot: number, storesVisible: number): boolean {
    if (this.#slots.waiting[slot] === 0) return false
    this.#order.able(slot)
    const piece = this.#order.settled(slot, this.#planned, storesVisible)
    if (piece < 0) return false
    this.#sample(slot, piece, true)
    return true
  }

  mix(slot: number, hash: StateHash): void {
    if (this.#host.reduces) this.#order.mix(slot, this.#planned, hash)
  }

  /** Pieces that may land next. */
  #landable(slot: number): number {
    return this.#host.landing === 'pieces' ? (this.#slots.between[slot] as number) : 0
  }

  /** Pieces that SampleOrder lets be sampled in this stretch. */
  #offered(slot: number): number {
    const slots = this.#slots
    const states = slots.pieceState[slot] as Uint8Array
    const end = slots.pieceCount[slot] as number
    let count = 0
    for (let piece = slots.firstOpen[slot] as number; piece < end; piece += 1) {
      if (states[piece] !== Piece.Waiting) continue
      if (this.#order.offers(slot, piece, this.#planned)) count += 1
      if (this.#planned) break
    }
    return count
  }

  /** The piece that is choice number `nth` among those that may be sampled. */
  #toSample(slot: number, nth: number): number {
    const slots = this.#slots
    const { reduces, desperate } = this.#host
    if (!reduces || desperate || this.#planned) return slots.nth(slot, Piece.Waiting, nth)
    const states = slots.pieceState[slot] as Uint8Array
    let left = nth
    for (let piece = slots.firstOpen[slot] as number; ; piece += 1) {
      if (states[piece] !== Piece.Waiting || !this.#order.offers(slot, piece, false)) continue
      if (left === 0) return piece
      left -= 1
    }
  }

  #sample(slot: number, piece: number, settled: boolean): void {
    const slots = this.#slots
    if (this.#changes < 0) this.#changes = (slots.remote[slot] as SimulatedMemory).changes
    this.#transfer.sample(slot, piece)
    this.#order.sampled(slot, piece, settled)
    if (this.#host.landing === 'direct') this.#transfer.land(slot, piece)
    if (slots.waiting[slot] === 0) this.#executed(slot)
    this.#conclude(slot)
  }

  #conclude(slot: number): void {
    const slots = this.#slots
    if (slots.waiting[slot] !== 0 || slots.between[slot] !== 0) return
    if ((slots.remote[slot] as SimulatedMemory).changes !== this.#changes) this.#host.overlaps += 1
    this.#finish(slot)
  }

  /** Every piece was sampled: that was all, unless the response is lost. */
  #executed(slot: number): void {
    const slots = this.#slots
    slots.executed[slot] = 1
    if (slots.replaysLeft[slot] === 0) return
    const { oracle, model, recorder } = this.#host
    const packets = Math.ceil((slots.lengthBytes[slot] as number) / model.packetBytes)
    const choice = oracle.choose(packets + 1, ChoiceLabel.Replay)
    slots.replaysLeft[slot] = choice === 0 ? 0 : (slots.replaysLeft[slot] as number) - 1
    if (choice === 0) return
    const from = slots.pieceAt(slot, (choice - 1) * model.packetBytes)
    slots.again(slot, from)
    this.#order.begin(slot)
    this.#plan(slot, from)
    recorder?.say('fault', this.#name, `response lost: READ executed again from packet ${choice}`, {
      operation: slots.number[slot] as number,
    })
  }

  /** Decides the direction of each packet from a piece on. */
  #plan(slot: number, from: number): void {
    const { model, oracle } = this.#host
    if (model.sampling === 'ascending' || model.sampling === 'arbitrary') return
    const slots = this.#slots
    const count = slots.pieceCount[slot] as number
    for (let first = from; first < count;) {
      const packet = Math.floor(slots.startOf(slot, first) / model.packetBytes)
      let end = first + 1
      while (end < count && Math.floor(slots.startOf(slot, end) / model.packetBytes) === packet) {
        end += 1
      }
      const descends =
        end - first > 1 &&
        (model.sampling === 'descendingInPacket' || oracle.choose(2, ChoiceLabel.Direction) === 1)
      if (descends) slots.turnRound(slot, first, end)
      first = end
    }
  }
}
