// Goal: every negative control is caught under the presets it is said to be caught under and under no
// other, in exactly as many schedules as are checked in; random schedules catch it too, with this run's
// seed; and what is weaker than its claim holds. A control that passes means that the simulator has
// lost its teeth; a changed count, that it explores something else than it did.
// Method: explores each control's small world as a whole under every preset and compares with
// expected/negative-controls.json (`node tools/controls.mjs --update` writes it: look at the diff first).
import fs from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { cellControls } from '../../src/protocols/cell/index.ts'
import {
  lockControls,
  negativeControls,
  slotsControls,
  slotsStrategies,
} from '../../src/protocols/index.ts'
import { seqlockStrategies } from '../../src/protocols/seqlock/index.ts'
import { controlScenario } from '../../src/simulation/controls/seqlock-cases.ts'
import { smallWorld } from '../../src/simulation/controls/control-worlds.ts'
import { slotsControlScenario, smallSlotsWorld } from '../../src/simulation/controls/slots-cases.ts'
import type { ControlCase, ControlResult } from '../../src/simulation/controls/index.ts'
import { failedRunOf, foldStores, mixedMargin } from '../../src/simulation/controls/index.ts'
import type { Exploration } from '../../src/simulation/exploration.ts'
import { explore as exploreScenario } from '../../src/simulation/explore.ts'
import { formatReport, renderTimeline, replay } from '../../src/simulation/index.ts'
import { type SamplingPreset, samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import { loadTool } from '../unit/tools/load-tool.ts'
import { controls, expected, expectedOf, kernels, reviewControl } from './support/controls.ts'

const wideSchedules = 200
const seed = Number(process.env['UNTORN_SEED'] ?? 0)

const all = [...controls.values()]

let schedules = 0
afterAll(() => {
  process.stdout.write(`negative controls: ${schedules} schedules explored\n`)
})

const explore: typeof exploreScenario = (scenario, options) => {
  const exploration = exploreScenario(scenario, options)
  schedules += exploration.schedules
  return exploration
}

function why({ scenario, verdict, counterexample, coverage }: Exploration): string {
  const { tape, violation } = counterexample ?? {}
  return `${scenario}: ${verdict}, seed ${seed} ${tape ?? ''} ${violation?.message ?? ''} ${JSON.stringify(coverage)}`
}

describe.each(all)('$name', (control) => {
  test('is caught where it is said to be, in the schedules that are checked in', () => {
    const review = reviewControl(control)
    schedules += review.schedules
    expect(review.differences).toEqual([])
  })

  test('measures what is not rare', () => {
    for (const name of samplingPresetNames) {
      const { caught, mixedWithin } = expectedOf(control).presets[name]
      const measured = caught !== null && control.isRare?.(name) !== true
      expect([name, mixedWithin !== undefined]).toEqual([name, measured])
    }
  })

  test('is caught at random within its bound, or by no schedule of a wide world', () => {
    for (const name of samplingPresetNames) {
      if (control.tooLarge?.(name) === true) continue
      const { caught, mixedWithin } = expectedOf(control).presets[name]
      if (caught === null) {
        const options = { seed, schedulesMax: wideSchedules }
        const exploration = explore(control.wideScenario(name), options)
        expect(exploration.verdict, why(exploration)).toBe('holds')
      } else if (mixedWithin !== undefined) {
        const schedulesMax = mixedMargin * mixedWithin
        const options = { seed, schedulesMax, shrinkRunsMax: 0 }
        const exploration = explore(control.scenario(name), options)
        expect(exploration.verdict, why(exploration)).toBe('violated')
      }
    }
  })
})

describe('the table', () => {
  test('has expectations for each control and for nothing else', () => {
    expect(Object.keys(expected)).toEqual(all.map(({ name }) => name))
    for (const control of all) {
      expect(control.caughtUnder.length).toBeGreaterThan(0)
      expect(control.weaker.length).toBeGreaterThan(0)
    }
    const tables = [
      ...Object.entries(negativeControls),
      ...Object.entries(slotsControls),
      ...Object.entries(cellControls),
      ...Object.entries(lockControls),
    ]
    for (const [name, control] of tables) expect(control.name).toBe(name)
  })

  test('tells presets from one another', () => {
    const column = (preset: SamplingPreset): string =>
      all.map(({ caughtUnder }) => (caughtUnder.includes(preset) ? 'c' : '.')).join('')
    // `bytes` has all that `minimal` has: protocols that stay right on words differ there.
    const presets = samplingPresetNames.filter((name) => name !== 'bytes')
    expect(new Set(presets.map(column)).size).toBe(presets.length)
  })

  test('marks those that the torn-read bench runs', () => {
    const marked = Object.values(negativeControls).filter(({ bench }) => bench)
    expect(marked.map(({ name }) => name)).toEqual([
      'naive',
      'version-with-data',
      'data-then-version',
      'both-ends',
      'unfenced',
    ])
  })
})

describe.each(Object.values(seqlockStrategies))('strategy $name', (strategy) => {
  test.each(samplingPresetNames)('is right under %s in the worlds of the controls', (preset) => {
    const granules = { sharedMemory: 8, rxe: 8, nicX86: 64, minimal: 8, bytes: 1 } as const
    // A line of many bytes, each old or new: what `lines` does not claim, and takes too long.
    if (granules[preset] < strategy.needs.atomicGranuleBytes) return
    for (const name of ['version-with-data', 'abort-same-version', 'xor-checksum'] as const) {
      const world = smallWorld(negativeControls[name], preset)
      const scenario = controlScenario(strategy, kernels, preset, world)
      const options =
        preset === 'bytes'
          ? ({ seed, schedulesMax: wideSchedules } as const)
          : ({ strategy: 'exhaustive' } as const)
      const exploration = explore(scenario, options)
      expect(exploration.counterexample, why(exploration)).toBeUndefined()
      expect(exploration.coverage.results).toBeGreaterThan(0)
      expect(exploration.complete).toBe(preset !== 'bytes')
    }
  })
})

describe.each(Object.values(slotsStrategies))('slots strategy $name', (strategy) => {
  test.each(Object.values(slotsControls))('is right in the world of $name', (control) => {
    const world = smallSlotsWorld(control, 'minimal')
    const scenario = slotsControlScenario(strategy, kernels, 'minimal', world)
    const exploration = explore(scenario, { strategy: 'exhaustive' })
    expect(exploration.counterexample, why(exploration)).toBeUndefined()
    expect(exploration.complete).toBe(true)
    expect(exploration.coverage.results).toBeGreaterThan(0)
  })

  test('is right where a plain index is torn', () => {
    const world = smallSlotsWorld(slotsControls['plain-index'], 'bytes')
    const scenario = slotsControlScenario(strategy, kernels, 'bytes', world)
    const exploration = explore(scenario, { seed, schedulesMax: 1000 })
    expect(exploration.verdict, why(exploration)).toBe('holds')
    expect(exploration.coverage.retries).toBeGreaterThan(0)
  })
})

describe('docs/negative-controls.md', () => {
  interface PageTool {
    readonly pageEntry: (library: object, control: ControlCase, result: ControlResult) => unknown
    readonly controlsPage: (entries: readonly unknown[]) => string
    readonly controlImages: (
      library: object,
      cases: ReadonlyMap<string, ControlCase>,
    ) => readonly (readonly [string, string])[]
  }
  const library = { failedRunOf, foldStores, formatReport, renderTimeline }
  const page = fs.readFileSync('docs/negative-controls.md', 'utf8')
  // How prettier breaks lines and pads tables is none of the generator's business.
  const words = (text: string): string =>
    text
      .replaceAll(/-{3,}/g, '---')
      .replaceAll(/[\s|]+/g, ' ')
      .trim()

  test('and its images are what node tools/controls.mjs --update makes', async () => {
    const tool = await loadTool<PageTool>('lib/controls-page.mjs')
    const entries = all.map((control) => tool.pageEntry(library, control, expectedOf(control)))
    expect(words(page)).toBe(words(tool.controlsPage(entries)))
    const images = tool.controlImages(library, controls)
    expect(images).toHaveLength(4)
    for (const [name, svg] of images) {
      expect(fs.readFileSync(`docs/images/${name}`, 'utf8')).toBe(svg)
    }
  })

  test('shows tapes that end as it says', () => {
    const commands = [...page.matchAll(/^node tools\/controls\.mjs --show (\S+) (\S+) (\S+)$/gm)]
    expect(commands).toHaveLength(all.length)
    for (const [, name = '', preset, tape = ''] of commands) {
      const control = controls.get(name) as ControlCase
      const { end } = replay(control.scenario(preset as SamplingPreset), tape)
      const { caught } = expectedOf(control).presets[preset as SamplingPreset]
      // Shrinking keeps the kind.
      expect([name, end.violation?.kind]).toEqual([name, caught])
    }
  })
})
