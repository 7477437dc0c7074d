// Goal: biased schedules let an actor get far while another waits, tame inner choices differently
// from run to run, and draw anew when an actor cannot go on. Method: frequencies, far from their
// limits, beside those of uniform schedules.
import { expect, test } from 'vitest'
import { BiasedOracle } from '../../../src/simulation/biased-oracle.ts'
import { ChoiceLabel } from '../../../src/simulation/oracle.ts'
import { RandomNumbers } from '../../../src/simulation/random-numbers.ts'
import type { RunOracle } from '../../../src/simulation/run-oracle.ts'
import { UniformOracle } from '../../../src/simulation/uniform-oracle.ts'
import { ToyScenario, type ToyStep, idle } from './support/toy-scenario.ts'

const seed = Number(process.env['UNTORN_SEED'] ?? 1)
const runs = 10_000

/** A read of word 0 twice, with a whole write of so many steps between. */
function wholeWriteInside(steps: number): ToyScenario {
  const pad = new Array<ToyStep>(steps - 2).fill(idle)
  return new ToyScenario({
    name: 'whole write inside',
    wordCount: 3,
    threads: [
      [(words) => (words[1] = words[0] as number), (words) => (words[2] = words[0] as number)],
      [(words) => (words[0] = 1), ...pad, (words) => (words[0] = 2)],
    ],
    judge: (words) =>
      words[1] === 0 && words[2] === 2 ? { kind: 'inside', message: 'read 0 and 2' } : null,
  })
}

function found(toy: ToyScenario, oracle: RunOracle): number {
  let count = 0
  for (let run = 0; run < runs; run += 1) {
    oracle.begin()
    if (toy.run(oracle).violation !== null) count += 1
  }
  return count
}

test.each([5, 20, 60])('a write of %d steps fits between two steps of a reader', (steps) => {
  const toy = wholeWriteInside(steps)
  expect(found(toy, new BiasedOracle(new RandomNumbers(seed)))).toBeGreaterThan(runs / 400)
})

test('uniform schedules hardly ever let it', () => {
  expect(found(wholeWriteInside(20), new UniformOracle(new RandomNumbers(seed)))).toBeLessThan(3)
})

test('some runs have many faults, others hardly any', () => {
  const oracle = new BiasedOracle(new RandomNumbers(seed))
  let wild = 0
  let tame = 0
  for (let run = 0; run < 200; run += 1) {
    oracle.begin()
    let faults = 0
    for (let question = 0; question < 200; question += 1) {
      faults += oracle.choose(2, ChoiceLabel.Fault)
    }
    if (faults > 70) wild += 1
    if (faults < 30) tame += 1
  }
  expect(wild).toBeGreaterThan(10)
  expect(tame).toBeGreaterThan(10)
})

test('when the current actor cannot go on, the next one is drawn', () => {
  const oracle = new BiasedOracle(new RandomNumbers(seed))
  const first = Int32Array.of(0, 1)
  const others = Int32Array.of(2, 3)
  let second = 0
  for (let run = 0; run < 400; run += 1) {
    oracle.begin()
    oracle.schedule(first, 2)
    second += oracle.schedule(others, 2)
  }
  expect(second).toBeGreaterThan(140)
  expect(second).toBeLessThan(260)
})
