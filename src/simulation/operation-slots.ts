// The operations in flight on one queue pair, as columns of typed arrays: a ring from `head` to
// `tail`, in order of posting. Each operation is cut into pieces, the granules that it samples or
// places in one step. Invariant: nothing is allocated for an operation of a size met before.
import { OperationFlags } from '../fabric/operation-ring.ts'
import { isAtomic } from './operation-rules.ts'
import type { RemoteKey, SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'

/** State of a piece. READ: not sampled, sampled, landed. WRITE: not fetched, fetched, placed. */
export const Piece = { Waiting: 0, Between: 1, Done: 2 } as const

export class OperationSlots {
  readonly depth: number
  readonly opcode: Uint8Array
  readonly flags: Uint32Array
  readonly id: Uint32Array
  /** Counts the operations of the queue pair, from 1; for reports. */
  readonly number: Int32Array
  readonly localOffset: Int32Array
  readonly remoteOffset: Int32Array
  readonly lengthBytes: Int32Array
  readonly immediate: Uint32Array
  readonly compareOrAdd: BigUint64Array
  readonly swap: BigUint64Array
  readonly local: (SimulatedMemory | null)[] = []
  readonly remote: (SimulatedMemory | null)[] = []
  /** By which `remote` is reached. */
  readonly key: (RemoteKey | null)[] = []
  /** Its work was executed once; a replay may still come. */
  readonly executed: Uint8Array
  /** Its work is over. */
  readonly finished: Uint8Array
  /** Its completion was reported, or would have been. */
  readonly completed: Uint8Array
  readonly replaysLeft: Uint8Array
  readonly pieceCount: Int32Array
  /** No piece before this one is not done. */
  readonly firstOpen: Int32Array
  readonly waiting: Int32Array
  readonly between: Int32Array
  /** Where each piece begins, relative to the operation, in planned order; and its length. */
  readonly pieceStart: Int32Array[] = []
  readonly pieceLength: Int32Array[] = []
  readonly pieceState: Uint8Array[] = []
  /** Bytes on their way. */
  readonly staging: Uint8Array[] = []

  constructor(depth: number) {
    this.depth = depth
    this.opcode = new Uint8Array(depth)
    this.flags = new Uint32Array(depth)
    this.id = new Uint32Array(depth)
    this.number = new Int32Array(depth)
    this.localOffset = new Int32Array(depth)
    this.remoteOffset = new Int32Array(depth)
    this.lengthBytes = new Int32Array(depth)
    this.immediate = new Uint32Array(depth)
    this.compareOrAdd = new BigUint64Array(depth)
    this.swap = new BigUint64Array(depth)
    this.executed = new Uint8Array(depth)
    this.finished = new Uint8Array(depth)
    this.completed = new Uint8Array(depth)
    this.replaysLeft = new Uint8Array(depth)
    this.pieceCount = new Int32Array(depth)
    this.firstOpen = new Int32Array(depth)
    this.waiting = new Int32Array(depth)
    this.between = new Int32Array(depth)
    for (let slot = 0; slot < depth; slot += 1) {
      this.local.push(null)
      this.remote.push(null)
      this.key.push(null)
      this.pieceStart.push(new Int32Array(0))
      this.pieceLength.push(new Int32Array(0))
      this.pieceState.push(new Uint8Array(0))
      this.staging.push(new Uint8Array(0))
    }
  }

  /**
   * Cuts an operation into pieces: granules aligned in remote memory, none across a packet. In
   * ascending order; `planPacket` turns packets round.
   */
  cut(slot: number, granuleBytes: number, packetBytes: number): void {
    const length = this.lengthBytes[slot] as number
    const remoteOffset = this.remoteOffset[slot] as number
    const most = Math.floor(length / granuleBytes) + Math.ceil(length / packetBytes) + 2
    if ((this.pieceStart[slot] as Int32Array).length < most) {
      this.pieceStart[slot] = new Int32Array(most)
      this.pieceLength[slot] = new Int32Array(most)
      this.pieceState[slot] = new Uint8Array(most)
    }
    if ((this.staging[slot] as Uint8Array).length < length) {
      this.staging[slot] = new Uint8Array(length)
    }
    const starts = this.pieceStart[slot] as Int32Array
    const lengths = this.pieceLength[slot] as Int32Array
    let count = 0
    for (let at = 0; at < length;) {
      const granuleEnd = at + granuleBytes - ((remoteOffset + at) % granuleBytes)
      const packetEnd = at + packetBytes - (at % packetBytes)
      const end = Math.min(granuleEnd, packetEnd, length)
      starts[count] = at
      lengths[count] = end - at
      count += 1
      at = end
    }
    ;(this.pieceState[slot] as Uint8Array).fill(Piece.Waiting, 0, count)
    this.pieceCount[slot] = count
    this.firstOpen[slot] = 0
    this.waiting[slot] = count
    this.between[slot] = 0
  }

  /** Where a piece begins, bytes from the operation's start. */
  startOf(slot: number, piece: number): number {
    return (this.pieceStart[slot] as Int32Array)[piece] as number
  }

  /** Bytes of a piece. */
  lengthOf(slot: number, piece: number): number {
    return (this.pieceLength[slot] as Int32Array)[piece] as number
  }

  /** Index of the first piece at or behind byte `from`, in ascending order. */
  pieceAt(slot: number, from: number): number {
    const starts = this.pieceStart[slot] as Int32Array
    const count = this.pieceCount[slot] as number
    let piece = 0
    // Packets ascend, so within any plan all pieces of earlier packets come first.
    while (piece < count && (starts[piece] as number) < from) piece += 1
    return piece
  }

  /** Reverses the planned order of the pieces `from` to `to` - 1. */
  turnRound(slot: number, from: number, to: number): void {
    ;(this.pieceStart[slot] as Int32Array).subarray(from, to).reverse()
    ;(this.pieceLength[slot] as Int32Array).subarray(from, to).reverse()
  }

  /** Restores ascending order from piece `from` on, and makes these pieces wait again. */
  again(slot: number, from: number): void {
    const starts = this.pieceStart[slot] as Int32Array
    const lengths = this.pieceLength[slot] as Int32Array
    const states = this.pieceState[slot] as Uint8Array
    const count = this.pieceCount[slot] as number
    for (let piece = from + 1; piece < count; piece += 1) {
      const start = starts[piece] as number
      const length = lengths[piece] as number
      let to = piece
      for (; to > from && (starts[to - 1] as number) > start; to -= 1) {
        starts[to] = starts[to - 1] as number
        lengths[to] = lengths[to - 1] as number
      }
      starts[to] = start
      lengths[to] = length
    }
    for (let piece = from; piece < count; piece += 1) {
      if (states[piece] === Piece.Between) this.between[slot] = (this.between[slot] as number) - 1
      if (states[piece] !== Piece.Waiting) this.waiting[slot] = (this.waiting[slot] as number) + 1
      states[piece] = Piece.Waiting
    }
    this.firstOpen[slot] = Math.min(this.firstOpen[slot] as number, from)
  }

  /** The piece that is number `nth` among those in `state`, in planned order. */
  nth(slot: number, state: number, nth: number): number {
    const states = this.pieceState[slot] as Uint8Array
    let left = nth
    for (let piece = this.firstOpen[slot] as number; ; piece += 1) {
      if (states[piece] !== state) continue
      if (left === 0) return piece
      left -= 1
    }
  }

  /** Moves a piece on. */
  advance(slot: number, piece: number, state: number): void {
    const states = this.pieceState[slot] as Uint8Array
    const before = states[piece]
    if (before === Piece.Waiting) this.waiting[slot] = (this.waiting[slot] as number) - 1
    else this.between[slot] = (this.between[slot] as number) - 1
    if (state === Piece.Between) this.between[slot] = (this.between[slot] as number) + 1
    states[piece] = state
    let first = this.firstOpen[slot] as number
    const count = this.pieceCount[slot] as number
    while (first < count && states[first] === Piece.Done) first += 1
    this.firstOpen[slot] = first
  }

  mix(slot: number, hash: StateHash): void {
    hash.mix(this.opcode[slot] as number)
    hash.mix(this.remoteOffset[slot] as number)
    hash.mix(this.localOffset[slot] as number)
    hash.mix(this.lengthBytes[slot] as number)
    hash.mix(
      (((this.flags[slot] as number) & OperationFlags.Fence) === 0 ? 0 : 1) +
        2 * (this.executed[slot] as number) +
        4 * (this.finished[slot] as number) +
        8 * (this.completed[slot] as number) +
        16 * (this.replaysLeft[slot] as number),
    )
    hash.mix(this.local[slot]?.index ?? -1)
    hash.mix(this.remote[slot]?.index ?? -1)
    if (isAtomic(this.opcode[slot] as number)) this.#mixAtomic(slot, hash)
    const starts = this.pieceStart[slot] as Int32Array
    const states = this.pieceState[slot] as Uint8Array
    const count = this.pieceCount[slot] as number
    const staged = this.staging[slot] as Uint8Array
    for (let piece = this.firstOpen[slot] as number; piece < count; piece += 1) {
      hash.mix(((starts[piece] as number) << 2) + (states[piece] as number))
      if (states[piece] !== Piece.Between) continue
      const start = starts[piece] as number
      const end = start + ((this.pieceLength[slot] as Int32Array)[piece] as number)
      for (let at = start; at < end; at += 1) hash.mix(staged[at] as number)
    }
  }

  /** What an atomic will do; between its halves it holds the value that it loaded. */
  #mixAtomic(slot: number, hash: StateHash): void {
    for (const operand of [this.compareOrAdd[slot] as bigint, this.swap[slot] as bigint]) {
      hash.mix(Number(BigInt.asIntN(32, operand)))
      hash.mix(Number(BigInt.asIntN(32, operand >> 32n)))
    }
    if (this.executed[slot] === 0 || this.finished[slot] === 1) return
    const loaded = this.staging[slot] as Uint8Array
    for (let at = 0; at < 8; at += 1) hash.mix(loaded[at] as number)
  }
}
