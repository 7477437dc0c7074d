// How a version stands in the index word: encoded (word-code.ts), so that bytes of two versions mixed
// are not a third one. A mixture, or the index of another region or incarnation, decodes to nothing
// that its reader could take for a version, but with probability 2^-11; to one near the right one,
// with 2^-64 times the number of slots.
//
// Invariants: decode(encode(v)) = v; 0 stands for 0, which is memory never formatted; the terminal
// mark is the encoding of a number that is no version.
import type { MemoryKernels } from '../local-memory.ts'
import { CLOSED_WORD, GARBAGE_WORD } from '../seqlock/version-word.ts'
import type { SeqlockShape } from '../seqlock/layout.ts'
import { WordCode } from '../word-code.ts'

const TWO_32 = 0x1_0000_0000
/** What the terminal mark decodes to: 64 ones. */
const CLOSED_HALF = 0xffff_ffff
/** High half of the largest safe integer. */
const SAFE_HIGH_MAX = 0x1f_ffff

/** Encodes and decodes the index word of one incarnation of a region. */
export class IndexCode {
  readonly #code: WordCode

  constructor(shape: SeqlockShape, kernels: MemoryKernels) {
    this.#code = new WordCode(shape, kernels)
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
    const code = this.#code
    // Signed: a number beyond 31 bits would be allocated on its way into a call.
    code.decode((halves[2 * word] as number) | 0, (halves[2 * word + 1] as number) | 0)
    const low = code.low >>> 0
    const high = code.high >>> 0
    if (high > SAFE_HIGH_MAX) {
      const closed = high === CLOSED_HALF && low === CLOSED_HALF
      return closed ? CLOSED_WORD : GARBAGE_WORD
    }
    return high * TWO_32 + low
  }

  #word(low: number, high: number): bigint {
    this.#code.encode(low, high)
    return (BigInt(this.#code.high >>> 0) << 32n) | BigInt(this.#code.low >>> 0)
  }
}
