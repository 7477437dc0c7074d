// Goal: PCT finds bugs of its depth at least as often as its bound says, and none that are deeper.
// Method: toy races of known depth among idle steps; frequencies over many runs, whose chance of
// falling below the bound by luck is negligible, as they lie far above it.
import { expect, test } from 'vitest'
import { PctOracle } from '../../../src/simulation/pct-oracle.ts'
import { RandomNumbers } from '../../../src/simulation/random-numbers.ts'
import { TapeOracle } from '../../../src/simulation/tape-oracle.ts'
import { ToyScenario, type ToyStep, idle, lostUpdate } from './support/toy-scenario.ts'

const runs = 20_000
const seed = Number(process.env['UNTORN_SEED'] ?? 1)

/** Thread 0 writes 1, then 2; thread 1 must read 0, then 1: two switches at the right places. */
function readBetween(padding: number): ToyScenario {
  const pad = new Array<ToyStep>(padding).fill(idle)
  return new ToyScenario({
    name: 'read between',
    wordCount: 3,
    threads: [
      [...pad, (words) => (words[0] = 1), ...pad, (words) => (words[0] = 2), ...pad],
      [
        ...pad,
        (words) => (words[1] = words[0] as number),
        ...pad,
        (words) => (words[2] = words[0] as number),
        ...pad,
      ],
    ],
    judge: (words) =>
      words[1] === 0 && words[2] === 1 ? { kind: 'between', message: 'read 0 and 1' } : null,
  })
}

function found(toy: ToyScenario, depth: number): { frequency: number; steps: number } {
  const benign = new TapeOracle()
  toy.run(benign)
  const oracle = new PctOracle(new RandomNumbers(seed), depth, benign.scheduled)
  let count = 0
  for (let run = 0; run < runs; run += 1) {
    oracle.begin()
    if (toy.run(oracle).violation !== null) count += 1
  }
  return { frequency: count / runs, steps: benign.scheduled }
}

test('a bug of depth 2 is found as often as promised, at depth 2 and 3', () => {
  for (const depth of [2, 3]) {
    const { frequency, steps } = found(lostUpdate(2, 8), depth)
    expect(steps).toBe(26)
    expect(frequency).toBeGreaterThan(1 / (2 * steps))
  }
})

test('a bug of depth 3 is found as often as promised', () => {
  const { frequency, steps } = found(readBetween(4), 3)
  expect(frequency).toBeGreaterThan(1 / (2 * steps ** 2))
})

test('bugs that are deeper are not found', () => {
  expect(found(lostUpdate(2, 8), 1).frequency).toBe(0)
  expect(found(readBetween(4), 2).frequency).toBe(0)
})

test('among many threads, those with little priority come to their turn', () => {
  const { frequency } = found(lostUpdate(12), 2)
  expect(frequency).toBeGreaterThan(0.01)
})

test('at a change point the actor about to step falls at once', () => {
  const actors = Int32Array.of(0, 1)
  for (let run = 0; run < 50; run += 1) {
    // The one change point is at the one question that is expected: the other actor takes over
    // before any step, and there is no further change.
    const oracle = new PctOracle(new RandomNumbers(seed, run), 2, 1)
    oracle.begin()
    const answers = Array.from({ length: 10 }, () => oracle.schedule(actors, 2))
    expect(new Set(answers).size).toBe(1)
  }
})

test('an actor that spins does not starve what it waits for', () => {
  const oracle = new PctOracle(new RandomNumbers(seed), 1, 10)
  for (let run = 0; run < 50; run += 1) {
    oracle.begin()
    const actors = Int32Array.of(0, 1)
    let asked = 0
    while (actors[oracle.schedule(actors, 2)] !== 1) asked += 1
    expect(asked).toBeLessThan(200)
  }
})

test.each([0, 4, 1.5, Number.NaN])('depth %d is refused', (depth) => {
  expect(() => new PctOracle(new RandomNumbers(1), depth, 10)).toThrow(
    expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }) as Error,
  )
})
