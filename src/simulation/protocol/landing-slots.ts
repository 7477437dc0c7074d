// Where a reader's READs land: slots of landing memory, each with the machine bound to it. Invariant:
// a slot whose read was given up is not used again before all of its operations have completed, so
// what lands late lands where nobody looks.
import type { ReaderMachine } from '../../protocols/machine.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StateHash } from '../state-hash.ts'
import type { World } from '../world.ts'

export interface LandingSlot {
  readonly landing: SimulatedMemory
  machine: ReaderMachine
  /** Id of the chain that uses it. */
  chain: number
  /** Operations of that chain that have not completed. */
  outstanding: number
  /** The read was given up: in quarantine until its operations have completed. */
  abandoned: boolean
}

export class LandingSlots {
  readonly #slots: LandingSlot[] = []
  readonly #make: (incarnation: number) => ReaderMachine

  constructor(
    world: World,
    reader: string,
    count: number,
    make: (incarnation: number) => ReaderMachine,
  ) {
    this.#make = make
    for (let index = 0; index < count; index += 1) {
      const machine = make(0)
      const landing = world.addMemory(`${reader}.landing${index}`, machine.landingBytes)
      this.#slots.push({ landing, machine, chain: 0, outstanding: 0, abandoned: false })
    }
  }

  at(index: number): LandingSlot {
    return this.#slots[index] as LandingSlot
  }

  ofChain(id: number): LandingSlot | undefined {
    return this.#slots.find(({ chain }) => chain === id)
  }

  /** Index of a slot that can be used, other than `but`; -1 when there is none. */
  free(but: number = -1): number {
    return this.#slots.findIndex((slot, index) => index !== but && !slot.abandoned)
  }

  /** A fresh machine for an incarnation of the region. */
  renew(slot: LandingSlot, incarnation: number): void {
    slot.abandoned = false
    slot.outstanding = 0
    slot.machine = this.#make(incarnation)
    slot.machine.bind(slot.landing.bytes)
  }

  /** Renews all slots, or all but those in quarantine. */
  renewAll(incarnation: number, evenAbandoned: boolean): void {
    for (const slot of this.#slots) {
      if (evenAbandoned || !slot.abandoned) this.renew(slot, incarnation)
    }
  }

  mix(hash: StateHash): void {
    for (const slot of this.#slots) hash.mix(slot.outstanding + (slot.abandoned ? 0x100 : 0))
  }
}
