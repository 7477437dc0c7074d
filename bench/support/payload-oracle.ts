// Self-certifying payloads: word i of version v is a pseudo-random function of (v, i), so that the
// bytes of a snapshot prove by themselves which version they are, and that they are of one only.
//
// The function is h(v xor T[i]), h a bijection of 32-bit words and T a fixed random table. It can
// be inverted at any position, so a reader finds the version from the first word and then checks
// every other one. It costs two multiplications a word, on both sides, outside the timed read.
//
// Words are 32 bits, little-endian. A payload whose size is not a multiple of 4 ends with the low
// bytes of its last word.

/** Smallest payload: with one word alone every content would be some version. */
export const PAYLOAD_BYTES_MIN = 8

/** What `verify` returns for bytes that are not one version. */
export const NOT_ONE_VERSION = -1

const MULTIPLIER = 0x2c1b3c6d
const SECOND_MULTIPLIER = 0x297a2d39
const TABLE_SEED = 0x9e3779b9

/** Odd numbers have an inverse modulo 2^32; Newton's iteration doubles the right bits each round. */
function inverseOf(odd: number): number {
  let inverse = odd
  for (let round = 0; round < 5; round += 1) {
    inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse))
  }
  return inverse
}

const INVERSE = inverseOf(MULTIPLIER)
const SECOND_INVERSE = inverseOf(SECOND_MULTIPLIER)

function scramble(word: number): number {
  let x = Math.imul(word, MULTIPLIER)
  x ^= x >>> 16
  return Math.imul(x, SECOND_MULTIPLIER)
}

function unscramble(word: number): number {
  let x = Math.imul(word, SECOND_INVERSE)
  x ^= x >>> 16
  return Math.imul(x, INVERSE)
}

export class PayloadOracle {
  readonly payloadBytes: number
  readonly #table: Int32Array
  /** Bits of the last word that the payload holds. */
  readonly #lastMask: number

  /** @param payloadBytes size of every payload, at least PAYLOAD_BYTES_MIN */
  constructor(payloadBytes: number) {
    if (!Number.isInteger(payloadBytes) || payloadBytes < PAYLOAD_BYTES_MIN) {
      throw new RangeError(`a payload has ${PAYLOAD_BYTES_MIN} bytes at least, not ${payloadBytes}`)
    }
    this.payloadBytes = payloadBytes
    const wordCount = Math.ceil(payloadBytes / 4)
    this.#table = new Int32Array(wordCount)
    let state = TABLE_SEED
    for (let i = 0; i < wordCount; i += 1) {
      state = (state + 0x6d2b79f5) | 0
      this.#table[i] = scramble(state ^ (state >>> 15))
    }
    const tailBytes = payloadBytes % 4
    this.#lastMask = tailBytes === 0 ? -1 : (1 << (8 * tailBytes)) - 1
  }

  /** A buffer for one payload: whole words, of which the payload is the first `payloadBytes`. */
  createWords(): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#table.length)
  }

  /** The payload's bytes within words of `createWords`. */
  bytesOf(words: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return new Uint8Array(words.buffer, words.byteOffset, this.payloadBytes)
  }

  /** Fills `words` with the payload of `version` (32 bits). */
  encode(version: number, words: Int32Array): void {
    const table = this.#table
    const count = table.length
    for (let i = 0; i < count; i += 1) words[i] = scramble(version ^ (table[i] as number))
  }

  /** The version of which all of `words` is, or NOT_ONE_VERSION. */
  verify(words: Int32Array): number {
    const table = this.#table
    const last = table.length - 1
    const version = unscramble(words[0] as number) ^ (table[0] as number)
    for (let i = 1; i < last; i += 1) {
      if (words[i] !== scramble(version ^ (table[i] as number))) return NOT_ONE_VERSION
    }
    const difference = (words[last] as number) ^ scramble(version ^ (table[last] as number))
    return (difference & this.#lastMask) === 0 ? version >>> 0 : NOT_ONE_VERSION
  }
}
