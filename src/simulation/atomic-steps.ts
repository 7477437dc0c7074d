// The single steps of atomics: load and store at once, or one after the other, where the NIC is
// atomic against nothing but itself. Invariant: an atomic between its steps holds the atomic unit of
// the responder's NIC, and nobody else does; who holds it can be told from operations in flight.
import type { OperationSlots } from './operation-slots.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import type { Transfer } from './transfer.ts'

/** Operations in flight on one queue pair, at most: the ticket of an atomic tells its slot. */
export const SLOTS_MAX = 0x1_0000

export class AtomicSteps {
  /** Index of the queue pair among the world's actors. */
  readonly #actor: number
  readonly #nic: number
  readonly #slots: OperationSlots
  readonly #transfer: Transfer
  readonly #host: QueuePairHost
  readonly #finish: (slot: number) => void

  /** @param finish tells that an atomic was executed */
  constructor(
    actor: number,
    nic: number,
    slots: OperationSlots,
    transfer: Transfer,
    host: QueuePairHost,
    finish: (slot: number) => void,
  ) {
    this.#actor = actor
    this.#nic = nic
    this.#slots = slots
    this.#transfer = transfer
    this.#host = host
    this.#finish = finish
  }

  /** Steps that an atomic could take. @param able whether it may touch remote memory */
  options(slot: number, able: boolean): number {
    const holder = this.#host.atomicUnits[this.#nic] as number
    return able && (holder === 0 || holder === this.#ticket(slot)) ? 1 : 0
  }

  take(slot: number): void {
    const { atomicUnits, model } = this.#host
    const { executed } = this.#slots
    if (executed[slot] === 0) {
      this.#transfer.atomicLoad(slot)
      executed[slot] = 1
      if (model.nicAtomics === 'hca') {
        atomicUnits[this.#nic] = this.#ticket(slot)
        return
      }
    }
    this.#transfer.atomicStore(slot)
    atomicUnits[this.#nic] = 0
    this.#finish(slot)
  }

  /** The queue pair lost its operations: what they held is free. */
  release(): void {
    const { atomicUnits } = this.#host
    const holder = atomicUnits[this.#nic] as number
    if (Math.floor((holder - 1) / SLOTS_MAX) === this.#actor) atomicUnits[this.#nic] = 0
  }

  /** Who holds an atomic unit: queue pair and slot, never 0. */
  #ticket(slot: number): number {
    return this.#actor * SLOTS_MAX + slot + 1
  }
}
