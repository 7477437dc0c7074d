// Goal: in small worlds no schedule at all breaks a seqlock strategy where it claims to be sound.
// Method: exhaustive exploration. How many schedules and states that takes is checked in: a number
// that changes says that the simulator, or a protocol, got other freedoms than it had. Rewrite the
// file with UNTORN_UPDATE=1, and say why it changed.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import type { SeqlockStrategyName } from '../../src/protocols/index.ts'
import type { SamplingPreset } from '../../src/simulation/sampling-model.ts'
import {
  type SeqlockWorld,
  expectHolds,
  exploreWorld,
  soundPairs,
} from './support/seqlock-world.ts'
import { tellSchedules } from './support/tell-schedules.ts'

type Small = Omit<SeqlockWorld, 'scheme' | 'model'>

const publish = { kind: 'publish' } as const
const read = { kind: 'read' } as const

const worlds: Readonly<Record<string, Small>> = {
  'one write, one read of two attempts': {
    payloadBytes: 8,
    ownerSteps: [publish],
    readers: [[read]],
    attemptsMax: 2,
  },
  'two writes, one read': {
    payloadBytes: 8,
    ownerSteps: [publish, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
  'two writes below a carry, one read': {
    payloadBytes: 8,
    firstVersion: 2 ** 33 - 4,
    ownerSteps: [publish, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
  'one write, two reads': {
    payloadBytes: 8,
    ownerSteps: [publish],
    readers: [[read, read]],
    attemptsMax: 1,
  },
  'two readers of one write': {
    payloadBytes: 8,
    ownerSteps: [publish],
    readers: [[read], [read]],
    attemptsMax: 1,
  },
  'an aborted write between two': {
    payloadBytes: 8,
    ownerSteps: [publish, { kind: 'abort', from: 8, length: 30 }, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
  'part of the payload, read in part': {
    payloadBytes: 16,
    ownerSteps: [{ kind: 'part', from: 0, length: 40 }],
    readers: [[{ kind: 'part', from: 10, length: 40 }]],
    attemptsMax: 2,
  },
  'read, and again if changed': {
    payloadBytes: 8,
    ownerSteps: [publish],
    readers: [[read, { kind: 'if-changed' }]],
    attemptsMax: 1,
  },
  'one write, then closed': {
    payloadBytes: 8,
    ownerSteps: [publish],
    close: true,
    readers: [[read]],
    attemptsMax: 2,
  },
  'bytes copied downwards': {
    payloadBytes: 9,
    ownerSteps: [{ kind: 'publish', manner: { unitBytes: 1, order: 'descending' } }],
    readers: [[read]],
    attemptsMax: 1,
  },
}

/** Byte by byte every byte of the seal is old or new on its own: one world is enough. */
const smallest: Readonly<Record<string, Small>> = {
  'one write of a byte, one read': {
    payloadBytes: 1,
    ownerSteps: [publish],
    readers: [[read]],
    attemptsMax: 1,
  },
}

interface Explored {
  readonly schedules: number
  readonly states: number
}

const expectedFile = fileURLToPath(new URL('./expected/seqlock-worlds.json', import.meta.url))
const expected = JSON.parse(fs.readFileSync(expectedFile, 'utf8')) as Readonly<
  Record<string, Explored>
>
const updates = process.env['UNTORN_UPDATE'] === '1'
const explored: Record<string, Explored> = {}
const names = soundPairs.flatMap(([scheme, model]) =>
  Object.keys(worldsUnder(model)).map((world) => `${scheme}, ${model}: ${world}`),
)

function worldsUnder(preset: SamplingPreset): Readonly<Record<string, Small>> {
  return preset === 'bytes' ? smallest : worlds
}

afterAll(() => {
  tellSchedules('seqlock', explored)
  if (!updates) return
  const lines = names.map((name) => {
    const { schedules, states } = explored[name] ?? expected[name] ?? { schedules: 0, states: 0 }
    return `  ${JSON.stringify(name)}: { "schedules": ${schedules}, "states": ${states} }`
  })
  fs.writeFileSync(expectedFile, `{\n${lines.join(',\n')}\n}\n`)
})

function explores(scheme: SeqlockStrategyName, model: SamplingPreset, world: string): void {
  const small = { ...(worldsUnder(model)[world] as Small), scheme, model }
  const exploration = exploreWorld(small, { strategy: 'exhaustive' })
  expectHolds(small, exploration)
  expect(exploration.complete).toBe(true)
  const { schedules, states } = exploration
  const name = `${scheme}, ${model}: ${world}`
  explored[name] = { schedules, states }
  if (!updates) expect(explored[name]).toEqual(expected[name])
}

describe.each(soundPairs)('%s is sound under %s', (scheme, model) => {
  test.each(Object.keys(worldsUnder(model)))('%s', (world) => {
    explores(scheme, model, world)
  })
})

test('no number is checked in that is not checked', () => {
  if (!updates) expect(Object.keys(expected)).toEqual(names)
})
