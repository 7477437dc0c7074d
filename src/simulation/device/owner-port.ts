// The owner's port of a region on a simulated device: stores wait in the store buffer of the device's
// CPU until the schedule makes them visible, or a full fence does. A word is loaded from the buffer,
// else from memory, as a CPU does it; `view` is a copy of what the CPU saw at the last full fence, or
// when the port was made, with its own stores since. Invariant: a closed region takes no store.
import { UntornError } from '../../errors.ts'
import type { BarrierName, LocalMemory } from '../../fabric/local-memory.ts'
import { RecordingMemory } from '../recording-memory.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StoreBuffer } from '../store-buffer.ts'

export class OwnerPort implements LocalMemory {
  readonly #cpu: StoreBuffer
  readonly #memory: SimulatedMemory
  readonly #isOpen: () => boolean
  readonly #recording: RecordingMemory
  readonly #word: Uint8Array = new Uint8Array(8)
  readonly #wordView: DataView = new DataView(this.#word.buffer)

  /** @param isOpen whether the region takes stores */
  constructor(cpu: StoreBuffer, memory: SimulatedMemory, isOpen: () => boolean) {
    this.#cpu = cpu
    this.#memory = memory
    this.#isOpen = isOpen
    this.#recording = new RecordingMemory(cpu, memory)
    this.#recording.refresh()
  }

  get lengthBytes(): number {
    return this.#recording.lengthBytes
  }

  storeWord(offset: number, value: number): void {
    this.#open().storeWord(offset, value)
  }

  storeWord64(offset: number, value: bigint): void {
    this.#open().storeWord64(offset, value)
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.#open().copyIn(offset, source)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    this.#open().storeTagged(offset, source, tag)
  }

  loadWord(offset: number): number {
    this.#open()
    this.#cpu.load(this.#memory, offset, this.#word)
    return Number(this.#wordView.getBigUint64(0, true))
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.#open().view(offset, lengthBytes)
  }

  barrier(name: BarrierName): void {
    const recording = this.#open()
    recording.barrier(name)
    if (name !== 'beforeScan') return
    // A fence that has been passed has waited until nothing waits: here all of it drains at once, even
    // where the CPU is frozen, because a program that passes a fence does run.
    if (!this.#cpu.crashed) this.#cpu.drainTo(this.#cpu.count)
    recording.refresh()
  }

  #open(): RecordingMemory {
    if (this.#isOpen()) return this.#recording
    throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
  }
}
