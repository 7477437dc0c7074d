// Goal: each kind of tear is recognised, and what memory can hold at one instant never counts as one.
// Method: an owner's stores replayed into an array, READs made of the states in between; blocks of
// one line exhaustively, every instant against every other.
import { describe, expect, test } from 'vitest'
import { probeValue, probeWord, storeOrder } from '../../../bench/support/probe-patterns.ts'
import { ProbeTally } from '../../../bench/support/probe-tally.ts'
import type { ProbeObservation, ProbePattern } from '../../../src/fabric/probe.ts'

const LINE_BYTES = 64
const counting = ['low-first', 'high-first'] as const

/** Memory after each of the stores of `passes` passes, the state before the first one included. */
function states(pattern: ProbePattern, wordCount: number, passes: number): BigUint64Array[] {
  let memory = new BigUint64Array(wordCount).fill(probeWord(probeValue(pattern, 0)))
  const all = [memory]
  for (let pass = 1; pass <= passes; pass += 1) {
    for (const word of storeOrder(pattern, wordCount)) {
      memory = memory.slice()
      memory[word] = probeWord(probeValue(pattern, pass))
      all.push(memory)
    }
  }
  return all
}

/** Words from 0 to `at` of one state, the others of another. */
function spliced(low: BigUint64Array, high: BigUint64Array, at: number): BigUint64Array {
  const read = high.slice()
  read.set(low.subarray(0, at))
  return read
}

function tally(pattern: ProbePattern, ...reads: BigUint64Array[]): ProbeObservation {
  const result = new ProbeTally(pattern, (reads[0]?.length ?? 0) * 8)
  for (const read of reads) result.count(new Uint32Array(read.buffer))
  return result.observation(1, 1)
}

const nothing = {
  tornWordReads: 0,
  tornWords: 0,
  tornLineReads: 0,
  tornLines: 0,
  ascendingReads: 0,
  descendingReads: 0,
}

test.each(['toggle', ...counting] as const)('%s stores every word once a pass', (pattern) => {
  for (const wordCount of [1, 8, 512]) {
    const order = storeOrder(pattern, wordCount)
    expect(order.toSorted()).toEqual(Int32Array.from({ length: wordCount }, (_, word) => word))
  }
})

describe('one instant', () => {
  test.each(['toggle', ...counting] as const)('%s: nothing is torn', (pattern) => {
    for (const wordCount of [8, 64]) {
      const reads = states(pattern, wordCount, 4)
      const seen = tally(pattern, ...reads)
      // Every state but those between two passes.
      expect(seen).toMatchObject({ ...nothing, mixedReads: reads.length - 5 })
    }
  })
})

describe('words', () => {
  test.each([
    ['half of it', 0x0000_0000_ffff_ffffn],
    ['a byte of it', 0x0000_00ff_0000_0000n],
    ['all but a bit', 0xffff_ffff_ffff_fffen],
    ['both halves alike', 0x0000_ff00_0000_ff00n],
  ])('toggled, torn in %s', (_name, torn) => {
    const seen = tally(
      'toggle',
      BigUint64Array.of(0n, torn, 0n, torn),
      BigUint64Array.of(0n, 0n, 2n ** 64n - 1n, 0n),
      BigUint64Array.of(0n, 0n, 0n, 0n),
    )
    expect(seen).toMatchObject({ reads: 3, mixedReads: 2, tornWordReads: 1, tornWords: 2 })
  })

  test('a count torn in its first word', () => {
    const torn = (probeWord(255) & 0xffff_ffffn) | (probeWord(256) & ~0xffff_ffffn)
    const seen = tally('low-first', BigUint64Array.of(torn, probeWord(255)))
    expect(seen).toMatchObject({ mixedReads: 1, tornWordReads: 1, tornWords: 1 })
  })

  test('a READ that holds a torn word says nothing about order', () => {
    const read = BigUint64Array.of(probeWord(0), probeWord(9), 1n, probeWord(0))
    expect(tally('low-first', read)).toMatchObject({ ...nothing, tornWordReads: 1, tornWords: 1 })
  })
})

describe.each(counting)('two instants of a line, %s', (pattern) => {
  const words = 8
  const line = states(pattern, words, 4)

  test('what is counted is so: order, and that there were two instants', () => {
    for (const [early, before] of line.entries()) {
      for (const [late, after] of line.entries()) {
        for (let at = 1; at < words; at += 1) {
          const seen = tally(pattern, spliced(before, after, at))
          if (seen.ascendingReads > 0) expect(early).toBeLessThan(late)
          if (seen.descendingReads > 0) expect(early).toBeGreaterThan(late)
          if (seen.tornLines > 0) expect(early).not.toBe(late)
          expect(seen.tornWords).toBe(0)
        }
      }
    }
  })

  test('what lies two passes apart is seen, in the right direction', () => {
    for (let early = 0; early + 2 * words < line.length; early += 1) {
      const [before, after] = [line[early], line[early + 2 * words]] as [
        BigUint64Array,
        BigUint64Array,
      ]
      for (let at = 1; at < words; at += 1) {
        const expected = { mixedReads: 1, tornWordReads: 0, tornLineReads: 1, tornLines: 1 }
        const upward = { ...expected, ascendingReads: 1, descendingReads: 0 }
        const downward = { ...expected, ascendingReads: 0, descendingReads: 1 }
        expect(tally(pattern, spliced(before, after, at))).toMatchObject(upward)
        expect(tally(pattern, spliced(after, before, at))).toMatchObject(downward)
      }
    }
  })
})

test.each(counting)('%s: lines of two instants, each of them whole, are not torn', (pattern) => {
  const block = states(pattern, 32, 4)
  const read = spliced(block[0] as BigUint64Array, block.at(-1) as BigUint64Array, 16)
  const expected = { ...nothing, mixedReads: 1, ascendingReads: 1 }
  expect(tally(pattern, read)).toMatchObject(expected)
})

test('each torn line of a READ counts', () => {
  const block = states('low-first', 24, 4)
  const [first, last] = [block[0] as BigUint64Array, block.at(-1) as BigUint64Array]
  const read = first.slice()
  for (const word of [1, 2, 17]) read[word] = last[word] as bigint
  expect(tally('low-first', read)).toMatchObject({ tornLineReads: 1, tornLines: 2 })
})

test('counts may wrap', () => {
  const read = new BigUint64Array(LINE_BYTES / 8).fill(probeWord(2 ** 32 - 1))
  read[7] = probeWord(2)
  const seen = tally('low-first', read)
  expect(seen).toMatchObject({ ascendingReads: 1, descendingReads: 0, tornLines: 1 })
})
