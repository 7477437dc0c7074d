// Stores of the plain layout, for the strategies `fenced` and `hash` (the latter adds the seal).
//
// Order of one write, and what breaks without each step:
//  (1) version := odd v - 1
//  (2) beforePayload: the odd mark is visible before any payload store. Pairs with the last
//      version READ of `fenced`: one that still samples v - 2 proves that no byte of v was stored.
//  (3) payload, and with `hash` the seal
//  (4) beforePublish: all of (3) is visible before (5). Pairs with the first version READ, which
//      samples v only when every byte of v is in memory; and with the seal check of an unchanged
//      `hash` region: as long as the old seal is there, v is not published.
//  (5) version := even v
// No afterPublish: the next store that matters is the next odd mark. It goes to the same word, and
// stores to one word never pass each other; what follows it waits for (2).
//
// The argument uses the barriers only, not the release order of storeWord.
import type { LocalMemory } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'
import { CLOSED_MARK, Plain, imageBytes } from './layout.ts'
import type { Placement } from './placement.ts'
import type { Sealer } from './seal.ts'

/** Placement of strategy `fenced`. */
export class PlainPlacement implements Placement {
  protected readonly memory: LocalMemory
  protected readonly shape: SeqlockShape

  constructor(memory: LocalMemory, shape: SeqlockShape) {
    this.memory = memory
    this.shape = shape
  }

  format(): void {
    this.memory.storeWord(Plain.hash, 0)
    this.memory.storeWord(Plain.generation, this.shape.generation)
  }

  begin(version: number): void {
    this.memory.storeWord(Plain.version, version - 1)
    this.memory.barrier('beforePayload')
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.memory.copyIn(Plain.payload + offset, source)
  }

  publish(version: number): void {
    this.memory.barrier('beforePublish')
    this.memory.storeWord(Plain.version, version)
  }

  replace(version: number, payload: Uint8Array): void {
    this.begin(version)
    this.copyIn(0, payload)
    this.publish(version)
  }

  abandon(version: number): boolean {
    this.publish(version)
    return true
  }

  load(target: Uint8Array, offset: number): void {
    target.set(this.memory.view(Plain.payload + offset, target.length))
  }

  close(): void {
    // One word says it all: readers of `fenced` sample it at least once in every attempt.
    this.memory.storeWord64(Plain.version, CLOSED_MARK)
  }
}

/**
 * Placement of strategy `hash`: keeps a private image of what it publishes, so that the seal is
 * computed over bytes that nobody else stores to, in one piece.
 */
export class SealedPlacement extends PlainPlacement {
  readonly #seal: Sealer
  /** Version, generation, payload, padding: the sealed bytes. */
  readonly #image: Uint8Array
  /** The payload's part of it. */
  readonly #payload: Uint8Array
  readonly #words: BigUint64Array

  constructor(memory: LocalMemory, shape: SeqlockShape, seal: Sealer) {
    super(memory, shape)
    this.#seal = seal
    this.#image = new Uint8Array(imageBytes('plain', shape.payloadBytes) - Plain.version)
    const start = Plain.payload - Plain.version
    this.#payload = this.#image.subarray(start, start + shape.payloadBytes)
    this.#words = new BigUint64Array(this.#image.buffer)
    this.#words[1] = BigInt(shape.generation)
  }

  override format(): void {
    super.format()
    // The seal covers the padding, and memory used before need not have zeros there.
    const end = Plain.payload + this.shape.payloadBytes
    this.memory.copyIn(end, this.#image.subarray(end - Plain.version))
  }

  override copyIn(offset: number, source: Uint8Array): void {
    // Into the region from the image, here and below: the source may be another thread's as well.
    this.#payload.set(source, offset)
    super.copyIn(offset, this.#payload.subarray(offset, offset + source.length))
  }

  override publish(version: number): void {
    this.memory.storeWord64(Plain.hash, this.#sealAs(version))
    super.publish(version)
  }

  override replace(version: number, payload: Uint8Array): void {
    // Hashing takes longer than storing: done before (1), it does not prolong the odd phase.
    this.#payload.set(payload)
    const seal = this.#sealAs(version)
    this.begin(version)
    super.copyIn(0, this.#payload)
    this.memory.storeWord64(Plain.hash, seal)
    super.publish(version)
  }

  override load(target: Uint8Array, offset: number): void {
    target.set(this.#payload.subarray(offset, offset + target.length))
  }

  override close(): void {
    // Both words that a `hash` reader may look at alone.
    super.close()
    this.memory.storeWord64(Plain.hash, CLOSED_MARK)
  }

  #sealAs(version: number): bigint {
    this.#words[0] = BigInt(version)
    return this.#seal(this.#image)
  }
}
