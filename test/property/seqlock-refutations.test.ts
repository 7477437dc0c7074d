// Goal: a strategy outside its claim is refuted, so the claims are not merely cautious, and the
// exploration has teeth. Method: exhaustive exploration of the smallest world that can show it, until
// the first violation. Where the claim is regained, the same world holds. A known bug of small depth
// must fall to a handful of random schedules, too.
import { describe, expect, test } from 'vitest'
import type { OwnerStep } from '../../src/simulation/protocol/owner-trace.ts'
import type { SamplingModel } from '../../src/simulation/sampling-model.ts'
import {
  type SeqlockWorld,
  expectHolds,
  exploreWorld,
  seed,
  unsoundPairs,
} from './support/seqlock-world.ts'

const publish = { kind: 'publish' } as const

function publications(count: number): readonly OwnerStep[] {
  return Array.from({ length: count }, () => publish)
}

const small = {
  payloadBytes: 24,
  ownerSteps: publications(1),
  readers: [[{ kind: 'read' }]],
  attemptsMax: 1,
} as const

/**
 * `fenced` on a granule of 1 byte needs a carry: the low byte of the first version sampled at 0xfe,
 * its next byte after `count` writes, at 0x1fc say, then one more write during the payload: the last
 * version is 0x1fe, as both bytes together pretend, if there were 128 writes in all.
 */
function carry(count: number): Omit<SeqlockWorld, 'scheme' | 'model'> {
  return {
    ...small,
    payloadBytes: 2,
    firstVersion: 0xfe,
    ownerSteps: publications(1 + count),
    bursts: [count],
    onlyBursts: true,
  }
}

describe.each(unsoundPairs)('%s, whose granule %s is too small for', (scheme, model) => {
  test('is refuted', () => {
    const world = { ...(scheme === 'fenced' ? carry(127) : small), scheme, model }
    const exploration = exploreWorld(world, { strategy: 'exhaustive' })
    expect(exploration.verdict).toBe('violated')
    expect(['torn', 'mislabelled']).toContain(exploration.counterexample?.violation.kind)
    expect(exploration.counterexample?.shrunk).toBe(true)
  })
})

test('fenced byte by byte needs exactly the writes that make a carry good', () => {
  for (const count of [126, 128]) {
    const world: SeqlockWorld = { ...carry(count), scheme: 'fenced', model: 'bytes' }
    const exploration = exploreWorld(world, { strategy: 'exhaustive' })
    expectHolds(world, exploration)
    expect(exploration.complete).toBe(true)
  }
})

test.each(['words', 'lines'] as const)('%s is right where its granule is whole', (scheme) => {
  const model: Partial<SamplingModel> = { atomicGranuleBytes: scheme === 'words' ? 8 : 64 }
  const world: SeqlockWorld = { ...small, payloadBytes: 8, scheme, model }
  const exploration = exploreWorld(world, { strategy: 'exhaustive' })
  expectHolds(world, exploration)
  expect(exploration.complete).toBe(true)
})

test.each(['random', 'pct', 'mixed'] as const)(
  '%s schedules soon tear a naive read',
  (strategy) => {
    const world: SeqlockWorld = {
      scheme: 'naive',
      model: 'minimal',
      payloadBytes: 64,
      readers: [[{ kind: 'read' }], [{ kind: 'read' }]],
    }
    const exploration = exploreWorld(world, { strategy, depth: 3, seed, schedulesMax: 200 })
    expect(exploration.verdict).toBe('violated')
    expect(['torn', 'mislabelled']).toContain(exploration.counterexample?.violation.kind)
  },
)
