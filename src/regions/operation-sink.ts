// Turns a machine's READs into operation records: landing offsets become offsets in the slot's
// registered memory, remote offsets go to the region it is bound to. Invariant: every record of one
// chain carries one id, a fresh one for each chain.
import { Opcode, OperationFlags, type OperationRing } from '../fabric/operation-ring.ts'
import type { QueuePair } from '../fabric/contract.ts'
import type { OperationSink } from '../protocols/machine.ts'

export class RingSink implements OperationSink {
  readonly #localHandle: number
  readonly #landingOffset: number
  #queuePair: QueuePair
  #ring: OperationRing
  #remoteHandle: number
  #id = 0

  /** @param landingOffset where the machine's landing memory begins in its region, bytes */
  constructor(
    queuePair: QueuePair,
    remoteHandle: number,
    localHandle: number,
    landingOffset: number,
  ) {
    this.#queuePair = queuePair
    this.#ring = queuePair.ring
    this.#remoteHandle = remoteHandle
    this.#localHandle = localHandle
    this.#landingOffset = landingOffset
  }

  /** From now on operations go to another queue pair or remote region. */
  bind(queuePair: QueuePair, remoteHandle: number): void {
    this.#queuePair = queuePair
    this.#ring = queuePair.ring
    this.#remoteHandle = remoteHandle
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    const ring = this.#ring
    if (ring.count === 0) this.#id = this.#queuePair.nextId()
    ring.push(
      Opcode.Read,
      fenced ? OperationFlags.Fence : 0,
      this.#id,
      this.#localHandle,
      this.#landingOffset + landingOffset,
      this.#remoteHandle,
      remoteOffset,
      lengthBytes,
    )
  }
}
