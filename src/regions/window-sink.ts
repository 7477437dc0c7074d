// Turns the operations of a machine that changes a region into operation records. READs go to the region;
// WRITEs and compare-and-swaps to the window that has their bytes, or, where none has, to the region
// itself, which then grants them or does not.
//
// Invariant: every record of one chain carries one id, a fresh one for each chain.
import type { QueuePair } from '../fabric/contract.ts'
import { Opcode, OperationFlags, type OperationRing } from '../fabric/operation-ring.ts'
import type { RemoteSink } from '../protocols/machine.ts'
import { WORD_BYTES } from '../protocols/seqlock/layout.ts'
import type { OpenWindow } from './contract.ts'

/** Where operations go: a claim's binding and windows, or a loopback, which needs none. */
export interface WindowTarget {
  readonly queuePair: QueuePair
  /** Handle of the whole region. */
  readonly remoteHandle: number
  readonly windows: readonly OpenWindow[]
}

export class WindowSink implements RemoteSink {
  readonly #target: WindowTarget
  readonly #ring: OperationRing
  readonly #localHandle: number
  readonly #landingOffset: number
  #id = 0

  /** @param landingOffset where the machine's landing memory begins in its region, bytes */
  constructor(target: WindowTarget, localHandle: number, landingOffset: number) {
    this.#target = target
    this.#ring = target.queuePair.ring
    this.#localHandle = localHandle
    this.#landingOffset = landingOffset
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    const { remoteHandle } = this.#target
    this.#push(Opcode.Read, landingOffset, remoteHandle, remoteOffset, lengthBytes, fenced)
  }

  write(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.#change(Opcode.Write, landingOffset, remoteOffset, lengthBytes, fenced)
  }

  compareAndSwap(
    landingOffset: number,
    remoteOffset: number,
    expected: bigint,
    desired: bigint,
    fenced: boolean,
  ): void {
    this.#change(Opcode.CompareAndSwap, landingOffset, remoteOffset, WORD_BYTES, fenced)
    this.#ring.operands(expected, desired)
  }

  #change(
    opcode: number,
    landingOffset: number,
    remoteOffset: number,
    lengthBytes: number,
    fenced: boolean,
  ): void {
    for (const { offset, lengthBytes: room, handle } of this.#target.windows) {
      const inside = remoteOffset - offset
      if (inside < 0 || inside + lengthBytes > room) continue
      this.#push(opcode, landingOffset, handle, inside, lengthBytes, fenced)
      return
    }
    const { remoteHandle } = this.#target
    this.#push(opcode, landingOffset, remoteHandle, remoteOffset, lengthBytes, fenced)
  }

  #push(
    opcode: number,
    landingOffset: number,
    remoteHandle: number,
    remoteOffset: number,
    lengthBytes: number,
    fenced: boolean,
  ): void {
    const ring = this.#ring
    if (ring.count === 0) this.#id = this.#target.queuePair.nextId()
    ring.push(
      opcode,
      fenced ? OperationFlags.Fence : 0,
      this.#id,
      this.#localHandle,
      this.#landingOffset + landingOffset,
      remoteHandle,
      remoteOffset,
      lengthBytes,
    )
  }
}
