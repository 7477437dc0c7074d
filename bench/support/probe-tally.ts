// What the READs of one probe prove, counted. A word made of two stores shows, since the two halves
// of every stored word are equal, and are zeros or ones in `toggle`.
//
// Order. Number an owner's stores in their order: pass × words of the block + rank in the pass. A
// word that shows its store number s was sampled after that store and before the next one of the same
// word, s + n in a block of n words. So two words that show s and t can be of one instant only when
// s and t differ by less than n; when t ≥ s + n, the second was certainly sampled after the first.
// Such a pair within a line proves that the line was not sampled at one instant.
//
// Invariant: what memory can hold at one instant is counted as mixed at most. (A torn word whose
// halves agree passes for a count: it takes the same mixture twice, hundreds of passes apart, in a
// READ without any other torn word.)
import type { ProbeObservation, ProbePattern } from '../../src/fabric/probe.ts'
import { ALL_ONES, WORD_BYTES, storeOrder } from './probe-patterns.ts'

const LINE_WORDS = 8

export class ProbeTally {
  readonly pattern: ProbePattern
  readonly lengthBytes: number
  /** Of each word in its pass. */
  readonly #ranks: Int32Array
  #reads = 0
  #mixedReads = 0
  #tornWordReads = 0
  #tornWords = 0
  #tornLineReads = 0
  #tornLines = 0
  #ascendingReads = 0
  #descendingReads = 0

  /** @param lengthBytes of each READ; a multiple of 8 */
  constructor(pattern: ProbePattern, lengthBytes: number) {
    this.pattern = pattern
    this.lengthBytes = lengthBytes
    const order = storeOrder(pattern, lengthBytes / WORD_BYTES)
    this.#ranks = new Int32Array(order.length)
    for (const [rank, word] of order.entries()) this.#ranks[word] = rank
  }

  get reads(): number {
    return this.#reads
  }

  get mixedReads(): number {
    return this.#mixedReads
  }

  /** Counts one READ. @param halves what it returned: two 32-bit halves for each word */
  count(halves: Uint32Array): void {
    this.#reads += 1
    const tornWords = this.#countWords(halves)
    if (tornWords === 0) {
      // Counts of torn words mean nothing: a READ that holds one says nothing about order.
      if (this.pattern !== 'toggle') this.#countOrder(halves)
      return
    }
    this.#tornWordReads += 1
    this.#tornWords += tornWords
  }

  observation(durationSeconds: number, passes: number): ProbeObservation {
    return {
      pattern: this.pattern,
      lengthBytes: this.lengthBytes,
      durationSeconds,
      passes,
      reads: this.#reads,
      mixedReads: this.#mixedReads,
      tornWordReads: this.#tornWordReads,
      tornWords: this.#tornWords,
      tornLineReads: this.#tornLineReads,
      tornLines: this.#tornLines,
      ascendingReads: this.#ascendingReads,
      descendingReads: this.#descendingReads,
    }
  }

  /** Returns how many words were torn; counts the READ when it is of more than one value. */
  #countWords(halves: Uint32Array): number {
    const toggles = this.pattern === 'toggle'
    const first = halves[0] as number
    let torn = 0
    let mixed = false
    const end = this.#ranks.length * 2
    for (let at = 0; at < end; at += 2) {
      const low = halves[at] as number
      if (low !== halves[at + 1] || (toggles && low !== 0 && low !== ALL_ONES)) torn += 1
      else if (low !== first) mixed = true
    }
    if (mixed || torn > 0) this.#mixedReads += 1
    return torn
  }

  #countOrder(halves: Uint32Array): void {
    const ranks = this.#ranks
    const wordCount = ranks.length
    const base = halves[0] as number
    let ascending = false
    let descending = false
    let tornLines = 0
    let lineTorn = false
    // Lowest and highest number of a store so far, in the READ and in the line. Passes count from
    // that of the first word: they may wrap, but no READ lasts for half of all counts.
    let lowest = Infinity
    let highest = -Infinity
    let lineLowest = Infinity
    let lineHighest = -Infinity
    for (let word = 0; word < wordCount; word += 1) {
      const pass = ((halves[word * 2] as number) - base) | 0
      const store = pass * wordCount + (ranks[word] as number)
      if (store - lowest >= wordCount) ascending = true
      if (highest - store >= wordCount) descending = true
      if (store < lowest) lowest = store
      if (store > highest) highest = store
      if (word % LINE_WORDS === 0) {
        lineLowest = store
        lineHighest = store
        lineTorn = false
        continue
      }
      if (store < lineLowest) lineLowest = store
      if (store > lineHighest) lineHighest = store
      if (!lineTorn && lineHighest - lineLowest >= wordCount) {
        lineTorn = true
        tornLines += 1
      }
    }
    if (ascending) this.#ascendingReads += 1
    if (descending) this.#descendingReads += 1
    if (tornLines > 0) this.#tornLineReads += 1
    this.#tornLines += tornLines
  }
}
