// The owner's port of stores, with every copy made in pieces from the back: what is between two barriers
// may be stored in any order, and a READ, which samples upwards, meets stores that come towards it.
import type { BarrierName, LocalMemory } from '../../src/protocols/local-memory.ts'

const PIECES = 8
const PIECE_BYTES_MIN = 8

export class BackwardsMemory implements LocalMemory {
  readonly #memory: LocalMemory

  constructor(memory: LocalMemory) {
    this.#memory = memory
  }

  get lengthBytes(): number {
    return this.#memory.lengthBytes
  }

  copyIn(offset: number, source: Uint8Array): void {
    const words = Math.ceil(source.length / PIECES / PIECE_BYTES_MIN)
    const length = Math.max(1, words) * PIECE_BYTES_MIN
    for (let at = Math.ceil(source.length / length) * length - length; at >= 0; at -= length) {
      this.#memory.copyIn(offset + at, source.subarray(at, at + length))
    }
  }

  storeWord(offset: number, value: number): void {
    this.#memory.storeWord(offset, value)
  }

  storeWord64(offset: number, value: bigint): void {
    this.#memory.storeWord64(offset, value)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    this.#memory.storeTagged(offset, source, tag)
  }

  loadWord(offset: number): number {
    return this.#memory.loadWord(offset)
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.#memory.view(offset, lengthBytes)
  }

  barrier(name: BarrierName): void {
    this.#memory.barrier(name)
  }
}
