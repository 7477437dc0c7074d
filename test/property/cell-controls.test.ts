// Goal: every negative control of RCU cells is caught under the presets it is said to be caught under and
// under no other, in exactly as many schedules as are checked in; and the right parties are right in its
// world. Method: each control's small world under every preset, exhaustively; where that takes too long,
// in a fixed order of random schedules. Byte by byte every sample is old or new on its own: nothing that
// `minimal` does not show, too slowly. Rewrite the file with UNTORN_UPDATE=1, and look at the diff.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import type { ExploreOptions } from '../../src/simulation/exploration.ts'
import { cellControls } from '../../src/protocols/cell/index.ts'
import { explore } from '../../src/simulation/explore.ts'
import { replay } from '../../src/simulation/replay.ts'
import { formatReport } from '../../src/simulation/report/text-report.ts'
import { renderTimeline } from '../../src/simulation/report/svg-timeline.ts'
import {
  type SamplingPreset,
  samplingModel,
  samplingPresetNames,
} from '../../src/simulation/sampling-model.ts'
import {
  anyCellScenario,
  controlUnderTest,
  controlWorld,
  controls,
  describeExploration,
  exploreCell,
  right,
} from './support/cell-world.ts'

const presets = samplingPresetNames.filter((name) => name !== 'bytes')

interface Row {
  /** Kind of the violation; null where there is none. */
  readonly caught: string | null
  readonly schedules: number
}

const expectedFile = fileURLToPath(new URL('./expected/cell-controls.json', import.meta.url))
const updates = process.env['UNTORN_UPDATE'] === '1'
const expected: Readonly<Record<string, Readonly<Record<string, Row>>>> = fs.existsSync(
  expectedFile,
)
  ? (JSON.parse(fs.readFileSync(expectedFile, 'utf8')) as Record<string, Record<string, Row>>)
  : {}
const explored: Record<string, Record<string, Row>> = {}

afterAll(() => {
  if (!updates) return
  const lines = Object.entries(explored).map(([name, rows]) => {
    const cells = Object.entries(rows).map(([preset, { caught, schedules }]) => {
      return `    "${preset}": { "caught": ${JSON.stringify(caught)}, "schedules": ${schedules} }`
    })
    return `  "${name}": {\n${cells.join(',\n')}\n  }`
  })
  fs.writeFileSync(expectedFile, `{\n${lines.join(',\n')}\n}\n`)
})

const canary: readonly number[] = [0, 1, 0, 0, 0, 0, 1]

/** Long stories of leases, and WRITEs in flight beside them, have too many schedules. */
const sampled: readonly string[] = ['pin-apart', 'lease-checked-before', 'first-seen-before-look']

function strategyOf(name: string): ExploreOptions {
  if (!sampled.includes(name)) return { strategy: 'exhaustive', shrinkRunsMax: 0 }
  return { strategy: 'mixed', seed: 1, schedulesMax: 20_000, shrinkRunsMax: 0 }
}

describe.each(controls)('$name', (control) => {
  const world = controlWorld(control)

  test('is caught where it is said to be, in the schedules that are checked in', () => {
    const rows: Record<string, Row> = {}
    for (const preset of presets) {
      const cell = controlUnderTest(control)
      const { complete, counterexample, schedules } = exploreCell(
        world,
        preset,
        cell,
        strategyOf(control.name),
      )
      if (counterexample === undefined) expect([preset, complete]).toEqual([preset, true])
      rows[preset] = { caught: counterexample?.violation.kind ?? null, schedules }
    }
    explored[control.name] = rows
    const caughtUnder = presets.filter((preset) => rows[preset]?.caught !== null)
    const claimed: readonly SamplingPreset[] = control.caughtUnder
    expect(caughtUnder).toEqual(claimed.filter((preset) => preset !== 'bytes'))
    if (!updates) expect(rows).toEqual(expected[control.name])
  })

  test('is wrong by itself: the right parties are right in its world', () => {
    const options = { ...strategyOf(control.name), schedulesMax: 1000 }
    const exploration = exploreCell(world, 'rxe', right, options)
    expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
  })
})

test('canary: the smallest schedule in which a scan without a fence misses a pin is this one', () => {
  const control = cellControls['scan-without-fence']
  const world = controlWorld(control)
  const scenario = anyCellScenario(world, 'nicX86', controlUnderTest(control))
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

test('nothing is checked in of controls that there are not', () => {
  if (!updates) expect(Object.keys(expected)).toEqual(controls.map(({ name }) => name))
})
