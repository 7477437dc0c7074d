// Decoding of version words that came from remote memory. Whatever the bytes are, the result is
// a version, or one of two negative numbers that no version equals.

/** The word is the owner's terminal mark. */
export const CLOSED_WORD = -1
/** The word is neither a safe integer nor the terminal mark: no owner of this library stored it. */
export const GARBAGE_WORD = -2

const TWO_32 = 0x1_0000_0000

/**
 * The version in the 64-bit word at index `word` (counted in 8-byte words) of landed memory.
 *
 * One sample of the terminal mark is conclusive, whatever the granule: a version's upper 11 bits
 * are 0, so a word of all ones holds at least one byte of the mark, and the mark is the last
 * thing an owner ever stores there.
 */
export function versionAt(halves: Uint32Array, word: number): number {
  const low = halves[2 * word] as number
  const high = halves[2 * word + 1] as number
  if (high > 0x1f_ffff) {
    return high === 0xffff_ffff && low === 0xffff_ffff ? CLOSED_WORD : GARBAGE_WORD
  }
  return high * TWO_32 + low
}

/**
 * True for versions of a stable payload: even, and not the 0 of memory never formatted. The bitwise
 * form looks at the low 32 bits, which is enough, and spares a floating-point remainder on the
 * path of every read.
 */
export function isStable(version: number): boolean {
  return version > 0 && (version & 1) === 0
}

/** Low 32 bits of the write counter of an even version. */
export function tagOf(version: number): number {
  return (version / 2) >>> 0
}

/** High bits of the write counter of an even version. */
export function highOf(version: number): number {
  return Math.floor(version / 2 / TWO_32)
}

/** The version whose write counter has these halves; garbage when no safe integer. */
export function versionOfCounter(high: number, tag: number): number {
  if (high > 0xf_ffff) {
    return high === 0xffff_ffff && tag === 0xffff_ffff ? CLOSED_WORD : GARBAGE_WORD
  }
  return (high * TWO_32 + tag) * 2
}
