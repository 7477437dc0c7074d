// Moves the pieces of operations: the only place where a queue pair touches memory. Each method is
// one step as everybody else sees it.
import { Opcode } from '../fabric/operation-ring.ts'
import { type OperationSlots, Piece } from './operation-slots.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import type { SimulatedMemory } from './simulated-memory.ts'

export class Transfer {
  readonly #name: string
  readonly #slots: OperationSlots
  readonly #host: QueuePairHost
  readonly #word: DataView = new DataView(new ArrayBuffer(8))

  constructor(name: string, slots: OperationSlots, host: QueuePairHost) {
    this.#name = name
    this.#slots = slots
    this.#host = host
  }

  /** READ: remote memory to staging. */
  sample(slot: number, piece: number): void {
    const slots = this.#slots
    const remote = slots.remote[slot] as SimulatedMemory
    const start = slots.startOf(slot, piece)
    const length = slots.lengthOf(slot, piece)
    const staging = slots.staging[slot] as Uint8Array
    const from = (slots.remoteOffset[slot] as number) + start
    const { bytes } = remote
    for (let at = 0; at < length; at += 1) staging[start + at] = bytes[from + at] as number
    slots.advance(slot, piece, Piece.Between)
    this.#host.recorder?.touch('sample', this.#name, remote, from, length, {
      readsFrom: remote.storedIn(from, length),
      operation: slots.number[slot] as number,
    })
  }

  /** READ: staging to landing memory. */
  land(slot: number, piece: number): void {
    const slots = this.#slots
    const local = slots.local[slot] as SimulatedMemory
    const start = slots.startOf(slot, piece)
    const length = slots.lengthOf(slot, piece)
    const staging = slots.staging[slot] as Uint8Array
    const to = (slots.localOffset[slot] as number) + start
    local.store(to, staging, start, length, this.#host.steps)
    slots.advance(slot, piece, Piece.Done)
    // Elsewhere a sample lands in the same step.
    const { landing, recorder } = this.#host
    if (landing === 'direct' || recorder === null) return
    const operation = slots.number[slot] as number
    const span = `${local.name} [${to}, ${to + length})`
    recorder.say('act', this.#name, `#${operation} lands in ${span}`, { operation })
  }

  /** WRITE: local memory to staging. */
  fetch(slot: number, piece: number): void {
    const slots = this.#slots
    const local = slots.local[slot] as SimulatedMemory
    const start = slots.startOf(slot, piece)
    const length = slots.lengthOf(slot, piece)
    const staging = slots.staging[slot] as Uint8Array
    const from = (slots.localOffset[slot] as number) + start
    for (let at = 0; at < length; at += 1) staging[start + at] = local.bytes[from + at] as number
    slots.advance(slot, piece, Piece.Between)
    this.#host.recorder?.touch('fetch', this.#name, local, from, length, {
      readsFrom: local.storedIn(from, length),
      operation: slots.number[slot] as number,
    })
  }

  /** WRITE: whether what was fetched is what a fetch would bring now. */
  fetchedAll(slot: number): boolean {
    const slots = this.#slots
    const local = slots.local[slot] as SimulatedMemory
    const staging = slots.staging[slot] as Uint8Array
    const from = slots.localOffset[slot] as number
    for (let at = 0; at < (slots.lengthBytes[slot] as number); at += 1) {
      if (staging[at] !== local.bytes[from + at]) return false
    }
    return true
  }

  /** WRITE: staging to remote memory. */
  place(slot: number, piece: number): void {
    const slots = this.#slots
    const start = slots.startOf(slot, piece)
    const length = slots.lengthOf(slot, piece)
    const to = (slots.remoteOffset[slot] as number) + start
    this.#put(slot, start, to, length, '')
    slots.advance(slot, piece, Piece.Done)
  }

  /** Atomic, first half: the NIC loads. */
  atomicLoad(slot: number): void {
    const slots = this.#slots
    const remote = slots.remote[slot] as SimulatedMemory
    const from = slots.remoteOffset[slot] as number
    const staging = slots.staging[slot] as Uint8Array
    for (let at = 0; at < 8; at += 1) staging[at] = remote.bytes[from + at] as number
    this.#host.recorder?.touch('sample', this.#name, remote, from, 8, {
      readsFrom: remote.storedIn(from, 8),
      operation: slots.number[slot] as number,
      note: 'atomic loads',
    })
  }

  /** Atomic, second half: the NIC stores, if it has to, and the old value lands. */
  atomicStore(slot: number): void {
    const slots = this.#slots
    const local = slots.local[slot]
    const staging = slots.staging[slot] as Uint8Array
    const landing = slots.localOffset[slot] as number
    for (let at = 0; at < 8; at += 1) {
      // Without local memory: nobody waits for it.
      if (local !== null && local !== undefined) local.bytes[landing + at] = staging[at] as number
      this.#word.setUint8(at, staging[at] as number)
    }
    const old = this.#word.getBigUint64(0, true)
    const operand = slots.compareOrAdd[slot] as bigint
    const swaps = slots.opcode[slot] === Opcode.CompareAndSwap
    if (swaps && old !== operand) return
    const value = swaps ? (slots.swap[slot] as bigint) : BigInt.asUintN(64, old + operand)
    this.#word.setBigUint64(0, value, true)
    for (let at = 0; at < 8; at += 1) staging[at] = this.#word.getUint8(at)
    this.#put(slot, 0, slots.remoteOffset[slot] as number, 8, 'atomic stores')
  }

  #put(slot: number, start: number, to: number, length: number, note: string): void {
    const slots = this.#slots
    const remote = slots.remote[slot] as SimulatedMemory
    const staging = slots.staging[slot] as Uint8Array
    remote.store(to, staging, start, length, this.#host.steps)
    this.#host.motion += 1
    this.#host.recorder?.touch('place', this.#name, remote, to, length, {
      operation: slots.number[slot] as number,
      note,
    })
  }
}
