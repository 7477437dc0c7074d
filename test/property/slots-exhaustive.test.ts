// Goal: in small worlds no schedule at all makes a reader of versioned slots return anything but one
// whole version under its name, fresh, or a true statement that there is none to return.
// Method: exhaustive exploration; how many schedules and states that takes, and how many attempts
// failed on the way, is checked in. Rewrite the file with UNTORN_UPDATE=1, and say why it changed.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type SamplingPreset, samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import {
  type SlotsWorld,
  describeExploration,
  exploreSlots,
  publications,
  strategyNames,
} from './support/slots-world.ts'
import { tellSchedules } from './support/tell-schedules.ts'

type Small = Omit<SlotsWorld, 'scheme' | 'model'>

const publish = { kind: 'publish' } as const
const read = { kind: 'read' } as const
const oneRead = { payloadBytes: 16, readers: [[read]], attemptsMax: 1 } as const

function version(wanted: number): { readonly kind: 'version'; readonly version: number } {
  return { kind: 'version', version: wanted }
}

const worlds: Readonly<Record<string, Small>> = {
  'latch, one publication': { ...oneRead, slotCount: 2, ownerSteps: publications(1) },
  'latch, three publications': { ...oneRead, slotCount: 2, ownerSteps: publications(3) },
  'latch, two publications, two attempts': {
    ...oneRead,
    slotCount: 2,
    ownerSteps: publications(2),
    attemptsMax: 2,
  },
  'three slots, N - 2 publications': { ...oneRead, slotCount: 3, ownerSteps: publications(1) },
  'three slots, N - 1 publications': { ...oneRead, slotCount: 3, ownerSteps: publications(2) },
  'three slots, N publications': { ...oneRead, slotCount: 3, ownerSteps: publications(3) },
  'four slots, N publications': { ...oneRead, slotCount: 4, ownerSteps: publications(4) },
  'four slots, N + 1 publications, in bursts': {
    ...oneRead,
    slotCount: 4,
    payloadBytes: 8,
    ownerSteps: publications(5),
    bursts: [1, 3, 4],
    onlyBursts: true,
  },
  'latch, a loan that is given back, another one': {
    ...oneRead,
    slotCount: 2,
    ownerSteps: [
      { kind: 'abort', from: 8, length: 30 },
      publish,
      { kind: 'part', from: 0, length: 20 },
    ],
  },
  'latch, part of the payload, read in part': {
    slotCount: 2,
    payloadBytes: 24,
    ownerSteps: [{ kind: 'part', from: 0, length: 40 }, publish],
    readers: [[{ kind: 'part', from: 30, length: 30 }]],
    attemptsMax: 1,
  },
  'latch, two reads': {
    ...oneRead,
    slotCount: 2,
    payloadBytes: 8,
    ownerSteps: publications(2),
    readers: [[read, read]],
  },
  'latch, two readers': {
    ...oneRead,
    slotCount: 2,
    payloadBytes: 8,
    ownerSteps: publications(1),
    readers: [[read], [read]],
  },
  'latch, read, and again if changed': {
    ...oneRead,
    slotCount: 2,
    payloadBytes: 8,
    ownerSteps: publications(2),
    readers: [[read, { kind: 'if-changed' }]],
  },
  'latch, two publications, then closed': {
    ...oneRead,
    slotCount: 2,
    ownerSteps: publications(2),
    close: true,
  },
  'three slots, versions 1 to 3 one by one': {
    ...oneRead,
    slotCount: 3,
    payloadBytes: 8,
    ownerSteps: publications(2),
    readers: [[version(1), version(2), version(3)]],
  },
  'three slots, version 1 after a read, four publications': {
    ...oneRead,
    slotCount: 3,
    payloadBytes: 8,
    ownerSteps: publications(4),
    readers: [[read, version(1)]],
  },
  'latch, bytes copied downwards, below a carry': {
    ...oneRead,
    slotCount: 2,
    payloadBytes: 9,
    firstVersion: 2 ** 32 - 2,
    ownerSteps: [
      { kind: 'publish', manner: { unitBytes: 1, order: 'descending' } },
      { kind: 'update', manner: { unitBytes: 8, order: 'evens-first' } },
    ],
  },
}

/** Byte by byte every byte of an index is old or new on its own: one world is enough. */
const smallest: Readonly<Record<string, Small>> = {
  'latch, one publication of a byte': {
    ...oneRead,
    slotCount: 2,
    payloadBytes: 1,
    ownerSteps: publications(1),
  },
}

const expectedFile = fileURLToPath(new URL('./expected/slots-worlds.json', import.meta.url))
const updates = process.env['UNTORN_UPDATE'] === '1'
const expected: Readonly<Record<string, string>> = fs.existsSync(expectedFile)
  ? (JSON.parse(fs.readFileSync(expectedFile, 'utf8')) as Record<string, string>)
  : {}
const explored: Record<string, string> = {}

function worldsUnder(preset: SamplingPreset): Readonly<Record<string, Small>> {
  return preset === 'bytes' ? smallest : worlds
}

const pairs = strategyNames.flatMap((scheme) =>
  samplingPresetNames.map((model) => [scheme, model] as const),
)
const names = pairs.flatMap(([scheme, model]) =>
  Object.keys(worldsUnder(model)).map((world) => `${scheme}, ${model}: ${world}`),
)

afterAll(() => {
  tellSchedules('versioned slots', explored)
  if (!updates) return
  const rows = names.map((name) => [name, explored[name] ?? expected[name]])
  fs.writeFileSync(expectedFile, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`)
})

describe.each(pairs)('%s is sound under %s', (scheme, model) => {
  test.each(Object.keys(worldsUnder(model)))('%s', (name) => {
    const world = { ...(worldsUnder(model)[name] as Small), scheme, model }
    const exploration = exploreSlots(world, { strategy: 'exhaustive' })
    const { verdict, schedules, states, coverage } = exploration
    expect(verdict, describeExploration(world, exploration)).toBe('holds')
    expect(exploration.complete).toBe(true)
    const key = `${scheme}, ${model}: ${name}`
    explored[key] = `${schedules} schedules, ${states} states, ${coverage.retries} retries`
    if (!updates) expect(explored[key]).toBe(expected[key])
  })
})

test('no number is checked in that is not checked', () => {
  if (!updates) expect(Object.keys(expected)).toEqual(names)
})
