// Stores of the words layout. There is no odd phase, and a reader needs no barrier: each 64-bit word is
// stored in one store and carries the tag of its write, so a reader tells words of different writes
// apart whatever order they become visible in. The one barrier is for readers of several regions: it
// keeps publications of one owner, here and elsewhere, in their order.
//
// Payload is staged in a private image and reaches the region only at `publish`. An abandoned
// write was never visible, and an owner that dies between `begin` and `publish` leaves the last
// version readable.
import type { LocalMemory } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'
import { CLOSED_MARK, Words, pad4 } from './layout.ts'
import type { Placement } from './placement.ts'
import { highOf, tagOf } from './version-word.ts'

const HIGH_BYTES = 4

/** Placement of strategy `words`. */
export class WordsPlacement implements Placement {
  readonly #memory: LocalMemory
  /** High half of the write counter, then the payload, padded: one 4-byte unit for each word. */
  readonly #image: Uint8Array
  readonly #units: Uint32Array

  constructor(memory: LocalMemory, shape: SeqlockShape) {
    this.#memory = memory
    this.#image = new Uint8Array(HIGH_BYTES + pad4(shape.payloadBytes))
    this.#units = new Uint32Array(this.#image.buffer)
  }

  format(): void {}

  begin(_version: number): void {}

  copyIn(offset: number, source: Uint8Array): void {
    this.#image.set(source, HIGH_BYTES + offset)
  }

  publish(version: number): void {
    this.#units[0] = this.highOf(version)
    this.#memory.storeTagged(Words.counter, this.#image, this.tagOf(version))
    this.#memory.barrier('afterPublish')
  }

  replace(version: number, payload: Uint8Array): void {
    this.copyIn(0, payload)
    this.publish(version)
  }

  abandon(_version: number): boolean {
    return false
  }

  load(target: Uint8Array, offset: number): void {
    const start = HIGH_BYTES + offset
    target.set(this.#image.subarray(start, start + target.length))
  }

  close(): void {
    // Every read samples the counter word, so it alone has to say so.
    this.#memory.storeWord64(Words.counter, CLOSED_MARK)
  }

  protected highOf(version: number): number {
    return highOf(version)
  }

  protected tagOf(version: number): number {
    return tagOf(version)
  }
}
