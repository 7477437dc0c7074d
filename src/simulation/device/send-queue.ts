// The operations in flight of one simulated queue pair, oldest first, and the chain that a caller
// waits for. Mirrors the retiring of addon/core/queue_pair_state.cc. Invariants: an operation retires
// once, and what is unsignalled before it with it; a chain ends with its first failing status; pins
// fall when operations retire, not before.
import { OperationFlags } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import type { CheckedOperation } from './record-check.ts'
import type { LocalSlot, RemoteSlot } from './slots.ts'

export interface Entry {
  id: number
  opcode: number
  flags: number
  local: LocalSlot | null
  remote: RemoteSlot | null
  /** Sequence of the last operation of its chain. */
  chainLast: number
  /** Kept at the last operation of a chain: how the chain failed first. */
  chainFailure: number
}

/** An operation that has retired and is to be reported. */
export interface Retired {
  readonly entry: Entry
  /** Its own, or at the end of a chain the chain's. */
  readonly status: number
  readonly chainEnd: boolean
  /** It belongs to the chain that was posted last. */
  readonly awaited: boolean
}

export class SendQueue {
  readonly depth: number
  readonly #entries: Entry[]
  #head = 0
  #tail = 0
  #awaitedFirst = 0
  #awaitedLast = -1
  #awaitedStatus: number = Status.Success
  #awaitedDone = true

  constructor(depth: number) {
    this.depth = depth
    this.#entries = Array.from({ length: depth }, () => ({
      id: 0,
      opcode: 0,
      flags: 0,
      local: null,
      remote: null,
      chainLast: 0,
      chainFailure: Status.Success,
    }))
  }

  get inFlight(): number {
    return this.#tail - this.#head
  }

  get free(): number {
    return this.depth - this.inFlight
  }

  /** Whether the chain posted last has ended, and how. */
  get done(): boolean {
    return this.#awaitedDone
  }

  get status(): number {
    return this.#awaitedStatus
  }

  /** Sequence of the first operation that `append` takes next. */
  get next(): number {
    return this.#tail
  }

  /** Writes down operation `index` of the next chain; nothing is in flight until `commit`. */
  append(index: number, operation: CheckedOperation): void {
    const entry = this.#at(this.#tail + index)
    entry.id = operation.id
    entry.opcode = operation.opcode
    entry.flags = operation.flags
    entry.local = operation.local
    entry.remote = operation.remote
    entry.chainFailure = Status.Success
  }

  /** Puts what was appended in flight: pinned, its last operation the end of a chain. */
  commit(count: number): void {
    const first = this.#tail
    let last = first + count - 1
    this.#at(last).flags |= OperationFlags.ChainEnd
    for (let sequence = last; sequence >= first; sequence -= 1) {
      const entry = this.#at(sequence)
      if ((entry.flags & OperationFlags.ChainEnd) !== 0) {
        last = sequence
        entry.flags |= OperationFlags.Signalled
      }
      entry.chainLast = last
      if (entry.local !== null) entry.local.pins += 1
      if (entry.remote !== null) entry.remote.pins += 1
    }
    this.#tail += count
    this.#awaitedFirst = first
    this.#awaitedLast = first + count - 1
    this.#awaitedStatus = Status.Success
    this.#awaitedDone = false
  }

  /** The flags under which operation `sequence` is posted, after `commit`. */
  flagsOf(sequence: number): number {
    return this.#at(sequence).flags
  }

  /**
   * Operation `sequence` has completed. Null when there is nothing to report: it is not in flight
   * (a device's mistake, and none of ours to follow), or it succeeded and nobody asked.
   * @param sequence its low 32 bits
   */
  retire(sequence: number, status: number): Retired | null {
    const distance = (sequence - this.#head) >>> 0
    if (distance >= this.inFlight) return null
    // An unsignalled success is retired with the next operation that is told of.
    const completed = this.#head + distance
    const entry = this.#at(completed)
    if (status === Status.Success && (entry.flags & OperationFlags.Signalled) === 0) return null
    while (this.#head !== completed) this.#unpin()
    this.#unpin()
    const end = this.#at(entry.chainLast)
    if (status !== Status.Success && end.chainFailure === Status.Success) end.chainFailure = status
    const chainEnd = entry.chainLast === completed
    const told = chainEnd ? entry.chainFailure : status
    const awaited = completed >= this.#awaitedFirst && completed <= this.#awaitedLast
    if (awaited && this.#awaitedStatus === Status.Success) this.#awaitedStatus = told
    if (awaited && completed === this.#awaitedLast) this.#awaitedDone = true
    return { entry, status: told, chainEnd, awaited }
  }

  /** The oldest operation in flight, for `retire`; undefined when there is none. */
  get oldest(): number | undefined {
    return this.inFlight === 0 ? undefined : this.#head >>> 0
  }

  #unpin(): void {
    const entry = this.#at(this.#head)
    if (entry.local !== null) entry.local.pins -= 1
    if (entry.remote !== null) entry.remote.pins -= 1
    this.#head += 1
  }

  #at(sequence: number): Entry {
    return this.#entries[sequence % this.depth] as Entry
  }
}
