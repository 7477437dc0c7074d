// The small worlds of locked regions that are explored to the end, and how many schedules that takes.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LockStrategyName } from '../../../src/protocols/index.ts'
import { type SamplingPreset, samplingPresetNames } from '../../../src/simulation/sampling-model.ts'
import { type NamedLockWorld, exploreLock, strategyNames } from './lock-world.ts'

type Small = Omit<NamedLockWorld, 'scheme' | 'model'>

/** A holder begins, posts its look, its compare-and-swap, its release: each may be its last deed. */
const DEEDS_MAX = 4

function cutOff(mishap: 'crash' | 'freeze', deeds: number): Small {
  return {
    payloadBytes: 8,
    holders: [1, 1],
    evicts: 'after-death',
    successors: true,
    mishapAt: { mishap, party: 'holder1', deeds },
  }
}

const worlds: Readonly<Record<string, Small>> = {
  'two holders': { payloadBytes: 8, holders: [1, 1] },
  'a holder that gives the lock back, and a reader': {
    payloadBytes: 8,
    holders: [0],
    discards: true,
    reads: 1,
  },
  'a holder and a reader': { payloadBytes: 8, holders: [1], reads: 1 },
  'a holder that is evicted at any time': { payloadBytes: 8, holders: [1], evicts: 'any-time' },
  'a holder that dies in its release, and a repair that is cut off': {
    ...cutOff('crash', 4),
    holders: [1],
    faults: { cuts: 1 },
  },
  ...Object.fromEntries(
    (['crash', 'freeze'] as const).flatMap((mishap) =>
      Array.from({ length: DEEDS_MAX }, (_, deeds) => [
        `a holder that ${mishap === 'crash' ? 'dies' : 'stops'} after deed ${deeds + 1}, and its successor`,
        cutOff(mishap, deeds + 1),
      ]),
    ),
  ),
}

/** Under `nicX86` alone, where a line is one step. */
const larger: Readonly<Record<string, Small>> = {
  'a holder that dies in its release, and a reader': {
    payloadBytes: 8,
    holders: [1],
    evicts: 'after-death',
    mishapAt: { mishap: 'crash', party: 'holder1', deeds: 4 },
    reads: 1,
  },
  'a holder that is evicted at any time, its successor and a reader': {
    payloadBytes: 8,
    holders: [1, 1],
    evicts: 'any-time',
    successors: true,
    reads: 1,
  },
}

/** Worlds of more schedules than this are for `npm run test:deep`. */
const QUICK_SCHEDULES = 1000

/** One world under one strategy and preset, by the name under which its count is checked in. */
export interface CountedWorld {
  readonly key: string
  readonly world: NamedLockWorld
  /** Null until it was counted. */
  readonly expected: string | null
  readonly quick: boolean
}

export const expectedFile: string = fileURLToPath(
  new URL('../expected/lock-worlds.json', import.meta.url),
)

const expected: Readonly<Record<string, string>> = fs.existsSync(expectedFile)
  ? (JSON.parse(fs.readFileSync(expectedFile, 'utf8')) as Record<string, string>)
  : {}

function worldsUnder(model: SamplingPreset): readonly (readonly [string, Small])[] {
  return Object.entries(model === 'nicX86' ? { ...worlds, ...larger } : worlds)
}

/** Byte by byte there are too many schedules; lock-sound.test.ts samples them. */
const models = samplingPresetNames.filter((model) => model !== 'bytes')

function counted(scheme: LockStrategyName, model: SamplingPreset): readonly CountedWorld[] {
  return worldsUnder(model).map(([name, small]) => {
    const key = `${scheme}, ${model}: ${name}`
    const count = Object.hasOwn(expected, key) ? (expected[key] as string) : null
    const quick = count === null || Number.parseInt(count, 10) <= QUICK_SCHEDULES
    return { key, world: { ...small, scheme, model }, expected: count, quick }
  })
}

export const countedWorlds: readonly CountedWorld[] = strategyNames.flatMap((scheme) =>
  models.flatMap((model) => counted(scheme, model)),
)

/** Keys of the counts that are checked in, in their order. */
export const countedKeys: readonly string[] = Object.keys(expected)

/** Explores a world to the end, and counts. */
export function exploreCounting(world: NamedLockWorld): {
  readonly exploration: ReturnType<typeof exploreLock>
  readonly text: string
} {
  const exploration = exploreLock(world, { strategy: 'exhaustive' })
  const { schedules, states, coverage } = exploration
  const { faults, retries } = coverage
  const text = `${schedules} schedules, ${states} states, ${retries} retries, ${faults} faults`
  return { exploration, text }
}
