// One queue pair of a simulated NIC: operations in flight, and the single steps in which the
// sampling model lets them touch memory. What the model does not order, the oracle decides.
//
// Rules, for an operation and the unfinished earlier ones of its queue pair:
//  (1) READ: waits for earlier WRITEs and SENDs; fenced, or where READs are ordered, for earlier
//      READs and atomics. (A lost response makes the requester go back, and what came later is
//      executed again as well: so the last samples of ordered READs are ordered.)
//  (2) WRITE, SEND, atomic: waits for earlier WRITEs, SENDs and atomics; fenced, for earlier READs;
//      where the model orders them, until these were executed once: a replay may come later.
//  (3) Completions come in order. An accepted WRITE may complete before it is placed, and (1) and
//      (2) still hold for it.
import { Opcode, OperationFlags } from '../fabric/operation-ring.ts'
import { Status } from '../fabric/status.ts'
import { OperationSlots, Piece } from './operation-slots.ts'
import { ChoiceLabel } from './oracle.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import { SampleOrder } from './sample-order.ts'
import { replaysMatter } from './sampling-model.ts'
import { POISON, type SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'
import { Transfer } from './transfer.ts'

/** Called for each completion, in order, inside the step that caused it; may post. */
export type OnComplete = (
  id: number,
  status: number,
  opcode: number,
  lengthBytes: number,
  flags: number,
) => void

/**
 * A message arrived: copies it to where a posted receive wants it and returns Success, or the
 * status with which the sender fails. For a WRITE with immediate these are the bytes it has placed.
 */
export type OnMessage = (
  bytes: Uint8Array,
  lengthBytes: number,
  opcode: number,
  immediate: number,
) => number

const isRead = (opcode: number): boolean => opcode === Opcode.Read
const isAtomic = (opcode: number): boolean =>
  opcode === Opcode.CompareAndSwap || opcode === Opcode.FetchAndAdd

export class SimulatedQueuePair {
  readonly name: string
  /** Index among the world's actors. */
  readonly actor: number
  onComplete: OnComplete | null = null
  /** The responder's side of messages; without one they are refused as if no receive were posted. */
  onMessage: OnMessage | null = null
  /** The peer does not answer any more: the next step ends with RetryExceeded. */
  peerGone = false
  failed = false
  readonly #host: QueuePairHost
  readonly #nic: number
  readonly #slots: OperationSlots
  readonly #transfer: Transfer
  readonly #sampleOrder: SampleOrder
  readonly #replays: boolean
  /** The oldest operation that may still touch memory, and behind the newest. */
  #head = 0
  #tail = 0
  /** The next operation to complete. */
  #toComplete = 0
  /** Completions are kept back. */
  #held = false
  /** `changes` of the remote memory at the first sample since nothing was in flight; -1 before. */
  #changes = -1

  constructor(name: string, actor: number, nic: number, depth: number, host: QueuePairHost) {
    this.name = name
    this.actor = actor
    this.#nic = nic
    this.#host = host
    this.#slots = new OperationSlots(depth)
    this.#transfer = new Transfer(name, this.#slots, host)
    this.#sampleOrder = new SampleOrder(this.#slots)
    this.#replays = replaysMatter(host.model)
  }

  /** Operations posted and not completed. */
  get inFlight(): number {
    return this.#tail - this.#toComplete
  }

  /** Operations that may still touch memory: those in flight, and WRITEs accepted, not placed. */
  get pending(): number {
    return this.#tail - this.#head
  }

  get depth(): number {
    return this.#slots.depth
  }

  /** Posts one operation. The caller has checked bounds and rights. */
  post(
    opcode: number,
    flags: number,
    id: number,
    local: SimulatedMemory | null,
    localOffset: number,
    remote: SimulatedMemory | null,
    remoteOffset: number,
    lengthBytes: number,
    compareOrAdd: bigint = 0n,
    swap: bigint = 0n,
    immediate: number = 0,
  ): void {
    const slots = this.#slots
    if (this.pending >= slots.depth) throw new Error(`${this.name}: more than its depth posted`)
    const slot = this.#tail % slots.depth
    const { model, recorder } = this.#host
    slots.opcode[slot] = opcode
    slots.flags[slot] = flags
    slots.id[slot] = id
    slots.local[slot] = local
    slots.localOffset[slot] = localOffset
    slots.remote[slot] = remote
    slots.remoteOffset[slot] = remoteOffset
    slots.lengthBytes[slot] = lengthBytes
    slots.compareOrAdd[slot] = compareOrAdd
    slots.swap[slot] = swap
    slots.immediate[slot] = immediate
    slots.executed[slot] = 0
    slots.finished[slot] = 0
    slots.completed[slot] = 0
    slots.replaysLeft[slot] = this.#replays && isRead(opcode) ? model.replaysMax : 0
    slots.cut(slot, model.atomicGranuleBytes, model.packetBytes)
    this.#sampleOrder.begin(slot)
    if (this.pending === 0) this.#changes = -1
    this.#tail += 1
    slots.number[slot] = this.#tail
    if (isRead(opcode)) {
      local?.bytes.fill(POISON, localOffset, localOffset + lengthBytes)
      this.#plan(slot, 0)
    }
    if (recorder !== null) {
      recorder.say('post', this.name, this.#describe(slot), { operation: this.#tail })
    }
    if (this.failed) this.#flush(Status.Flushed)
  }

  /** Moves to the error state: everything in flight completes with Flushed. */
  fail(): void {
    this.failed = true
    this.#host.recorder?.say('fault', this.name, 'queue pair moves to the error state')
    this.#flush(Status.Flushed)
  }

  /** Keeps completions back from now on: a slow network, or a host that was stopped. */
  hold(): void {
    this.#held = true
  }

  /** Reports what was kept back. */
  release(): void {
    this.#held = false
    this.#complete()
  }

  /** Back to nothing in flight. */
  reset(): void {
    this.#head = 0
    this.#tail = 0
    this.#toComplete = 0
    this.#changes = -1
    this.#held = false
    this.failed = false
    this.peerGone = false
  }

  /** Number of steps that could be taken now. */
  options(): number {
    if (this.#head === this.#tail || this.failed) return 0
    if (this.peerGone) return this.inFlight > 0 ? 1 : 0
    let count = 0
    for (let at = this.#head; at < this.#tail; at += 1) count += this.#optionsOf(at)
    return count
  }

  take(): void {
    if (this.peerGone) {
      this.#error(Status.RetryExceeded)
      return
    }
    const count = this.options()
    let choice = count === 1 ? 0 : this.#host.oracle.choose(count, ChoiceLabel.Piece)
    for (let at = this.#head; at < this.#tail; at += 1) {
      const options = this.#optionsOf(at)
      if (choice < options) {
        this.#step(at, choice)
        return
      }
      choice -= options
    }
  }

  mix(hash: StateHash): void {
    const flags = (this.failed ? 1 : 0) + (this.#held ? 2 : 0) + (this.peerGone ? 4 : 0)
    hash.mix(flags + 8 * (this.#tail - this.#toComplete))
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at % this.depth
      this.#slots.mix(slot, hash)
      if (this.#host.reduces && isRead(this.#slots.opcode[slot] as number)) {
        this.#sampleOrder.mix(slot, this.#ordered, hash)
      }
    }
  }

  /** Whether operation `at` may touch remote memory now: rules (1) and (2). */
  #mayTouch(at: number): boolean {
    const slots = this.#slots
    const { model } = this.#host
    const opcode = slots.opcode[at % slots.depth] as number
    const fenced = ((slots.flags[at % slots.depth] as number) & OperationFlags.Fence) !== 0
    for (let before = this.#head; before < at; before += 1) {
      const earlier = before % slots.depth
      if (slots.finished[earlier] === 1) continue
      const earlierOpcode = slots.opcode[earlier] as number
      if (isRead(opcode)) {
        if (!isRead(earlierOpcode) && !isAtomic(earlierOpcode)) return false
        if (fenced || model.readAfterRead === 'ordered') return false
      } else {
        if (!isRead(earlierOpcode) || fenced) return false
        if (model.readThenWrite === 'ordered' && slots.executed[earlier] === 0) return false
      }
    }
    return true
  }

  #optionsOf(at: number): number {
    const slots = this.#slots
    const slot = at % slots.depth
    if (slots.finished[slot] === 1) return 0
    const opcode = slots.opcode[slot] as number
    const whole = opcode === Opcode.Send || slots.pieceCount[slot] === 0
    if (whole) return this.#mayTouch(at) ? 1 : 0
    if (isRead(opcode)) return this.#landable(slot) + this.#samplable(at, slot)
    if (isAtomic(opcode)) {
      const holder = this.#host.atomicUnits[this.#nic] as number
      const free = holder === 0 || holder === this.#ticket(slot)
      return free && this.#mayTouch(at) ? 1 : 0
    }
    return (slots.waiting[slot] as number) + this.#placeable(at, slot) + this.#acceptable(at, slot)
  }

  /** Pieces of a READ that may land next. */
  #landable(slot: number): number {
    return this.#host.landing === 'pieces' ? (this.#slots.between[slot] as number) : 0
  }

  /** Pieces of a READ that may be sampled next. */
  #samplable(at: number, slot: number): number {
    const waiting = this.#slots.waiting[slot] as number
    if (waiting === 0 || !this.#mayTouch(at)) return 0
    if (!this.#host.reduces) return this.#ordered ? 1 : waiting
    this.#sampleOrder.able(slot)
    if (this.#host.desperate) return 1
    let count = 0
    const states = this.#slots.pieceState[slot] as Uint8Array
    const end = this.#slots.pieceCount[slot] as number
    for (let piece = this.#slots.firstOpen[slot] as number; piece < end; piece += 1) {
      if (states[piece] !== Piece.Waiting) continue
      if (this.#sampleOrder.offers(slot, piece, this.#ordered)) count += 1
      if (this.#ordered) break
    }
    return count
  }

  get #ordered(): boolean {
    return this.#host.model.sampling !== 'arbitrary'
  }

  /** The piece that is choice number `nth` among those that may be sampled. */
  #toSample(slot: number, nth: number): number {
    if (!this.#host.reduces || this.#host.desperate || this.#ordered) {
      return this.#slots.nth(slot, Piece.Waiting, nth)
    }
    const states = this.#slots.pieceState[slot] as Uint8Array
    let left = nth
    for (let piece = this.#slots.firstOpen[slot] as number; ; piece += 1) {
      if (states[piece] !== Piece.Waiting) continue
      if (!this.#sampleOrder.offers(slot, piece, false)) continue
      if (left === 0) return piece
      left -= 1
    }
  }

  /** Samples a piece whose time does not matter, if there is one: see SampleOrder. */
  settle(storesVisible: (memory: SimulatedMemory) => number): boolean {
    if (this.failed || this.peerGone) return false
    const slots = this.#slots
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at % slots.depth
      if (slots.waiting[slot] === 0 || !isRead(slots.opcode[slot] as number)) continue
      const remote = slots.remote[slot] as SimulatedMemory
      if (!remote.valid || !this.#mayTouch(at)) continue
      this.#sampleOrder.able(slot)
      const piece = this.#sampleOrder.settled(slot, this.#ordered, storesVisible(remote))
      if (piece < 0) continue
      this.#samplePiece(slot, piece, true)
      return true
    }
    return false
  }

  /** Pieces of a WRITE that may be placed next. */
  #placeable(at: number, slot: number): number {
    const slots = this.#slots
    const between = slots.between[slot] as number
    if (between === 0 || !this.#mayTouch(at)) return 0
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

  /** Whether a WRITE may complete now although it is not placed: rule (3). */
  #acceptable(at: number, slot: number): number {
    const accepts = this.#host.model.writeCompletion === 'accepted' && !this.#held
    return accepts && at === this.#toComplete && this.#slots.opcode[slot] === Opcode.Write ? 1 : 0
  }

  #step(at: number, choice: number): void {
    const slots = this.#slots
    const slot = at % slots.depth
    const opcode = slots.opcode[slot] as number
    const remote = slots.remote[slot] as SimulatedMemory | null
    if (remote !== null && !remote.valid) this.#error(Status.RemoteAccess)
    else if (opcode === Opcode.Send) this.#stepSend(slot)
    else if (slots.pieceCount[slot] === 0) this.#stepEmpty(slot)
    else if (isRead(opcode)) this.#stepRead(slot, choice)
    else if (isAtomic(opcode)) this.#stepAtomic(slot)
    else this.#stepWrite(at, slot, choice)
  }

  #stepRead(slot: number, choice: number): void {
    const slots = this.#slots
    const landable = this.#landable(slot)
    if (choice < landable) {
      this.#transfer.land(slot, slots.nth(slot, Piece.Between, choice))
    } else {
      this.#samplePiece(slot, this.#toSample(slot, choice - landable), false)
      return
    }
    this.#finishRead(slot)
  }

  #samplePiece(slot: number, piece: number, settled: boolean): void {
    const slots = this.#slots
    if (this.#changes < 0) this.#changes = (slots.remote[slot] as SimulatedMemory).changes
    this.#transfer.sample(slot, piece)
    this.#sampleOrder.sampled(slot, piece, settled)
    if (this.#host.landing === 'direct') this.#transfer.land(slot, piece)
    if (slots.waiting[slot] === 0) this.#executed(slot)
    this.#finishRead(slot)
  }

  #finishRead(slot: number): void {
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
    this.#sampleOrder.begin(slot)
    this.#plan(slot, from)
    recorder?.say('fault', this.name, `response lost: READ executed again from packet ${choice}`, {
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

  #stepAtomic(slot: number): void {
    const { atomicUnits, model } = this.#host
    const slots = this.#slots
    if (slots.executed[slot] === 0) {
      this.#transfer.atomicLoad(slot)
      slots.executed[slot] = 1
      if (model.nicAtomics === 'hca') {
        atomicUnits[this.#nic] = this.#ticket(slot)
        return
      }
    }
    this.#transfer.atomicStore(slot)
    atomicUnits[this.#nic] = 0
    this.#finish(slot)
  }

  #stepWrite(at: number, slot: number, choice: number): void {
    const slots = this.#slots
    const waiting = slots.waiting[slot] as number
    if (choice < waiting) {
      this.#transfer.fetch(slot, slots.nth(slot, Piece.Waiting, choice))
      return
    }
    if (choice - waiting === this.#placeable(at, slot)) {
      // Accepted: the NIC has the bytes, so the local buffer is not looked at any more.
      while (slots.waiting[slot] !== 0)
        this.#transfer.fetch(slot, slots.nth(slot, Piece.Waiting, 0))
      slots.completed[slot] = 1
      this.#toComplete += 1
      this.#report(slot, Status.Success)
      this.#complete()
      return
    }
    this.#transfer.place(slot, slots.nth(slot, Piece.Between, choice - waiting))
    if (slots.firstOpen[slot] !== slots.pieceCount[slot]) return
    if (slots.opcode[slot] === Opcode.WriteWithImmediate && !this.#tell(slot)) return
    this.#finish(slot)
  }

  #stepSend(slot: number): void {
    const slots = this.#slots
    while (slots.waiting[slot] !== 0) this.#transfer.fetch(slot, slots.nth(slot, Piece.Waiting, 0))
    if (this.#tell(slot)) this.#finish(slot)
  }

  /** An operation of no bytes: nothing to sample or to place, but it has its turn all the same. */
  #stepEmpty(slot: number): void {
    if (this.#slots.opcode[slot] === Opcode.WriteWithImmediate && !this.#tell(slot)) return
    this.#finish(slot)
  }

  /** Hands a message over; false when that failed, and the queue pair with it. */
  #tell(slot: number): boolean {
    const slots = this.#slots
    const lengthBytes = slots.lengthBytes[slot] as number
    const bytes = slots.staging[slot] as Uint8Array
    const opcode = slots.opcode[slot] as number
    const immediate = slots.immediate[slot] as number
    const status =
      this.onMessage?.(bytes, lengthBytes, opcode, immediate) ?? Status.ReceiverNotReady
    if (status === Status.Success) return true
    this.#error(status)
    return false
  }

  /** Who holds an atomic unit: queue pair and slot, never 0. */
  #ticket(slot: number): number {
    return this.actor * 0x1000 + slot + 1
  }

  #finish(slot: number): void {
    this.#slots.finished[slot] = 1
    this.#slots.executed[slot] = 1
    this.#complete()
  }

  /** Reports completions in order, as far as operations have finished. */
  #complete(): void {
    const slots = this.#slots
    while (!this.#held && this.#toComplete < this.#tail) {
      const slot = this.#toComplete % slots.depth
      if (slots.finished[slot] === 0) break
      slots.completed[slot] = 1
      this.#toComplete += 1
      this.#retire()
      this.#report(slot, Status.Success)
    }
    this.#retire()
  }

  /** Forgets operations that have completed and touch no memory any more. */
  #retire(): void {
    const slots = this.#slots
    while (this.#head < this.#toComplete && slots.finished[this.#head % slots.depth] === 1) {
      this.#head += 1
    }
  }

  /** The oldest operation fails with `status`, all others are flushed. */
  #error(status: number): void {
    this.failed = true
    this.#flush(status)
  }

  #flush(first: number): void {
    const slots = this.#slots
    if ((this.#host.atomicUnits[this.#nic] as number) >> 12 === this.actor) {
      this.#host.atomicUnits[this.#nic] = 0
    }
    let status = first
    while (this.#toComplete < this.#tail) {
      const slot = this.#toComplete % slots.depth
      slots.completed[slot] = 1
      slots.finished[slot] = 1
      this.#toComplete += 1
      this.#head = this.#toComplete
      this.#report(slot, status)
      status = Status.Flushed
    }
    this.#head = this.#toComplete
  }

  #report(slot: number, status: number): void {
    const slots = this.#slots
    this.#host.recorder?.say('complete', this.name, `status ${status}`, {
      operation: slots.number[slot] as number,
    })
    this.onComplete?.(
      slots.id[slot] as number,
      status,
      slots.opcode[slot] as number,
      slots.lengthBytes[slot] as number,
      slots.flags[slot] as number,
    )
  }

  #describe(slot: number): string {
    const slots = this.#slots
    const name = Object.entries(Opcode).find(([, code]) => code === slots.opcode[slot])?.[0] ?? ''
    const fenced = (slots.flags[slot] as number) & OperationFlags.Fence ? ', fenced' : ''
    const from = slots.remoteOffset[slot] as number
    const to = from + (slots.lengthBytes[slot] as number)
    return `${name.toUpperCase()} ${slots.remote[slot]?.name ?? ''} [${from}, ${to})${fenced}`
  }
}
