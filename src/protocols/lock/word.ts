// The word that is version and lock in one. Invariants: whatever 64 bits came from remote memory, it
// is free, held, closed or garbage, never two of them; and no value of the word ever recurs, because
// each acquisition takes version v to v + 1 and each end of one to v + 2. So a compare-and-swap
// that hits has met the very acquisition it means, however late it is carried out: there is no ABA.
//
// Versions end below 2^47: a million acquisitions a second take two years to get there. Bit 47 of a
// word is therefore 0 in all but the terminal mark, so a word sampled byte by byte can be all ones
// only if a byte of the mark was sampled, and the mark is the last value the word ever has.
import { CLOSED_MARK } from '../seqlock/layout.ts'
import { CLOSED_WORD, GARBAGE_WORD } from '../seqlock/version-word.ts'

/** Last version that is published; the odd one before it must stay below 2^47 as well. */
export const LOCK_VERSION_MAX: number = 2 ** 47 - 2

/** Identities of holders go from 1 up to this. 0 is nobody, the mark's own bits are not given. */
export const HOLDER_MAX = 0xfffe

const HOLDER_SHIFT = 48n
const VERSION_BITS = (1n << HOLDER_SHIFT) - 1n
const TWO_32 = 0x1_0000_0000
/** Of the upper half of a word: its version's bits, and the one that no version has. */
const VERSION_HIGH = 0xffff
const NO_VERSION_HIGH = 0x8000

/** The word while `holder` holds the lock; `version` is odd. */
export function heldWord(version: number, holder: number): bigint {
  return (BigInt(holder) << HOLDER_SHIFT) | BigInt(version)
}

/** The word while nobody holds the lock; `version` is even. */
export function freeWord(version: number): bigint {
  return BigInt(version)
}

/** The version's bits of any word, whatever it means. */
export function versionBitsOf(word: bigint): number {
  return Number(word & VERSION_BITS)
}

/** Who holds the lock; 0 when nobody does, because the word is free, closed or garbage. */
export function holderOf(word: bigint): number {
  return isHeld(word) ? Number(word >> HOLDER_SHIFT) : 0
}

export function isClosed(word: bigint): boolean {
  return word === CLOSED_MARK
}

/** Free and formatted: can be taken. */
export function isFree(word: bigint): boolean {
  return word > 0n && word <= BigInt(LOCK_VERSION_MAX) && (word & 1n) === 0n
}

export function isHeld(word: bigint): boolean {
  const holder = word >> HOLDER_SHIFT
  const version = versionBitsOf(word)
  return holder > 0n && holder <= BigInt(HOLDER_MAX) && version % 2 === 1 && !isBeyond(version)
}

/** No more acquisitions: the versions are used up. */
export function isUsedUp(word: bigint): boolean {
  return word === freeWord(LOCK_VERSION_MAX)
}

function isBeyond(version: number): boolean {
  return version > LOCK_VERSION_MAX
}

/**
 * The version in the landed 64-bit word at index `word`, as readers need it: of a held word the odd
 * version, without its holder; CLOSED_WORD or GARBAGE_WORD where there is none.
 */
export function lockVersionAt(halves: Uint32Array, word: number): number {
  const low = halves[2 * word] as number
  const high = halves[2 * word + 1] as number
  if (high === 0xffff_ffff && low === 0xffff_ffff) return CLOSED_WORD
  const holder = high >>> 16
  const odd = (low & 1) !== 0
  if ((holder !== 0) !== odd || holder > HOLDER_MAX) return GARBAGE_WORD
  if ((high & NO_VERSION_HIGH) !== 0) return GARBAGE_WORD
  return (high & VERSION_HIGH) * TWO_32 + low
}
