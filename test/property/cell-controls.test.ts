// Goal: the negative controls of RCU cells are wrong by themselves: the right parties are right in their
// worlds. Method: each control's small world with the right parties, up to a bound of schedules; that the
// controls are caught, and where, is negative-controls.test.ts.
import { describe, expect, test } from 'vitest'
import { cellControls } from '../../src/protocols/cell/index.ts'
import { cellControlUnderTest } from '../../src/simulation/controls/cell-cases.ts'
import { anyCellScenario, smallCellWorld } from '../../src/simulation/controls/cell-worlds.ts'
import { explore } from '../../src/simulation/explore.ts'
import { replay } from '../../src/simulation/replay.ts'
import { formatReport } from '../../src/simulation/report/text-report.ts'
import { renderTimeline } from '../../src/simulation/report/svg-timeline.ts'
import { samplingModel } from '../../src/simulation/sampling-model.ts'
import { describeExploration, exploreCell, kernels, right } from './support/cell-world.ts'
import { controlNamed } from './support/controls.ts'

const SCHEDULES = 1000

const canary: readonly number[] = [0, 1, 0, 0, 0, 0, 1]

describe.each(Object.values(cellControls))('$name', (control) => {
  test('is wrong by itself: the right parties are right in its world', () => {
    const world = smallCellWorld(control, 'rxe')
    const order = controlNamed(control.name).order?.('rxe') ?? { strategy: 'exhaustive' }
    const options = { ...order, schedulesMax: SCHEDULES, shrinkRunsMax: 0 }
    const exploration = exploreCell(world, 'rxe', right, options)
    expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
  })
})

test('canary: the smallest schedule in which a scan without a fence misses a pin is this one', () => {
  const control = cellControls['scan-without-fence']
  const world = smallCellWorld(control, 'nicX86')
  const scenario = anyCellScenario(world, 'nicX86', cellControlUnderTest(control, kernels))
  const { counterexample } = explore(scenario, { strategy: 'exhaustive' })
  expect(counterexample).toMatchObject({ shrunk: true, choices: canary })
  const { end, trace } = replay(scenario, counterexample?.tape ?? '')
  expect(end.violation?.kind).toBe('reclaimed')
  const scenarioName = control.name
  const { violation, tape = '' } = { violation: end.violation, tape: counterexample?.tape }
  if (violation === null) throw new Error('a canary fails')
  const run = { scenarioName, violation, tape, model: samplingModel('nicX86'), trace }
  // One lane for each party, and for the stores of the owner's CPU.
  expect(formatReport(run)).toMatch(/owner +r1/)
  expect(renderTimeline(run)).toMatch(/^<svg/)
})
