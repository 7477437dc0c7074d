// A queue pair of a litmus program's peer: posting and waiting are two things here, without an event
// loop between. Invariant: a failed operation is thrown, never counted as an outcome.
import { UntornError } from '../../src/errors.ts'
import type { QueuePair } from '../../src/fabric/contract.ts'
import { NativeBackedQueuePair } from '../../src/fabric/native-queue-pair.ts'
import { Control } from '../../src/fabric/operation-ring.ts'
import { Status, statusName } from '../../src/fabric/status.ts'
import { waitUntil } from './litmus-wait.ts'

/** Over verbs an operation takes many looks; giving the core away earlier would take longer. */
const SPINS = 2_000

/** One operation; its remote offset counts from the iteration's cell. */
export interface LitmusOperation {
  readonly opcode: number
  readonly flags: number
  readonly localOffset: number
  readonly remoteOffset: number
  readonly lengthBytes: number
  readonly compareOrAdd: bigint
  readonly swap: bigint
}

export class LitmusQueue {
  readonly #queuePair: NativeBackedQueuePair
  readonly #local: number
  readonly #remote: number
  #pushed = false

  /** `local` and `remote`: handles of the regions. */
  constructor(queuePair: QueuePair, local: number, remote: number) {
    if (!(queuePair instanceof NativeBackedQueuePair)) {
      throw new TypeError('litmus programs run over devices of the addon')
    }
    this.#queuePair = queuePair
    this.#local = local
    this.#remote = remote
  }

  /** Puts an operation on the ring; nothing is posted yet. */
  push(operation: LitmusOperation, base: number): void {
    const { opcode, flags, localOffset, remoteOffset, lengthBytes } = operation
    const queuePair = this.#queuePair
    const id = queuePair.nextId()
    const there = base + remoteOffset
    const ring = queuePair.ring
    ring.push(opcode, flags, id, this.#local, localOffset, this.#remote, there, lengthBytes)
    ring.operands(operation.compareOrAdd, operation.swap)
    this.#pushed = true
  }

  /**
   * Posts what was pushed, and waits for nothing.
   * @throws UntornError ERR_UNTORN_REMOTE with the status of an operation that failed
   */
  post(): void {
    if (!this.#pushed) return
    this.#pushed = false
    const status = this.#queuePair.submitAndPoll(0)
    if (status !== Status.Success && status !== Status.Pending) throw failed(status)
  }

  /**
   * Waits until nothing is in flight.
   * @throws UntornError ERR_UNTORN_REMOTE; ERR_UNTORN_TIMEOUT
   */
  finish(): void {
    const queuePair = this.#queuePair
    if (queuePair.inFlight === 0) return
    const ended = (): boolean => {
      queuePair.drain()
      return queuePair.inFlight === 0
    }
    waitUntil(ended, SPINS, 'an operation')
    if (queuePair.ring.control[Control.FailedOpcode] !== 0) throw failed(Status.General)
  }
}

function failed(status: number): UntornError {
  const message = `an operation of a litmus program ended with ${statusName(status)}`
  return new UntornError('ERR_UNTORN_REMOTE', message, { status })
}
