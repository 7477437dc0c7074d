// Goal: every array of naturals is a schedule, and what any oracle says it answered repeats its run.
// Method: questions put by hand; runs of a toy scenario repeated from their tapes.
import { expect, test } from 'vitest'
import { BiasedOracle } from '../../../src/simulation/biased-oracle.ts'
import { ExhaustiveOracle } from '../../../src/simulation/exhaustive-oracle.ts'
import { ChoiceLabel } from '../../../src/simulation/oracle.ts'
import { PctOracle } from '../../../src/simulation/pct-oracle.ts'
import { RandomNumbers } from '../../../src/simulation/random-numbers.ts'
import type { RunOracle } from '../../../src/simulation/run-oracle.ts'
import { TapeOracle } from '../../../src/simulation/tape-oracle.ts'
import { UniformOracle } from '../../../src/simulation/uniform-oracle.ts'
import { ToyScenario, type ToyStep } from './support/toy-scenario.ts'

test('answers modulo the number of answers, then zeros, and says what it answered', () => {
  const oracle = new TapeOracle([5, 2, 7], { recordsQuestions: true })
  const actors = Int32Array.of(4, 9)
  const answers = [
    oracle.choose(3, ChoiceLabel.Piece),
    oracle.choose(1, ChoiceLabel.Piece),
    oracle.schedule(actors, 2),
    oracle.schedule(actors, 1),
    oracle.choose(4, ChoiceLabel.Fault),
    oracle.choose(4, ChoiceLabel.Fault),
  ]
  expect(answers).toEqual([2, 0, 0, 0, 3, 0])
  expect(oracle.tape()).toEqual([2, 0, 3])
  expect(oracle.scheduled).toBe(1)
  expect(oracle.questions).toEqual([
    { label: ChoiceLabel.Piece, count: 3, answer: 2 },
    { label: ChoiceLabel.Actor, count: 2, answer: 0 },
    { label: ChoiceLabel.Fault, count: 4, answer: 3 },
    { label: ChoiceLabel.Fault, count: 4, answer: 0 },
  ])
  oracle.load([1])
  expect(oracle.scheduled).toBe(0)
  expect(oracle.choose(2, ChoiceLabel.Store)).toBe(1)
  expect(oracle.tape()).toEqual([1])
  expect(oracle.questions).toHaveLength(1)
})

const shuffling: ToyStep = (words, choose) => {
  words[0] = (words[0] as number) * 5 + choose(4, ChoiceLabel.Piece)
}
const oracles: readonly [string, () => RunOracle][] = [
  ['uniform', () => new UniformOracle(new RandomNumbers(7))],
  ['biased', () => new BiasedOracle(new RandomNumbers(7))],
  ['pct', () => new PctOracle(new RandomNumbers(7), 3, 9)],
  ['exhaustive', () => new ExhaustiveOracle({ state: null, statesMax: 0, deviationsMax: 2 })],
]

test.each(oracles)('the tape of a run repeats it: %s', (_, make) => {
  const threads = [3, 3, 3].map((count) => new Array<ToyStep>(count).fill(shuffling))
  const toy = new ToyScenario({ name: 'shuffle', wordCount: 1, threads })
  const oracle = make()
  const replaying = new TapeOracle()
  const ends = new Set<string>()
  for (let run = 0; run < 200; run += 1) {
    oracle.begin()
    toy.outcomes.clear()
    toy.run(oracle)
    const [outcome] = toy.outcomes
    replaying.load(oracle.tape())
    toy.run(replaying)
    expect([...toy.outcomes]).toEqual([outcome])
    expect(replaying.tape()).toEqual(oracle.tape())
    ends.add(outcome as string)
    if (oracle instanceof ExhaustiveOracle) oracle.advance()
  }
  expect(ends.size).toBeGreaterThan(20)
})

test('a run that asks without end is stopped', () => {
  const oracle = new TapeOracle()
  expect(() => {
    for (;;) oracle.choose(2, ChoiceLabel.Piece)
  }).toThrow('does not end')
})
