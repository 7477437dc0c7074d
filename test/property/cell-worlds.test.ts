// Goal: in small worlds of RCU cells no schedule at all gives a reader bytes that are not one version's,
// lets an object be reclaimed that a guard relies on, loses an update, or loses room. What a guard uses
// has been through at most one grace period, and both ages come up. Method: exhaustive exploration; how
// many schedules and states that takes is checked in, and the ages that were seen; larger worlds in a
// fixed number of random schedules. Rewrite the file with UNTORN_UPDATE=1, and say why it changed.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type SamplingPreset, samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import {
  type AnyCellWorld,
  describeExploration,
  exploreCell,
  right,
  seed,
} from './support/cell-world.ts'
import { larger, small } from './support/cell-worlds.ts'
import { tellSchedules } from './support/tell-schedules.ts'

const presets = samplingPresetNames.filter((name) => name !== 'bytes')
/** Schedules of the larger worlds where they are not explored whole. */
const SAMPLES = 250

const cases: readonly (readonly [string, SamplingPreset])[] = [
  ...Object.keys(small).flatMap((name) => presets.map((model) => [name, model] as const)),
  ...Object.keys(larger).map((name) => [name, 'nicX86'] as const),
]
const worlds = { ...small, ...larger }
const keyOf = ([name, model]: readonly [string, SamplingPreset]): string => `${model}: ${name}`

const expectedFile = fileURLToPath(new URL('./expected/cell-worlds.json', import.meta.url))
const updates = process.env['UNTORN_UPDATE'] === '1'
const expected: Readonly<Record<string, string>> = fs.existsSync(expectedFile)
  ? (JSON.parse(fs.readFileSync(expectedFile, 'utf8')) as Record<string, string>)
  : {}
const explored: Record<string, string> = {}
const agesSeen = new Set<number>()

afterAll(() => {
  tellSchedules('RCU cell', explored)
  if (!updates) return
  const rows = cases.map((each) => [keyOf(each), explored[keyOf(each)] ?? expected[keyOf(each)]])
  fs.writeFileSync(expectedFile, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`)
})

describe('every schedule', () => {
  test.each(cases)('%s under %s', (name, model) => {
    const world = worlds[name] as AnyCellWorld
    const ages: number[] = []
    const exploration = exploreCell(world, model, right, { strategy: 'exhaustive' }, ages)
    const { verdict, schedules, states } = exploration
    expect(verdict, describeExploration(world, exploration)).toBe('holds')
    expect(exploration.complete).toBe(true)
    for (const [age, count] of ages.entries()) if (count > 0) agesSeen.add(age)
    const seen = ages.length === 0 ? '' : `, ages ${ages.join(' ')}`
    const key = keyOf([name, model])
    explored[key] = `${schedules} schedules, ${states} states${seen}`
    if (!updates) expect(explored[key]).toBe(expected[key])
  })

  test('shows both ages, and no other', () => {
    expect(agesSeen).toEqual(new Set([0, 1]))
  })
})

describe.each(samplingPresetNames)('random schedules under %s', (model) => {
  test.each(Object.keys(larger))('%s', (name) => {
    const world = worlds[name] as AnyCellWorld
    const exploration = exploreCell(world, model, right, { seed, schedulesMax: SAMPLES })
    expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
  })
})

test('no number is checked in that is not checked', () => {
  if (!updates) expect(Object.keys(expected)).toEqual(cases.map(keyOf))
})
