// Goal: whatever breaks, a reader returns no wrong bytes and ends within its bound; and when what
// broke is whole again, one attempt brings every reader the last version of the region, of the new
// incarnation if the owner died. Method: one fault at any step of tiny worlds, exhaustively; several
// in larger worlds, by random schedules. That the faults happened and readers met them is counted.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seqlockStrategies } from '../../src/protocols/index.ts'
import { explore } from '../../src/simulation/explore.ts'
import type { FaultPlan } from '../../src/simulation/protocol/fault-program.ts'
import { ProtocolScenario } from '../../src/simulation/protocol/protocol-scenario.ts'
import type { RunOutcome } from '../../src/simulation/protocol/read-outcome.ts'
import { seqlockProtocol } from '../../src/simulation/protocol/seqlock-protocol.ts'
import { someFaults, worldsOf } from './support/seqlock-arbitraries.ts'
import {
  type SeqlockWorld,
  expectHolds,
  exploreWorld,
  kernels,
  seed,
  seqlockScenario,
  soundPairs,
} from './support/seqlock-world.ts'

const WORLDS = 25
const SCHEDULES = 80

const read = { kind: 'read' } as const

interface OneFault {
  readonly faults: Partial<FaultPlan>
  /** Ways in which reads must be seen to end, and incarnations that must be seen to be read. */
  readonly ends: readonly string[]
}

const single: Readonly<Record<string, OneFault>> = {
  'the owner dies': {
    faults: { crashes: 1 },
    ends: ['verdict of 0', 'exhausted of 0'],
  },
  'the owner dies and comes back': {
    faults: { crashes: 1, restarts: 1 },
    ends: ['exhausted of 0', 'transport of 0', 'verdict of 1'],
  },
  'a queue pair fails': {
    faults: { queuePairErrors: 1 },
    ends: ['transport of 0', 'verdict of 0'],
  },
  'the region is deregistered, another one published': {
    faults: { deregistrations: 1, restarts: 1 },
    ends: ['transport of 0', 'verdict of 1'],
  },
  'a read is given up, its operations complete late': {
    faults: { timeOuts: 1 },
    ends: ['timed out of 0', 'verdict of 0'],
  },
}

/** Without faults nothing is left out: byte by byte these worlds are too many. */
const whole = soundPairs.filter(([, model]) => model !== 'bytes')

describe.each(whole)('%s under %s, one fault at any step', (scheme, model) => {
  test.each(Object.entries(single))('%s', (_, { faults, ends }) => {
    const world: SeqlockWorld = {
      scheme,
      model,
      payloadBytes: 1,
      ownerSteps: [{ kind: 'publish' }],
      readers: [[read, read]],
      attemptsMax: 1,
      faults,
      recovers: true,
    }
    const met = new Set<string>()
    const observe = ({ reads }: RunOutcome): void => {
      for (const { end, incarnation } of reads) met.add(`${end} of ${incarnation}`)
    }
    const exploration = explore(seqlockScenario(world, { observe }), { strategy: 'exhaustive' })
    expectHolds(world, exploration)
    expect(exploration.complete).toBe(true)
    expect([...met]).toEqual(expect.arrayContaining([...ends]))
  })
})

test.each(soundPairs)('%s under %s, several faults', (scheme, model) => {
  const worlds = fc.sample(worldsOf(scheme, model, someFaults), { seed, numRuns: WORLDS })
  let faults = 0
  let results = 0
  for (const world of worlds) {
    const exploration = exploreWorld(world, { seed, schedulesMax: SCHEDULES })
    expect(exploration.verdict, JSON.stringify({ world, ...exploration })).not.toBe('violated')
    faults += exploration.coverage.faults
    results += exploration.coverage.results
  }
  expect(faults).toBeGreaterThan((WORLDS * SCHEDULES) / 4)
  expect(results).toBeGreaterThan(WORLDS * SCHEDULES)
})

test('a reader that does not notice the new incarnation is seen not to recover', () => {
  // The seal covers the generation: with that of the dead owner it never verifies again.
  const right = seqlockProtocol(seqlockStrategies.hash, kernels, { payloadBytes: 8 })
  const wrong = { ...right, createReader: () => right.createReader(0) }
  const faults = { crashes: 1, restarts: 1 }
  const scenario = new ProtocolScenario(wrong, { model: 'minimal', faults, recovers: true })
  const exploration = explore(scenario, { seed })
  expect(exploration.verdict).toBe('violated')
  expect(exploration.counterexample?.violation.kind).toBe('stuck')
})
