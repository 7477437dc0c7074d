// One queue pair of a simulated NIC: operations in flight, and the single steps in which the
// sampling model lets them touch memory. What the model does not order, the oracle decides.
//
// Completions come in order. An accepted WRITE may complete before it is placed; operation-rules.ts
// says who waits for whom; read-, write- and atomic-steps.ts what the steps are.
import { Opcode } from '../fabric/operation-ring.ts'
import { Status } from '../fabric/status.ts'
import { AtomicSteps } from './atomic-steps.ts'
import { describeOperation } from './describe-operation.ts'
import { isAtomic, isRead, mayTouch } from './operation-rules.ts'
import { OperationSlots } from './operation-slots.ts'
import { ChoiceLabel } from './oracle.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import { ReadSteps } from './read-steps.ts'
import type { RemoteKey, SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'
import { Transfer } from './transfer.ts'
import { WriteSteps } from './write-steps.ts'

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
  /** Its requester is not told anything any more: see `sever`. */
  severed = false
  readonly #host: QueuePairHost
  readonly #slots: OperationSlots
  readonly #reads: ReadSteps
  readonly #writes: WriteSteps
  readonly #atomics: AtomicSteps
  /** The oldest operation that may still touch memory, and behind the newest. */
  #head = 0
  #tail = 0
  /** The next operation to complete. */
  #toComplete = 0
  /** Completions are kept back. */
  #held = false
  /** Steps counted for each slot, and in all, when `motion` was as it says; -1: not counted. */
  readonly #countOf: Int32Array
  #counted = 0
  #countedAt = -1
  /** Nothing settles as long as `motion` is as it says. */
  #settledAt = -1

  constructor(name: string, actor: number, nic: number, depth: number, host: QueuePairHost) {
    this.name = name
    this.actor = actor
    this.#host = host
    this.#slots = new OperationSlots(depth)
    this.#countOf = new Int32Array(depth)
    const transfer = new Transfer(name, this.#slots, host)
    this.#reads = new ReadSteps(name, this.#slots, transfer, host, (slot) => this.#finish(slot))
    this.#writes = new WriteSteps(
      this.#slots,
      transfer,
      host,
      (slot) => this.#placed(slot),
      (slot) => this.#accepted(slot),
    )
    this.#atomics = new AtomicSteps(actor, nic, this.#slots, transfer, host, (slot) =>
      this.#finish(slot),
    )
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
    key: RemoteKey | null = remote,
  ): void {
    const slots = this.#slots
    if (this.severed) return this.onComplete?.(id, Status.Flushed, opcode, lengthBytes, flags)
    if (this.pending >= slots.depth) throw new Error(`${this.name}: more than its depth posted`)
    const slot = this.#tail % slots.depth
    const { model, recorder } = this.#host
    this.#moved()
    slots.opcode[slot] = opcode
    slots.flags[slot] = flags
    slots.id[slot] = id
    slots.local[slot] = local
    slots.localOffset[slot] = localOffset
    slots.remote[slot] = remote
    slots.key[slot] = key
    slots.remoteOffset[slot] = remoteOffset
    slots.lengthBytes[slot] = lengthBytes
    slots.compareOrAdd[slot] = compareOrAdd
    slots.swap[slot] = swap
    slots.immediate[slot] = immediate
    slots.executed[slot] = 0
    slots.finished[slot] = 0
    slots.completed[slot] = 0
    slots.replaysLeft[slot] = 0
    slots.cut(slot, model.atomicGranuleBytes, model.packetBytes)
    if (this.pending === 0) this.#reads.idle()
    this.#tail += 1
    slots.number[slot] = this.#tail
    if (isRead(opcode)) this.#reads.begin(slot)
    else if (this.#host.fetchesAtPost && opcode === Opcode.Write) this.#writes.fetchRest(slot)
    if (recorder !== null) {
      recorder.say('post', this.name, describeOperation(slots, slot), { operation: this.#tail })
    }
    if (this.failed) this.#flush(Status.Flushed)
  }

  /** Moves to the error state: everything in flight completes with Flushed. */
  fail(): void {
    this.failed = true
    this.#host.recorder?.say('fault', this.name, 'queue pair moves to the error state')
    this.#flush(Status.Flushed)
  }

  /**
   * The requester died, or took its peer for dead: it is told that everything failed. What it posted
   * may still be executed, at any later time or never, until `fail` destroys the responder's end.
   */
  sever(): void {
    if (this.failed || this.severed) return
    this.severed = true
    const first = this.#toComplete
    this.#toComplete = this.#tail
    for (let at = this.#head; at < this.#tail; at += 1) this.#writes.orphan(at % this.depth)
    this.#moved()
    this.#host.recorder?.say('fault', this.name, 'requester is cut off')
    for (let at = first; at < this.#tail; at += 1) this.#report(at % this.depth, Status.Flushed)
    this.#retire()
  }

  /** Keeps completions back from now on: a slow network, or a host that was stopped. */
  hold(): void {
    this.#held = true
    this.#moved()
  }

  /** Reports what was kept back. */
  release(): void {
    this.#held = false
    this.#moved()
    this.#complete()
  }

  /** Back to nothing in flight. */
  reset(): void {
    this.#moved()
    this.#atomics.release()
    this.#head = 0
    this.#tail = 0
    this.#toComplete = 0
    this.#held = false
    this.failed = false
    this.severed = false
    this.peerGone = false
  }

  /** Number of steps that could be taken now. */
  options(): number {
    if (this.#head === this.#tail || this.failed) return 0
    if (this.peerGone) return this.inFlight > 0 ? 1 : 0
    const { motion, desperate } = this.#host
    if (this.#countedAt === motion && !desperate) return this.#counted
    let count = 0
    let atomics = false
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at % this.depth
      const options = this.#optionsOf(at)
      this.#countOf[slot] = options
      count += options
      atomics ||= isAtomic(this.#slots.opcode[slot] as number)
    }
    this.#counted = count
    // Others may hold the atomic unit meanwhile, and despair does not last.
    this.#countedAt = atomics || desperate ? -1 : motion
    return count
  }

  take(): void {
    if (this.peerGone) {
      this.#error(Status.RetryExceeded)
      return
    }
    const count = this.options()
    let choice = count === 1 ? 0 : this.#host.oracle.choose(count, ChoiceLabel.Piece)
    this.#moved()
    for (let at = this.#head; at < this.#tail; at += 1) {
      const options = this.#countOf[at % this.depth] as number
      if (choice < options) {
        this.#step(at, choice)
        return
      }
      choice -= options
    }
  }

  mix(hash: StateHash): void {
    const flags = (this.failed ? 1 : 0) + (this.#held ? 2 : 0) + (this.peerGone ? 4 : 0)
    hash.mix(flags + (this.severed ? 8 : 0) + 16 * (this.#tail - this.#toComplete))
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at % this.depth
      this.#slots.mix(slot, hash)
      if (isRead(this.#slots.opcode[slot] as number)) this.#reads.mix(slot, hash)
    }
  }

  /** Samples a piece whose time does not matter, if there is one: see SampleOrder. */
  settle(storesVisible: (memory: SimulatedMemory) => number): boolean {
    if (this.failed || this.peerGone || this.#settledAt === this.#host.motion) return false
    const slots = this.#slots
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at % slots.depth
      if (!isRead(slots.opcode[slot] as number)) continue
      const remote = slots.remote[slot] as SimulatedMemory
      if (slots.key[slot]?.valid !== true || !this.#mayTouch(at)) continue
      if (!this.#reads.settle(slot, storesVisible(remote))) continue
      this.#moved()
      return true
    }
    this.#settledAt = this.#host.motion
    return false
  }

  /** What was counted before does not hold any more. */
  #moved(): void {
    this.#countedAt = -1
    this.#settledAt = -1
  }

  #mayTouch(at: number): boolean {
    return mayTouch(this.#slots, this.#head, at, this.#host.model)
  }

  #optionsOf(at: number): number {
    const slots = this.#slots
    const slot = at % slots.depth
    if (slots.finished[slot] === 1) return 0
    const opcode = slots.opcode[slot] as number
    const whole = opcode === Opcode.Send || slots.pieceCount[slot] === 0
    if (whole) return this.#mayTouch(at) ? 1 : 0
    if (isRead(opcode)) return this.#reads.options(slot, this.#mayTouch(at))
    if (isAtomic(opcode)) return this.#atomics.options(slot, this.#mayTouch(at))
    const next = at === this.#toComplete && !this.#held
    return this.#writes.options(slot, this.#mayTouch(at), next)
  }

  #step(at: number, choice: number): void {
    const slots = this.#slots
    const slot = at % slots.depth
    const opcode = slots.opcode[slot] as number
    if (slots.key[slot]?.valid === false) this.#error(Status.RemoteAccess)
    else if (opcode === Opcode.Send) this.#stepSend(slot)
    // Of no bytes: nothing to sample or to place, but it has its turn all the same.
    else if (slots.pieceCount[slot] === 0) this.#placed(slot)
    else if (isRead(opcode)) this.#reads.take(slot, choice)
    else if (isAtomic(opcode)) this.#atomics.take(slot)
    else this.#writes.take(slot, choice, this.#mayTouch(at))
  }

  #accepted(slot: number): void {
    this.#slots.completed[slot] = 1
    this.#toComplete += 1
    this.#report(slot, Status.Success)
    this.#complete()
  }

  #placed(slot: number): void {
    if (this.#slots.opcode[slot] === Opcode.WriteWithImmediate && !this.#tell(slot)) return
    this.#finish(slot)
  }

  #stepSend(slot: number): void {
    this.#writes.fetchRest(slot)
    if (this.#tell(slot)) this.#finish(slot)
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
    this.#atomics.release()
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
}
