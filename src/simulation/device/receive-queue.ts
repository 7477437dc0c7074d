// The receives of one simulated queue pair: posted, then taken by messages in order, then reaped.
// Invariant: posted ≥ taken ≥ reaped, and a receive ends once, by a message or flushed.
import { Opcode } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import type { CheckedOperation } from './record-check.ts'
import type { LocalSlot } from './slots.ts'

/** A receive, and how it ended once it did. */
export interface Receive {
  readonly id: number
  readonly local: LocalSlot | null
  readonly localOffset: number
  readonly capacityBytes: number
  opcode: number
  status: number
  lengthBytes: number
  immediate: number
}

export class ReceiveQueue {
  readonly #waiting: Receive[] = []
  readonly #ended: Receive[] = []

  /** Posted and not reaped. */
  get inFlight(): number {
    return this.#waiting.length + this.#ended.length
  }

  get hasEnded(): boolean {
    return this.#ended.length > 0
  }

  post(operation: CheckedOperation): void {
    this.#waiting.push({
      id: operation.id,
      local: operation.local,
      localOffset: operation.localOffset,
      capacityBytes: operation.lengthBytes,
      opcode: operation.opcode,
      status: Status.Success,
      lengthBytes: 0,
      immediate: 0,
    })
  }

  /**
   * A message arrives; returns the status of its sender. What arrives at a receive too short for it
   * fails on both sides.
   */
  take(bytes: Uint8Array, lengthBytes: number, opcode: number, immediate: number): number {
    const receive = this.#waiting.shift()
    if (receive === undefined) return Status.ReceiverNotReady
    this.#ended.push(receive)
    if (opcode === Opcode.WriteWithImmediate) {
      receive.opcode = Opcode.ReceiveWithImmediate
      receive.lengthBytes = lengthBytes
      receive.immediate = immediate
      return Status.Success
    }
    if (lengthBytes > receive.capacityBytes) {
      receive.status = Status.LocalLength
      return Status.RemoteInvalidRequest
    }
    receive.local?.memory.bytes.set(bytes.subarray(0, lengthBytes), receive.localOffset)
    receive.lengthBytes = lengthBytes
    return Status.Success
  }

  /** No message comes any more. */
  flush(): void {
    for (const receive of this.#waiting.splice(0)) {
      receive.status = Status.Flushed
      this.#ended.push(receive)
    }
  }

  /** The next receive that has ended. */
  reap(): Receive | undefined {
    return this.#ended.shift()
  }
}
