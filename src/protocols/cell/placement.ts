// The stores of a cell's owner, in their order. Versions, room and who is done with what are others'
// business; what becomes visible before what is this file's.
//
// Order of one publication, and what breaks without each step:
//  (1) Payload and header, into an object that no word points to and no pin covers (reclaimer.ts).
//  (2) beforePublish: all of (1) is visible before (3). Pairs with the READ of the word: one that
//      samples this word proves that every byte of the object is in memory.
//  (3) word := the object's. The publication; in a cell with remote writers a compare-and-swap by the
//      NIC instead, for which `drain` takes the place of (2): the NIC does not see what is still in
//      the CPU's store buffer when the swap is posted.
//  (4) afterPublish: (3) is visible before (1) of any later publication. Pairs with the second READ
//      of the word by a reader without a pin: one that still samples word w proves that no store
//      into the object of w was visible before, although it may be stored over at once when w is gone.
//
// The argument uses the barriers only, not the release order of storeWord64.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import {
  Cell,
  CellObject,
  type CellShape,
  UNIT_BYTES,
  lineOffset,
  rowOffset,
  unitOffset,
} from './layout.ts'
import { PointerCode, wordOf } from './pointer-code.ts'

const TWO_32 = 0x1_0000_0000
/** What reclaimed memory is filled with, on demand: no length, no version, no sensible text. */
export const POISON_BYTE = 0xd7

/** Stores of an owner; negative controls leave out or swap one step. */
export class CellPlacement {
  readonly code: PointerCode
  protected readonly memory: LocalMemory
  readonly #shape: CellShape
  readonly #header: Uint32Array = new Uint32Array(CellObject.payload / 4)
  readonly #headerBytes: Uint8Array = new Uint8Array(this.#header.buffer)
  readonly #poison: Uint8Array = new Uint8Array(UNIT_BYTES).fill(POISON_BYTE)

  constructor(
    memory: LocalMemory,
    shape: CellShape,
    kernels: MemoryKernels,
    code: PointerCode = new PointerCode(shape, kernels),
  ) {
    this.memory = memory
    this.#shape = shape
    this.code = code
  }

  /**
   * Before the first version: the memory may have held anything. Until the first publication the
   * word says "never formatted", no row holds a pin and no line a count.
   */
  format(): void {
    const { readers, writers } = this.#shape
    this.memory.storeWord(Cell.word, 0)
    this.memory.barrier('beforePayload')
    for (let row = 0; row < readers; row += 1) this.clearLine(rowOffset(row))
    for (let writer = 0; writer < writers; writer += 1) {
      this.clearLine(lineOffset(this.#shape, writer))
    }
  }

  /** Step (1): payload bytes of an object that is not published. */
  copyIn(unit: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.memory.copyIn(this.payloadOffset(unit), bytes)
  }

  /** Step (1): the header of an object whose own word `code` has just encoded. */
  header(unit: number, version: number, lengthBytes: number, before: PresentWord): void {
    const header = this.#header
    header[0] = version >>> 0
    header[1] = Math.floor(version / TWO_32)
    header[2] = lengthBytes
    header[3] = this.code.low
    header[4] = before.low
    header[5] = before.high
    this.memory.copyIn(unitOffset(this.#shape, unit), this.#headerBytes)
  }

  /** Steps (2) to (4). */
  publish(low: number, high: number): void {
    this.memory.barrier('beforePublish')
    this.memory.storeWord64(Cell.word, wordOf(low, high))
    this.memory.barrier('afterPublish')
  }

  /** All stores so far are visible before anything that is posted afterwards is executed. */
  drain(): void {
    this.memory.barrier('beforeScan')
  }

  /** An object's header and payload as they are in the owner's memory. */
  view(unit: number, lengthBytes: number): Uint8Array {
    return this.memory.view(unitOffset(this.#shape, unit), lengthBytes)
  }

  /**
   * Fills a reclaimed object: whoever still reads it will notice. These stores are visible before the one
   * by which a writer has its room back, and WRITEs it.
   */
  poison(unit: number, units: number): void {
    for (let at = 0; at < units; at += 1) {
      this.memory.copyIn(unitOffset(this.#shape, unit + at), this.#poison)
    }
    this.memory.barrier('beforePublish')
  }

  /** One of the words of a writer's line. */
  storeReleased(writer: number, object: number, count: number): void {
    this.memory.storeWord(lineOffset(this.#shape, writer) + 8 * object, count)
  }

  clearLine(offset: number): void {
    for (let at = 0; at < UNIT_BYTES; at += 8) this.memory.storeWord(offset + at, 0)
  }

  protected payloadOffset(unit: number): number {
    return unitOffset(this.#shape, unit) + CellObject.payload
  }
}

/** The word of a publication as it stands in memory: signed halves. */
export interface PresentWord {
  readonly low: number
  readonly high: number
}
