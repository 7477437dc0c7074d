// Goal: shrinking ends with a tape that still fails and that no single change makes smaller, within
// its bound. Method: failures that are plain conditions on tapes, whose smallest tape is known.
import { expect, test } from 'vitest'
import { shrinkTape } from '../../../src/simulation/shrink-tape.ts'

type Condition = (choices: readonly number[]) => boolean

/** Counts runs; the canonical form is the tape without trailing zeros. */
function shrink(start: readonly number[], condition: Condition, runsMax = 10_000) {
  let runs = 0
  const result = shrinkTape(
    start,
    (choices) => {
      runs += 1
      const end = choices.findLastIndex((choice) => choice !== 0) + 1
      return condition(choices) ? choices.slice(0, end) : null
    },
    runsMax,
  )
  expect(result.runs).toBe(runs)
  return result
}

const noise = Array.from({ length: 200 }, (_, at) => (at * 7919) % 11)

test.each<[string, Condition, number[]]>([
  ['anything fails', () => true, []],
  ['a number of at least 7', (choices) => choices.some((choice) => choice >= 7), [7]],
  ['the fifth number is not 0', (choices) => (choices[4] ?? 0) > 0, [0, 0, 0, 0, 1]],
  [
    'a 3 somewhere before a 5',
    (choices) => choices.includes(3) && choices.lastIndexOf(5) > choices.indexOf(3),
    [3, 5],
  ],
])('%s', (_, condition, smallest) => {
  expect(condition(noise)).toBe(true)
  const { choices, minimal } = shrink(noise, condition)
  expect(minimal).toBe(true)
  expect(choices).toEqual(smallest)
})

test('where several tapes cannot be made smaller, it is one of them', () => {
  const sum = (choices: readonly number[]) => choices.reduce((total, choice) => total + choice, 0)
  const { choices, minimal } = shrink(noise, (tape) => sum(tape) >= 20)
  expect(minimal).toBe(true)
  expect(sum(choices)).toBe(20)
  expect(choices).not.toContain(0)
})

test('in long tapes what matters is found in few runs', () => {
  const long = new Array<number>(4000).fill(3)
  for (const at of [0, 1, 1999, 2000, 3000, 3999]) {
    const { choices } = shrink(long, (tape) => (tape[at] ?? 0) > 0, 60)
    expect(choices).toEqual([...new Array<number>(at).fill(0), 1])
  }
})

test('the bound of runs holds, and what it leaves still fails', () => {
  const condition: Condition = (choices) => choices.filter((choice) => choice > 4).length >= 9
  const { choices, minimal, runs } = shrink(noise, condition, 25)
  expect(runs).toBe(25)
  expect(minimal).toBe(false)
  expect(condition(choices)).toBe(true)
})

test('without runs the tape stays as it was', () => {
  expect(shrink(noise, () => true, 0)).toEqual({ choices: noise, runs: 0, minimal: false })
})
