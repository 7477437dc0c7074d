// Goal: what is too large to be explored to the end is sound under random schedules: several holders,
// payloads of several granules and lines, readers, evictions, deaths, broken connections; under every
// preset, byte by byte too. Method: uniform, biased and PCT schedules with this run's seed.
import { expect, test } from 'vitest'
import { samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import {
  type NamedLockWorld,
  describeExploration,
  exploreLock,
  seed,
  strategyNames,
} from './support/lock-world.ts'

const SCHEDULES = 100

const worlds: readonly Omit<NamedLockWorld, 'scheme' | 'model'>[] = [
  { payloadBytes: 24, holders: [2, 1], reads: 2, attemptsMax: 3 },
  { payloadBytes: 72, holders: [1, 1], evicts: 'any-time', successors: true, reads: 2 },
  {
    payloadBytes: 13,
    holders: [2, 2],
    evicts: 'after-death',
    discards: true,
    reads: 1,
    attemptsMax: 2,
    faults: { crashes: 1, cuts: 1 },
  },
]

const cases = strategyNames.flatMap((scheme) =>
  samplingPresetNames
    // A version word that is sampled byte by byte is what `fenced` says it does not stand.
    .filter((model) => scheme === 'hash' || model !== 'bytes')
    .flatMap((model) => worlds.map((world): NamedLockWorld => ({ ...world, scheme, model }))),
)

test.each(cases)('$scheme under $model: $payloadBytes bytes, holders $holders', (world) => {
  const exploration = exploreLock(world, { seed, schedulesMax: SCHEDULES })
  expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
})
