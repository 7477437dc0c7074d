// Reads operation records and checks them before anything is posted: bounds, rights, handles,
// alignment. Mirrors `CheckRecord` and `CheckRemote` of addon/core/queue_pair_state.cc, statuses and
// their precedence included; the conformance suite holds both to it.
import { Opcode, OperationFlags, RECORD_BYTES } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import { NativeAccess } from '../../native/binding.ts'
import type { HandleTable } from './handle-table.ts'
import type { LocalSlot, RemoteSlot } from './slots.ts'

const KNOWN_FLAGS = OperationFlags.Fence | OperationFlags.Signalled | OperationFlags.ChainEnd

/** One record that passed. Filled again and again. */
export interface CheckedOperation {
  opcode: number
  flags: number
  id: number
  lengthBytes: number
  immediate: number
  compareOrAdd: bigint
  swap: bigint
  local: LocalSlot | null
  localOffset: number
  remote: RemoteSlot | null
  remoteOffset: number
}

/** The rights that an operation needs of the remote region; 0 for messages. Undefined: no opcode. */
const rightsNeeded: ReadonlyMap<number, number> = new Map([
  [Opcode.Read, NativeAccess.remoteRead],
  [Opcode.Write, NativeAccess.remoteWrite],
  [Opcode.WriteWithImmediate, NativeAccess.remoteWrite],
  [Opcode.CompareAndSwap, NativeAccess.remoteAtomic],
  [Opcode.FetchAndAdd, NativeAccess.remoteAtomic],
  [Opcode.Send, 0],
  [Opcode.Receive, 0],
])

/** Operations that write to local memory. */
const landing: ReadonlySet<number> = new Set([
  Opcode.Read,
  Opcode.CompareAndSwap,
  Opcode.FetchAndAdd,
  Opcode.Receive,
])

export function newCheckedOperation(): CheckedOperation {
  return {
    opcode: 0,
    flags: 0,
    id: 0,
    lengthBytes: 0,
    immediate: 0,
    compareOrAdd: 0n,
    swap: 0n,
    local: null,
    localOffset: 0,
    remote: null,
    remoteOffset: 0,
  }
}

export class RecordChecker {
  readonly capacity: number
  readonly #locals: HandleTable<LocalSlot>
  readonly #remotes: HandleTable<RemoteSlot>
  readonly #sendBytesMax: number
  readonly #words: Uint32Array
  readonly #doubles: Float64Array
  readonly #longs: BigUint64Array

  constructor(
    records: ArrayBuffer,
    locals: HandleTable<LocalSlot>,
    remotes: HandleTable<RemoteSlot>,
    sendBytesMax: number,
  ) {
    this.capacity = records.byteLength / RECORD_BYTES
    this.#locals = locals
    this.#remotes = remotes
    this.#sendBytesMax = sendBytesMax
    this.#words = new Uint32Array(records)
    this.#doubles = new Float64Array(records)
    this.#longs = new BigUint64Array(records)
  }

  /** The opcode of a record, unchecked. */
  opcodeOf(index: number): number {
    return this.#words[index * 16] as number
  }

  /** Reads record `index` into `operation`; returns Success, or why it is refused. */
  check(index: number, operation: CheckedOperation): number {
    const word = index * 16
    operation.opcode = this.#words[word] as number
    operation.flags = this.#words[word + 1] as number
    operation.lengthBytes = this.#words[word + 8] as number
    operation.immediate = this.#words[word + 9] as number
    operation.compareOrAdd = this.#longs[index * 8 + 5] as bigint
    operation.swap = this.#longs[index * 8 + 6] as bigint
    operation.id = this.#words[word + 14] as number
    if ((operation.flags & ~KNOWN_FLAGS) !== 0) return Status.BadOperation
    const right = rightsNeeded.get(operation.opcode)
    if (right === undefined) return Status.BadOperation
    if (right === NativeAccess.remoteAtomic && operation.lengthBytes !== 8) {
      return Status.BadOperation
    }
    if (operation.opcode === Opcode.Send && operation.lengthBytes > this.#sendBytesMax) {
      return Status.MessageTooLong
    }
    const status = this.#checkLocal(index, operation, right === 0)
    if (status !== Status.Success) return status
    operation.remote = null
    operation.remoteOffset = 0
    return right === 0 ? Status.Success : this.#checkRemote(index, operation, right)
  }

  #checkLocal(index: number, operation: CheckedOperation, message: boolean): number {
    const handle = this.#words[index * 16 + 2] as number
    const local = this.#locals.find(handle)
    operation.local = null
    operation.localOffset = 0
    if (local === undefined) {
      // A message of no bytes needs no memory.
      const needless = message && handle === 0 && operation.lengthBytes === 0
      return needless ? Status.Success : Status.UnknownRegion
    }
    const offset = this.#doubles[index * 8 + 2] as number
    if (!inside(offset, operation.lengthBytes, local.lengthBytes)) return Status.OutOfBounds
    const writable = (local.access & NativeAccess.localWrite) !== 0
    if (landing.has(operation.opcode) && !writable) return Status.AccessDenied
    operation.local = local
    operation.localOffset = offset
    return Status.Success
  }

  #checkRemote(index: number, operation: CheckedOperation, right: number): number {
    const remote = this.#remotes.find(this.#words[index * 16 + 3] as number)
    if (remote === undefined) return Status.UnknownRegion
    const offset = this.#doubles[index * 8 + 3] as number
    if (!inside(offset, operation.lengthBytes, remote.lengthBytes)) return Status.OutOfBounds
    if ((remote.access & right) === 0) return Status.AccessDenied
    const aligned = operation.localOffset % 8 === 0 && offset % 8 === 0
    if (right === NativeAccess.remoteAtomic && !aligned) return Status.Misaligned
    operation.remote = remote
    operation.remoteOffset = remote.start + offset
    return Status.Success
  }
}

/** Also false for fractions, infinities and NaN. */
function inside(offset: number, lengthBytes: number, regionBytes: number): boolean {
  return Number.isInteger(offset) && offset >= 0 && offset + lengthBytes <= regionBytes
}
