// Goal: folding hides nothing that matters, and every step is either shown or counted in one fold.
// Method: a run of 150 steps at several budgets.
import { describe, expect, test } from 'vitest'
import { foldSteps } from '../../../../src/simulation/report/fold.ts'
import { analyseTearing } from '../../../../src/simulation/report/tearing.ts'
import { longRun, torn, tornRead } from './traces.ts'

const trace = longRun()
const tearing = analyseTearing(trace, torn)

describe.each([8, 20, 40, 1000])('a budget of %i steps', (budget) => {
  const items = foldSteps(trace.events, trace.actors, tearing, budget)

  test('keeps all events, in order', () => {
    expect(items.flatMap(({ events }) => events)).toEqual(trace.events)
  })

  test('shows the pair, the store between, the beginning and the end of the read', () => {
    const shown = items.flatMap((item) => (item.kind === 'step' ? [item.step] : []))
    const { pair } = tearing
    const wanted = [pair?.older.sample, pair?.replacedBy, pair?.newer.sample].map(
      (event) => event?.step ?? -1,
    )
    for (const step of [...wanted, tearing.firstStep, tearing.lastStep]) {
      expect(shown).toContain(step)
    }
    if (budget === 1000) expect(shown).toHaveLength(150)
    // Gaps too small for a fold may exceed the budget.
    else expect(shown.length).toBeLessThan(budget + 10)
  })
})

test('a fold says who did what', () => {
  const items = foldSteps(trace.events, trace.actors, tearing, 8)
  const folds = items.flatMap((item) => (item.kind === 'fold' ? [item] : []))
  expect(folds[0]?.summary).toBe('beginning: version 1')
  expect(folds[1]?.summary).toMatch(/^\d+ steps: owner stores versions 2 to \d+$/)
  for (const { firstStep, lastStep, summary } of folds.slice(1)) {
    expect(summary.startsWith(`${lastStep - firstStep + 1} steps: `)).toBe(true)
  }
})

test('a short run is not folded', () => {
  const short = tornRead()
  const items = foldSteps(short.events, short.actors, analyseTearing(short, torn), 40)
  expect(items.map(({ kind }) => kind)).toEqual(['fold', ...Array<string>(6).fill('step')])
})
