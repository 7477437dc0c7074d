// Goal: pruning never loses an outcome, and random strategies find only what an exhaustive
// exploration finds. Method: arbitrary small programs with races and choices of their own; the
// outcomes with pruning and without, whole and under a bound of departures. The negative control,
// a hash that forgets part of the state, must be seen to lose some.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import { ChoiceLabel } from '../../../src/simulation/oracle.ts'
import {
  type ToyOptions,
  ToyScenario,
  type ToyStep,
} from '../../unit/simulation/support/toy-scenario.ts'

const wordCount = 4
const word = fc.nat({ max: wordCount - 1 })
const step: fc.Arbitrary<ToyStep> = fc.oneof(
  fc.tuple(word, word).map(
    ([to, from]): ToyStep =>
      (words) =>
        (words[to] = words[from] as number),
  ),
  fc.tuple(word, word).map(
    ([to, from]): ToyStep =>
      (words) =>
        (words[to] = (words[from] as number) + 1),
  ),
  word.map(
    (to): ToyStep =>
      (words, choose) =>
        (words[to] = choose(2, ChoiceLabel.Piece)),
  ),
  word.map(
    (to): ToyStep =>
      (words) =>
        (words[to] = (words[to] as number) * 2),
  ),
)
const thread = fc.array(step, { minLength: 1, maxLength: 3, size: 'max' })
const toys: fc.Arbitrary<ToyOptions> = fc.record({
  name: fc.constant('arbitrary'),
  wordCount: fc.constant(wordCount),
  threads: fc.array(thread, { minLength: 2, maxLength: 3 }),
  asksAlways: fc.boolean(),
})

function outcomes(toy: ToyOptions, options: ExploreOptions): Set<string> {
  const scenario = new ToyScenario(toy)
  explore(scenario, { strategy: 'exhaustive', ...options })
  return scenario.outcomes
}

test('pruning keeps every outcome', () => {
  fc.assert(
    fc.property(toys, (toy) => {
      expect(outcomes(toy, {})).toEqual(outcomes(toy, { prune: false }))
    }),
    { numRuns: 60 },
  )
})

test('pruning keeps every outcome under a bound of departures', () => {
  fc.assert(
    fc.property(toys, fc.nat({ max: 3 }), (toy, deviationsMax) => {
      const whole = outcomes(toy, { deviationsMax, prune: false })
      expect(outcomes(toy, { deviationsMax })).toEqual(whole)
    }),
    { numRuns: 300 },
  )
})

test('a hash that forgets words loses outcomes', () => {
  const unmixedWords = Array.from({ length: wordCount }, (_, at) => at)
  const losing = fc.check(
    fc.property(toys, (toy) => {
      const lost = outcomes({ ...toy, unmixedWords }, {})
      return lost.size === outcomes(toy, { prune: false }).size
    }),
    { numRuns: 60 },
  )
  expect(losing.failed).toBe(true)
})

test('random strategies reach only what an exhaustive exploration reaches, and most of it', () => {
  fc.assert(
    fc.property(
      toys,
      fc.constantFrom('random' as const, 'biased' as const, 'pct' as const, 'mixed' as const),
      fc.nat(),
      (toy, strategy, seed) => {
        const all = outcomes(toy, {})
        const some = outcomes(toy, { strategy, seed, schedulesMax: 500 })
        expect([...some].filter((outcome) => !all.has(outcome))).toEqual([])
        expect(some.size).toBeGreaterThanOrEqual(Math.min(2, all.size))
      },
    ),
    { numRuns: 40 },
  )
})
