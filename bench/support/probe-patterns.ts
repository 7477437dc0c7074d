// What an owner stores for a probe: which value in which pass, as which word, in which order. The
// owner stores by these functions, and the reader's tally judges by them.
import type { ProbePattern } from '../../src/fabric/probe.ts'

export const WORD_BYTES = 8
/** Half of a word whose bits are all set. */
export const ALL_ONES: number = 2 ** 32 - 1

/** The 64-bit word of a 32-bit value: the value twice, so that most mixtures show. */
export function probeWord(value: number): bigint {
  return BigInt(value >>> 0) * 0x1_0000_0001n
}

/** The value that is stored in pass `pass`; the block holds that of pass 0 before the first one. */
export function probeValue(pattern: ProbePattern, pass: number): number {
  if (pattern === 'toggle') return pass % 2 === 0 ? 0 : ALL_ONES
  return pass >>> 0
}

/**
 * Indices of a block's words in the order of their stores. `low-first` alternates between both ends,
 * 0, n − 1, 1, n − 2, …: two stores that follow each other are far apart, so a READ that takes the
 * words one after another is likely to meet one before and the other after its store. Its mirror
 * image, `high-first`, does the same for READs that begin at the end.
 */
export function storeOrder(pattern: ProbePattern, wordCount: number): Int32Array {
  const order = new Int32Array(wordCount)
  for (let rank = 0; rank < wordCount; rank += 1) {
    const half = rank >> 1
    const lowFirst = rank % 2 === 0 ? half : wordCount - 1 - half
    if (pattern === 'toggle') order[rank] = rank
    else order[rank] = pattern === 'low-first' ? lowFirst : wordCount - 1 - lowFirst
  }
  return order
}
