// The owner's port of a region on a simulated device: stores wait in the store buffer of the device's
// CPU until the schedule makes them visible. The owner's own view is a copy, begun with what the
// region held when the port was made; stores through `region.bytes` are visible at once, and not in
// that view. Invariant: a closed region takes no store.
import { UntornError } from '../../errors.ts'
import type { BarrierName, LocalMemory } from '../../fabric/local-memory.ts'
import { RecordingMemory } from '../recording-memory.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StoreBuffer } from '../store-buffer.ts'

export class OwnerPort implements LocalMemory {
  readonly #isOpen: () => boolean
  readonly #recording: RecordingMemory

  /** @param isOpen whether the region takes stores */
  constructor(cpu: StoreBuffer, memory: SimulatedMemory, isOpen: () => boolean) {
    this.#isOpen = isOpen
    this.#recording = new RecordingMemory(cpu, memory)
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
    return this.#open().loadWord(offset)
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.#open().view(offset, lengthBytes)
  }

  barrier(name: BarrierName): void {
    this.#open().barrier(name)
  }

  #open(): RecordingMemory {
    if (this.#isOpen()) return this.#recording
    throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
  }
}
