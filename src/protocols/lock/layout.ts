// The bytes of a locked region: a plain seqlock region, whose version word is the lock as well, and
// behind it one shadow copy. All parties take every offset and size from here, and nothing here
// depends on what is found in remote memory.
//
// S = payload bytes; words are 64-bit little-endian on 8-byte boundaries.
//
//   region
//     0        8      16           24                        D                        D + pad64
//     | hash   | word | generation | payload, zero-padded …  | shadow                  |
//     D = 24 + pad8(S), rounded up to 64; hash = seal of word … payload (strategy hash), else 0
//
//   shadow: what a holder is about to publish, complete before its payload in place is touched
//     D        D + 8          D + 16    D + 24       D + 32
//     | seal   | holder's word | version | generation | payload, zero-padded …  |
//     seal = of all that follows it. From the version on these are the bytes that the hash in place
//     is computed over, so that one staging buffer serves both.
//
//   word: see word.ts
//     bit 63           48 47                                    0
//     | holder, 0 = free | version, even = stable, odd = held    |
//
// Payload in place and shadow share no line, so that a reader's READ of the one never shares a line
// with stores to the other.
import { argumentRangeError } from '../../errors.ts'
import {
  LINE_BYTES,
  Plain,
  type SeqlockShape,
  WORD_BYTES,
  imageBytes,
  pad8,
} from '../seqlock/layout.ts'

/** Version of the layout above; peers must agree. */
export const LOCK_LAYOUT_VERSION = 1

/** Byte offsets in the shadow. */
export const Shadow = { seal: 0, word: 8, version: 16, generation: 24, payload: 32 } as const

/** What the parties of a locked region agree upon. */
export type LockShape = SeqlockShape

/** Byte offset of the shadow in its region. */
export function shadowOffset(payloadBytes: number): number {
  return Math.ceil(imageBytes('plain', payloadBytes) / LINE_BYTES) * LINE_BYTES
}

/** Bytes of the shadow that are used. */
export function shadowBytes(payloadBytes: number): number {
  return Shadow.payload + pad8(payloadBytes)
}

/** Bytes from the region's start to the end of what is used of the shadow. */
export function lockUsedBytes(payloadBytes: number): number {
  return shadowOffset(payloadBytes) + shadowBytes(payloadBytes)
}

/** Bytes of memory a region takes, a multiple of 64. */
export function lockRegionBytes(payloadBytes: number): number {
  return Math.ceil(lockUsedBytes(payloadBytes) / LINE_BYTES) * LINE_BYTES
}

/**
 * Byte offsets in the landing memory that a holder's machines share: what its READs and
 * compare-and-swaps find, and where its WRITEs come from.
 *
 *   0       8      64
 *   | found | hash | shadow (seal, word, version, generation, payload) |
 */
export const Landing = { found: 0, hash: 8, shadow: 64 } as const

/** Byte offset of the payload in a holder's landing memory. */
export const LANDING_PAYLOAD: number = Landing.shadow + Shadow.payload

/** Bytes of landing memory that a holder's machines need. */
export function holderLandingBytes(payloadBytes: number): number {
  return Landing.shadow + shadowBytes(payloadBytes)
}

/**
 * Checks landing memory.
 * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS, ERR_UNTORN_MISALIGNED
 */
export function checkLanding(landing: Uint8Array, needed: number): void {
  if (landing.byteLength < needed) {
    throw argumentRangeError(
      `landing memory has ${landing.byteLength} bytes, the machine needs ${needed}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }
  if (landing.byteOffset % WORD_BYTES !== 0) {
    throw argumentRangeError(
      `landing memory starts at byte ${landing.byteOffset} of its buffer, not on a word`,
      'ERR_UNTORN_MISALIGNED',
    )
  }
}

export { Plain }
