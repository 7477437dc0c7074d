// The bytes of an RCU cell. Owners, readers and writers take every offset and size from here, and
// what is read from remote memory is checked against it before it addresses anything.
//
// R = rows of readers, W = places of writers; words are 64-bit little-endian on 8-byte boundaries.
//
//   region
//     0      8       64              64 + 64·R         64 + 64·(R + W)
//     | word | zeros | row 0 …       | line 0 …        | heap: S spans | W grants of 8 objects |
//     word = which object is the present one, encoded (pointer-code.ts); 0 = never formatted
//
//   row r, WRITten by the one reader that was given it, looked at by the owner
//     0     8          16      64
//     | pin | sequence | zeros |
//     pin = 0: none; else epoch + 1, where epoch is the newest version that the reader knew to be
//     published when it WROTE this. sequence = another number at each WRITE, encoded
//
//   line w, stored by the owner, read by writer w
//     | released 0 | released 1 | … | released 7 |
//     how often the owner has given object s of this writer's grant back
//
//   object, at unit u of the heap: u·64 bytes from its start
//     0         8              12      16         24
//     | version | length bytes | check | previous | payload … |
//     check = low half of the word that publishes it; previous = the word that it replaces
//
// A unit is 64 bytes; an object takes as many as its size class says. A span holds one object of the
// largest class, or several of a smaller one (heap.ts). Every object of a grant has room for the
// largest, so that writers need nobody to find room for them; its word names the class that it fills.
//
// Word, rows, lines and objects share no line with one another. The word is all that readers compare;
// the generation of the region is in its encoding.
import { argumentRangeError } from '../../errors.ts'
import { LINE_BYTES, WORD_BYTES, assertLittleEndian, checkShape, pad8 } from '../seqlock/layout.ts'
import type { WordKey } from '../word-code.ts'

/** Version of the layout above; peers must agree. */
export const CELL_LAYOUT_VERSION = 1

export const UNIT_BYTES: number = LINE_BYTES
/** Units that a word can tell apart: a heap of 1 GiB. */
export const HEAP_UNITS_MAX: number = 2 ** 24
/** Size classes are 1 … 30: 0 is in no word, and 31 is left to the terminal mark. */
export const SIZE_CLASS_MAX = 30
/** Objects of a grant: the words of its line. */
export const GRANT_OBJECTS = 8
export const READER_COUNT_MAX = 4096
export const WRITER_COUNT_MAX = 1024
/** One span would leave no room to replace a largest object. */
export const SPAN_COUNT_MIN = 2

/** Version that formatting publishes unless a shape says otherwise. */
export const CELL_FIRST_VERSION = 1
/** Last version that is published: the one after it must be a safe integer, and the pin of that. */
export const CELL_VERSION_MAX: number = Number.MAX_SAFE_INTEGER - 2

/** Byte offsets in a region. */
export const Cell = { word: 0, rows: 64 } as const
/** Byte offsets in a row. */
export const Row = { pin: 0, sequence: 8, bytes: 16 } as const
/** Byte offsets in an object. */
export const CellObject = { version: 0, length: 8, check: 12, previous: 16, payload: 24 } as const

/** Payload bytes of the largest object of all shapes. */
export const OBJECT_BYTES_MAX: number = classUnits(SIZE_CLASS_MAX) * UNIT_BYTES - CellObject.payload

/** What an owner, its readers and its writers must agree upon beside the layout. */
export interface CellShape extends WordKey {
  /** Payload bytes of the largest object, 1 … 2 MiB - 24. */
  readonly objectBytesMax: number
  /** S, from 2 on: a largest object can always be stored while fewer than S objects exist. */
  readonly spanCount: number
  /** R, 0 … 4096: readers that may pin. Any number may read without a row. */
  readonly readers: number
  /** W, 0 … 1024: peers that may write. 0: the owner alone does, and needs no queue pair for it. */
  readonly writers: number
  /** Version that formatting publishes, a safe integer > 0. Default 1. */
  readonly firstVersion?: number
}

/** Units of an object of a class: 1, 2, 3, 4, 6, 8, 12, 16 …, so at most a third is in vain. */
export function classUnits(sizeClass: number): number {
  if (sizeClass === 1) return 1
  return sizeClass % 2 === 0 ? 2 ** (sizeClass / 2) : 3 * 2 ** ((sizeClass - 3) / 2)
}

/** The smallest class with room for a payload. */
export function classFor(payloadBytes: number): number {
  const units = Math.ceil((CellObject.payload + payloadBytes) / UNIT_BYTES)
  let sizeClass = 1
  while (classUnits(sizeClass) < units) sizeClass += 1
  return sizeClass
}

/** Units of a span, and of each object of a grant. */
export function spanUnits(shape: CellShape): number {
  return classUnits(classFor(shape.objectBytesMax))
}

/** Units of the owner's part of the heap; the grants follow. */
export function ownerUnits(shape: CellShape): number {
  return shape.spanCount * spanUnits(shape)
}

/** Units of the whole heap. */
export function heapUnits(shape: CellShape): number {
  return ownerUnits(shape) + shape.writers * GRANT_OBJECTS * spanUnits(shape)
}

/** The unit at which object `object` of a writer's grant begins. */
export function grantUnit(shape: CellShape, writer: number, object: number): number {
  return ownerUnits(shape) + (writer * GRANT_OBJECTS + object) * spanUnits(shape)
}

/** Byte offset of a reader's row. */
export function rowOffset(row: number): number {
  return Cell.rows + row * LINE_BYTES
}

/** Byte offset of a writer's line. */
export function lineOffset(shape: CellShape, writer: number): number {
  return Cell.rows + (shape.readers + writer) * LINE_BYTES
}

/** Byte offset of a unit. */
export function unitOffset(shape: CellShape, unit: number): number {
  return Cell.rows + (shape.readers + shape.writers) * LINE_BYTES + unit * UNIT_BYTES
}

/** Bytes of a writer's grant, which begins at `unitOffset(shape, grantUnit(shape, writer, 0))`. */
export function grantBytes(shape: CellShape): number {
  return GRANT_OBJECTS * spanUnits(shape) * UNIT_BYTES
}

/** Bytes of memory that a region takes. */
export function cellRegionBytes(shape: CellShape): number {
  return unitOffset(shape, heapUnits(shape))
}

/** Bytes of an object as a reader fetches it whole: header and padded payload. */
export function objectImageBytes(payloadBytes: number): number {
  return CellObject.payload + pad8(payloadBytes)
}

/** Version that formatting publishes. */
export function cellFirstVersionOf(shape: CellShape): number {
  return shape.firstVersion ?? CELL_FIRST_VERSION
}

/**
 * Checks a shape.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function checkCellShape(shape: CellShape): void {
  const { objectBytesMax, spanCount, readers, writers, generation, hashKey } = shape
  integerIn('objectBytesMax', objectBytesMax, 1, OBJECT_BYTES_MAX)
  checkShape({ payloadBytes: objectBytesMax, generation, hashKey })
  integerIn('spanCount', spanCount, SPAN_COUNT_MIN, HEAP_UNITS_MAX)
  integerIn('readers', readers, 0, READER_COUNT_MAX)
  integerIn('writers', writers, 0, WRITER_COUNT_MAX)
  integerIn('firstVersion', cellFirstVersionOf(shape), 1, CELL_VERSION_MAX)
  if (heapUnits(shape) > HEAP_UNITS_MAX) {
    throw argumentRangeError(
      `${spanCount} spans and ${writers * GRANT_OBJECTS} granted objects of ` +
        `${spanUnits(shape) * UNIT_BYTES} bytes are more than a heap can have, 2^30 bytes`,
    )
  }
  assertLittleEndian()
  const aligned =
    unitOffset(shape, 0) % LINE_BYTES === 0 &&
    GRANT_OBJECTS * WORD_BYTES === LINE_BYTES &&
    Row.bytes <= LINE_BYTES &&
    CellObject.payload % WORD_BYTES === 0
  if (!aligned) throw argumentRangeError('the layout of a cell does not fit its lines')
}

function integerIn(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw argumentRangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`)
}
