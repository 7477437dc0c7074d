// The word of a cell: which object is the present one. Before it is encoded (../word-code.ts):
//
//     0          24          29                     64
//     | unit     | class     | generation           |
//     generation = the version's low 35 bits; unit and class say where the object lies
//
// Invariants: two words of one cell are equal only if they are of one publication. Versions grow by one,
// so a generation recurs after 2^35 publications: nearly an hour at ten million a second, and that
// within one load, one update, or one step of the owner's.
//
// What a word is checked for, and why that is enough. Where words are sampled byte by byte, a sample
// may be a mixture of several, which decodes to anything. Of all 2^64 words about one in 2^25 / heap
// units points into the heap at all; what it points to was either published by another word, or is the
// middle of an object. So a reader asks the object which word published it: its version has the
// word's generation, its check is half of the word itself. That grants a mixture one chance in 2^64
// for each object there is, and to bytes of a payload one in 2^64.
import type { MemoryKernels } from '../local-memory.ts'
import { WordCode } from '../word-code.ts'
import {
  CellObject,
  type CellShape,
  HEAP_UNITS_MAX,
  UNIT_BYTES,
  cellFirstVersionOf,
  checkCellShape,
  classFor,
  classUnits,
  heapUnits,
  unitOffset,
} from './layout.ts'

/** What a decoded word is. */
export const Pointer = {
  /** An object: `unit`, `sizeClass` and `generation` are inside the heap's bounds. */
  Object: 1,
  /** 0: memory whose formatting has not ended. */
  Unformatted: 0,
  /** The terminal mark. */
  Closed: -1,
  /** What nobody with this cell's keys stores: a mixture, or another region's. */
  Garbage: -2,
} as const

export type PointerKind = (typeof Pointer)[keyof typeof Pointer]

const TWO_32 = 0x1_0000_0000
const GENERATIONS: number = 2 ** 35
const CLOSED_HALF = -1

/** Words of one incarnation of a cell. Signed halves in and out: nothing is allocated. */
export class PointerCode {
  /** Results of `encode` and `encodeClosed`: halves of the word as it stands in memory. */
  low = 0
  high = 0
  /** Results of `decode`, where it said `Object`. */
  unit = 0
  sizeClass = 0
  generation = 0
  readonly #code: WordCode
  readonly #shape: CellShape
  readonly #classMax: number
  readonly #units: number

  constructor(shape: CellShape, kernels: MemoryKernels) {
    checkCellShape(shape)
    this.#shape = shape
    this.#code = new WordCode(shape, kernels)
    this.#classMax = classFor(shape.objectBytesMax)
    this.#units = heapUnits(shape)
  }

  /** Sets `low` and `high` to the word of a version whose object lies at `unit`. */
  encode(version: number, sizeClass: number, unit: number): void {
    const generation = this.generationOf(version)
    const low = ((generation & 7) << 29) | (sizeClass << 24) | unit
    this.#encoded(low, Math.floor(generation / 8) | 0)
  }

  /** Sets `low` and `high` to the terminal mark. */
  encodeClosed(): void {
    this.#encoded(CLOSED_HALF, CLOSED_HALF)
  }

  /** Takes a word apart; whatever it holds, an `Object` lies inside the heap. */
  decode(low: number, high: number): PointerKind {
    const code = this.#code
    code.decode(low, high)
    if (code.low === 0 && code.high === 0) return Pointer.Unformatted
    if (code.low === CLOSED_HALF && code.high === CLOSED_HALF) return Pointer.Closed
    this.unit = code.low & (HEAP_UNITS_MAX - 1)
    this.sizeClass = (code.low >>> 24) & 31
    this.generation = (code.high >>> 0) * 8 + (code.low >>> 29)
    const { sizeClass } = this
    if (sizeClass < 1 || sizeClass > this.#classMax) return Pointer.Garbage
    return this.unit + classUnits(sizeClass) > this.#units ? Pointer.Garbage : Pointer.Object
  }

  /** Sets `low` and `high` to another number that stands for a small one: rows' sequences. */
  encodeNumber(value: number): void {
    this.#encoded(value | 0, Math.floor(value / TWO_32))
  }

  /** Byte offset of the decoded object. */
  get offset(): number {
    return unitOffset(this.#shape, this.unit)
  }

  /** Payload bytes that the decoded object can have, at most. */
  get payloadBytesMax(): number {
    const room = classUnits(this.sizeClass) * UNIT_BYTES - CellObject.payload
    return Math.min(room, this.#shape.objectBytesMax)
  }

  /**
   * The version of the header that lies at `word` (in 8-byte words) of `halves`, if that is the header
   * of the object which the word `low`, `high`, decoded last, published; else 0.
   */
  versionOf(halves: Int32Array, word: number, low: number): number {
    const at = 2 * word
    const version = unsigned(halves, at + 1) * TWO_32 + unsigned(halves, at)
    const matches =
      Number.isSafeInteger(version) &&
      version >= cellFirstVersionOf(this.#shape) &&
      this.generationOf(version) === this.generation &&
      halves[at + 3] === low &&
      unsigned(halves, at + 2) <= this.payloadBytesMax
    return matches ? version : 0
  }

  /** Generation of a version: the word without it is a negative control. */
  protected generationOf(version: number): number {
    return version % GENERATIONS
  }

  #encoded(low: number, high: number): void {
    const code = this.#code
    code.encode(low, high)
    this.low = code.low
    this.high = code.high
  }
}

function unsigned(halves: Int32Array, at: number): number {
  return (halves[at] as number) >>> 0
}

/** A word as one number for the interfaces that want it. */
export function wordOf(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}
