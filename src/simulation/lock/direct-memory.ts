// A port whose stores are in memory at once: for what happens before anybody else looks, and for locked
// instructions. Barriers have nothing left to order.
import type { BarrierName, LocalMemory } from '../../protocols/local-memory.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'

export class DirectMemory implements LocalMemory {
  readonly lengthBytes: number
  readonly #memory: SimulatedMemory
  readonly #step: () => number

  /** @param step the step of the run that a store is part of */
  constructor(memory: SimulatedMemory, step: () => number) {
    this.lengthBytes = memory.bytes.length
    this.#memory = memory
    this.#step = step
  }

  storeWord(offset: number, value: number): void {
    this.storeWord64(offset, BigInt(value))
  }

  storeWord64(offset: number, value: bigint): void {
    this.copyIn(offset, new Uint8Array(BigUint64Array.of(value).buffer))
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.#memory.store(offset, source, 0, source.length, this.#step())
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    for (let at = 0; at < source.length; at += 4) {
      this.copyIn(offset + 2 * at, source.subarray(at, at + 4))
      this.copyIn(offset + 2 * at + 4, new Uint8Array(Uint32Array.of(tag).buffer))
    }
  }

  loadWord(offset: number): number {
    return Number(this.loadWord64(offset))
  }

  loadWord64(offset: number): bigint {
    const { bytes } = this.#memory
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true)
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.#memory.bytes.slice(offset, offset + lengthBytes)
  }

  barrier(_name: BarrierName): void {}
}
