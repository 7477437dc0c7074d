// How a number stands in a shared word: as another 64-bit number, by a keyed one-to-one mapping of
// all 64-bit numbers (a Feistel network of four rounds over the word's halves).
//
// Why: readers go where a word points to, and compare two samples of it, so a sampled word must be one
// that was stored. Where a word is sampled byte by byte, a mixture of 0x00ff and 0x0100 would be
// 0x01ff or 0x0000, both of them numbers that may well mean something. Bytes of two encoded numbers
// mixed are a number that decodes to anything: to one particular one with probability 2^-64. So no
// protocol needs such a word to be sampled in one piece, as long as it believes only a few of all
// 64-bit numbers; and a word of another region or incarnation decodes to anything as well.
//
// Invariants: decode(encode(x)) = x; 0 stands for 0, which is memory never formatted. The mapping
// tells accidents apart. It is no cipher.
import type { MemoryKernels } from './local-memory.ts'

const ROUNDS = 4

/** What the keys are made of: the incarnation of a region, and its key. */
export interface WordKey {
  readonly generation: number
  readonly hashKey: bigint
}

/**
 * The mapping of one incarnation of a region. Numbers come and go as signed 32-bit halves: those are
 * small integers for the engine, so nothing is allocated.
 */
export class WordCode {
  /** Results of the last `encode` or `decode`: signed halves. */
  low = 0
  high = 0
  readonly #keys: Uint32Array
  /** Where the network alone takes 0: mixed in, so that 0 stands for 0. */
  readonly #zeroLow: number
  readonly #zeroHigh: number

  constructor(key: WordKey, kernels: MemoryKernels) {
    this.#keys = new Uint32Array(ROUNDS)
    const message = new DataView(new ArrayBuffer(16))
    message.setFloat64(0, key.generation, true)
    for (let round = 0; round < ROUNDS; round += 2) {
      message.setFloat64(8, round, true)
      const hash = kernels.hash64(new Uint8Array(message.buffer), key.hashKey)
      this.#keys[round] = Number(hash & 0xffff_ffffn)
      this.#keys[round + 1] = Number(hash >> 32n)
    }
    this.#mix(0, 0)
    this.#zeroLow = this.low
    this.#zeroHigh = this.high
  }

  /** Sets `low` and `high` to what stands in memory for a number. */
  encode(low: number, high: number): void {
    this.#mix(low, high)
    this.low ^= this.#zeroLow
    this.high ^= this.#zeroHigh
  }

  /** Sets `low` and `high` to the number that a word of memory stands for. */
  decode(low: number, high: number): void {
    let left = low ^ this.#zeroLow
    let right = high ^ this.#zeroHigh
    // The inverse of `#mix`: its rounds backwards.
    for (let round = ROUNDS - 1; round >= 0; round -= 1) {
      const before = right ^ stir(left, this.#keys[round] as number)
      right = left
      left = before
    }
    this.low = left | 0
    this.high = right | 0
  }

  #mix(low: number, high: number): void {
    let left = low
    let right = high
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = left ^ stir(right, this.#keys[round] as number)
      left = right
      right = next
    }
    this.low = left | 0
    this.high = right | 0
  }
}

/** Spreads every bit of a half over all bits of another (the finalizer of MurmurHash3). */
function stir(half: number, key: number): number {
  let mixed = half ^ key
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}
