// A holder's landing memory: what it found, and the bytes it is about to publish, staged in the shape
// of the shadow. Invariant: what is staged is sealed last, over bytes that nobody else stores to.
import type { MemoryKernels } from '../local-memory.ts'
import { assertLittleEndian } from '../seqlock/layout.ts'
import { type Sealer, createSealer } from '../seqlock/seal.ts'
import {
  LANDING_PAYLOAD,
  Landing,
  type LockShape,
  Shadow,
  checkLanding,
  holderLandingBytes,
} from './layout.ts'

const WORD = 8
const FOUND = Landing.found / WORD
const HASH = Landing.hash / WORD
const SHADOW = Landing.shadow / WORD

export class HolderLanding {
  /** The payload, as it was read or is to be published; exactly the region's payload bytes. */
  readonly payload: Uint8Array
  readonly #words: BigUint64Array
  /** The shadow's bytes from the holder's word on. */
  readonly #shadowed: Uint8Array
  /** Those of them that the hash in place covers. */
  readonly #image: Uint8Array
  readonly #generation: bigint
  readonly #seal: Sealer

  /** @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS, ERR_UNTORN_MISALIGNED */
  constructor(landing: Uint8Array, shape: LockShape, kernels: MemoryKernels) {
    assertLittleEndian()
    const lengthBytes = holderLandingBytes(shape.payloadBytes)
    checkLanding(landing, lengthBytes)
    const end = LANDING_PAYLOAD + shape.payloadBytes
    this.payload = landing.subarray(LANDING_PAYLOAD, end)
    // The seals cover the padding, which is zeros in the region.
    landing.fill(0, end, lengthBytes)
    this.#words = new BigUint64Array(landing.buffer, landing.byteOffset, lengthBytes / WORD)
    this.#shadowed = landing.subarray(Landing.shadow + Shadow.word, lengthBytes)
    this.#image = landing.subarray(Landing.shadow + Shadow.version, lengthBytes)
    this.#generation = BigInt(shape.generation)
    this.#seal = createSealer(shape, kernels)
  }

  /** What the last look or compare-and-swap found in the word. */
  get found(): bigint {
    return this.#words[FOUND] as bigint
  }

  /** Makes the staged payload that of `version`, under the holder's `word`. */
  stage(word: bigint, version: number): void {
    this.#words[SHADOW + Shadow.word / WORD] = word
    this.#words[SHADOW + Shadow.version / WORD] = BigInt(version)
    this.#words[SHADOW + Shadow.generation / WORD] = this.#generation
  }

  /** Seals the shadow. */
  sealShadow(): void {
    this.#words[SHADOW] = this.#seal(this.#shadowed)
  }

  /** Computes the hash that goes before the payload in place. */
  sealImage(): void {
    this.#words[HASH] = this.#seal(this.#image)
  }

  /** What the hash in place is to be. */
  setHash(hash: bigint): void {
    this.#words[HASH] = hash
  }
}
