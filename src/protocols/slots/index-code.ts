// How a version stands in the index word: as another 64-bit number, by a keyed one-to-one mapping
// of all 64-bit numbers (a Feistel network of four rounds over the word's halves).
//
// Why: readers find slots by the index and compare two samples of it, so a sampled index must be one
// that was stored. Where a word is sampled byte by byte, a mixture of 0x00ff and 0x0100 would be
// 0x01ff or 0x0000, both of them versions. Bytes of two encoded versions mixed are a number that
// decodes to anything: to one particular version with probability 2^-64. So no strategy needs the
// word to be sampled in one piece, and the word of another region or incarnation decodes to nothing
// that its reader could take for a version, but with probability 2^-11; for one near the right one,
// with 2^-64 times the number of slots.
//
// Invariants: decode(encode(v)) = v; 0 stands for 0, which is memory never formatted; the terminal
// mark is the encoding of a number that is no version. The mapping tells accidents apart. It is
// no cipher.
import type { MemoryKernels } from '../local-memory.ts'
import { CLOSED_WORD, GARBAGE_WORD } from '../seqlock/version-word.ts'
import type { SeqlockShape } from '../seqlock/layout.ts'

const ROUNDS = 4
const TWO_32 = 0x1_0000_0000
/** What the terminal mark decodes to: 64 ones. */
const CLOSED_HALF = 0xffff_ffff
/** High half of the largest safe integer. */
const SAFE_HIGH_MAX = 0x1f_ffff

/** Encodes and decodes the index word of one incarnation of a region. */
export class IndexCode {
  readonly #keys: Uint32Array
  /** Where the network alone takes 0: mixed in, so that 0 stands for 0. */
  readonly #zeroLow: number
  readonly #zeroHigh: number
  /** Results of the last round trip through the network: halves, so that nothing is allocated. */
  #low = 0
  #high = 0

  constructor(shape: SeqlockShape, kernels: MemoryKernels) {
    this.#keys = new Uint32Array(ROUNDS)
    const message = new DataView(new ArrayBuffer(16))
    message.setFloat64(0, shape.generation, true)
    for (let round = 0; round < ROUNDS; round += 2) {
      message.setFloat64(8, round, true)
      const key = kernels.hash64(new Uint8Array(message.buffer), shape.hashKey)
      this.#keys[round] = Number(key & 0xffff_ffffn)
      this.#keys[round + 1] = Number(key >> 32n)
    }
    this.#mix(0, 0)
    this.#zeroLow = this.#low
    this.#zeroHigh = this.#high
  }

  /** The index word of a version. */
  encode(version: number): bigint {
    return this.#word(version >>> 0, Math.floor(version / TWO_32))
  }

  /** The terminal mark. */
  encodeClosed(): bigint {
    return this.#word(CLOSED_HALF, CLOSED_HALF)
  }

  /**
   * The version of the index word at `word` (in 8-byte words) of landed memory: a safe integer from
   * 0 up, CLOSED_WORD, or GARBAGE_WORD for what no owner with these keys stores.
   */
  decode(halves: Uint32Array, word: number): number {
    this.#unmix(
      (halves[2 * word] as number) ^ this.#zeroLow,
      (halves[2 * word + 1] as number) ^ this.#zeroHigh,
    )
    if (this.#high > SAFE_HIGH_MAX) {
      const closed = this.#high === CLOSED_HALF && this.#low === CLOSED_HALF
      return closed ? CLOSED_WORD : GARBAGE_WORD
    }
    return this.#high * TWO_32 + this.#low
  }

  #word(low: number, high: number): bigint {
    this.#mix(low, high)
    const mixedLow = (this.#low ^ this.#zeroLow) >>> 0
    const mixedHigh = (this.#high ^ this.#zeroHigh) >>> 0
    return (BigInt(mixedHigh) << 32n) | BigInt(mixedLow)
  }

  #mix(low: number, high: number): void {
    let left = low
    let right = high
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = left ^ stir(right, this.#keys[round] as number)
      left = right
      right = next
    }
    this.#low = left >>> 0
    this.#high = right >>> 0
  }

  /** The inverse of `#mix`: its rounds backwards. */
  #unmix(low: number, high: number): void {
    let left = low
    let right = high
    for (let round = ROUNDS - 1; round >= 0; round -= 1) {
      const before = right ^ stir(left, this.#keys[round] as number)
      right = left
      left = before
    }
    this.#low = left >>> 0
    this.#high = right >>> 0
  }
}

/** Spreads every bit of a half over all bits of another (the finalizer of MurmurHash3). */
function stir(half: number, key: number): number {
  let mixed = half ^ key
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}
