// The machines of one kind that work for one claim, each with landing memory of its own. Invariants: a
// slot serves one operation at a time, and not before all chains of the one before have ended; memory
// is deregistered only then.
import type { Device, MemoryRegion } from '../../fabric/contract.ts'
import { WindowSink, type WindowTarget } from '../window-sink.ts'

interface Bindable {
  readonly landingBytes: number
  bind(landing: Uint8Array): void
}

export interface MachineSlot<Machine> {
  readonly machine: Machine
  readonly sink: WindowSink
  readonly landing: MemoryRegion
}

export class MachinePool<Machine extends Bindable> {
  readonly #device: Device
  readonly #target: WindowTarget
  readonly #create: () => Machine
  readonly #free: MachineSlot<Machine>[] = []
  #closed = false

  constructor(device: Device, target: WindowTarget, create: () => Machine) {
    this.#device = device
    this.#target = target
    this.#create = create
  }

  /** @throws UntornError when landing memory cannot be registered */
  take(): MachineSlot<Machine> {
    const slot = this.#free.pop()
    if (slot !== undefined) return slot
    const machine = this.#create()
    const landing = this.#device.allocate(machine.landingBytes)
    machine.bind(landing.slice(0, machine.landingBytes))
    return { machine, sink: new WindowSink(this.#target, landing.handle, 0), landing }
  }

  /** Gives back a slot, once the operation in flight has ended, if there is one. */
  give(slot: MachineSlot<Machine>, flying: Promise<unknown> | null = null): void {
    if (flying !== null) {
      void flying.catch(() => undefined).then(() => this.give(slot))
    } else if (this.#closed) {
      void dispose(slot.landing)
    } else {
      this.#free.push(slot)
    }
  }

  /** Gives the memory back; slots in use are disposed of when they are given back. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#free.splice(0).map(({ landing }) => dispose(landing)))
  }
}

/** A device that is gone has taken the memory with it. */
async function dispose(landing: MemoryRegion): Promise<void> {
  await landing.close().catch(() => undefined)
}
