// The bytes of a seqlock region. Owners and readers take every offset and size from here, and
// nothing here depends on what is found in remote memory.
//
// All words are 64-bit little-endian on 8-byte boundaries, every region starts on a 64-byte
// boundary and is a multiple of 64 bytes long. S = payload bytes.
//
//   plain (strategies fenced, hash)
//     0        8         16           24                        24 + pad8(S)
//     | hash   | version | generation | payload, zero-padded …  |
//
//   words (strategy words): unit i = payload bytes 4·i … 4·i + 3
//     0    4     8       12    16      20                       8 + 2·pad4(S)
//     | hi | tag | unit 0 | tag | unit 1 | tag | …              |
//     tag = low 32 bits of the write counter (version / 2), hi = its high 32 bits
//
//   lines (strategy lines): chunk i = payload bytes 56·i … 56·i + 55
//     0       8                 64      72                      64·⌈S / 56⌉
//     | tag   | chunk 0         | tag   | chunk 1         | …   |
//     tag = version
//
//   both-ends (a negative control only)
//     0        8                        8 + pad8(S)     16 + pad8(S)
//     | version | payload, zero-padded … | version again |
//
// Versions: even = stable, odd = a write in progress, 0 = never formatted and therefore never
// accepted. They are JavaScript safe integers: 2^52 writes, which at ten million a second take 14
// years; owners refuse to go on beyond. The terminal mark is a word of all ones. It is no safe
// integer and no write counter (below 2^52), so it cannot be mistaken for either.
import { argumentRangeError } from '../../errors.ts'

export type LayoutKind = 'plain' | 'words' | 'lines' | 'both-ends'

/** Version of the layouts above; peers must agree. */
export const SEQLOCK_LAYOUT_VERSION = 1

export const PAYLOAD_BYTES_MAX: number = 2 ** 30
/** Last version an owner publishes: the next odd mark must still be a safe integer. */
export const VERSION_MAX: number = Number.MAX_SAFE_INTEGER - 3
/** Version that formatting publishes. */
export const FIRST_VERSION = 2
/** The terminal mark: 64 ones. */
export const CLOSED_MARK = 0xffff_ffff_ffff_ffffn

export const WORD_BYTES = 8
export const LINE_BYTES = 64
/** Payload bytes of one line. */
export const LINE_PAYLOAD_BYTES = 56

/** Byte offsets in a plain region. */
export const Plain = { hash: 0, version: 8, generation: 16, payload: 24 } as const
/** Byte offsets in a words region. */
export const Words = { counter: 0, payload: 8 } as const
/** Byte offsets in a both-ends region. */
export const BothEnds = { front: 0, payload: 8 } as const

/** What an owner and its readers must agree upon beside the layout. */
export interface SeqlockShape {
  /** Payload bytes, 1 … 2^30. */
  readonly payloadBytes: number
  /** Incarnation of the region: a safe integer > 0. */
  readonly generation: number
  /** Key of the region's hash, 64 bits, never 0. */
  readonly hashKey: bigint
}

/** Bytes rounded up to whole 4-byte units. */
export function pad4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4
}

/** Bytes rounded up to whole words. */
export function pad8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/** Lines that hold `payloadBytes` bytes of payload. */
export function lineCount(payloadBytes: number): number {
  return Math.ceil(payloadBytes / LINE_PAYLOAD_BYTES)
}

/** Byte offset of the trailing version of a both-ends region. */
export function bothEndsBack(payloadBytes: number): number {
  return BothEnds.payload + pad8(payloadBytes)
}

/** Bytes a reader fetches for the whole payload in one piece: the used part of the region. */
export function imageBytes(kind: LayoutKind, payloadBytes: number): number {
  switch (kind) {
    case 'plain':
      return Plain.payload + pad8(payloadBytes)
    case 'words':
      return Words.payload + 2 * pad4(payloadBytes)
    case 'lines':
      return LINE_BYTES * lineCount(payloadBytes)
    case 'both-ends':
      return bothEndsBack(payloadBytes) + WORD_BYTES
  }
}

/** Bytes of memory a region takes: the image, rounded up to 64. */
export function regionBytes(kind: LayoutKind, payloadBytes: number): number {
  return Math.ceil(imageBytes(kind, payloadBytes) / LINE_BYTES) * LINE_BYTES
}

/**
 * Checks a shape.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function checkShape(shape: SeqlockShape): void {
  const { payloadBytes, generation, hashKey } = shape
  if (!Number.isInteger(payloadBytes) || payloadBytes < 1 || payloadBytes > PAYLOAD_BYTES_MAX) {
    throw argumentRangeError(`payloadBytes must be an integer from 1 to 2^30, not ${payloadBytes}`)
  }
  if (!Number.isSafeInteger(generation) || generation < 1) {
    throw argumentRangeError(`generation must be a safe integer above 0, not ${generation}`)
  }
  if (hashKey <= 0n || hashKey >> 64n !== 0n) {
    throw argumentRangeError('hashKey must be a bigint from 1 to 2^64 - 1')
  }
}

/**
 * Asserts that this CPU is little-endian, as the typed-array decoding of landed words needs.
 * @param one the number 1 in this CPU's memory
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function assertLittleEndian(one: Uint32Array = Uint32Array.of(1)): void {
  if (new Uint8Array(one.buffer)[0] !== 1) {
    throw argumentRangeError('the layouts are little-endian, and this CPU is not')
  }
}
