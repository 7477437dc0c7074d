// Goal: recognising states loses nothing that an observer of runs is told, faults and recovery
// included: whatever a note holds is part of the state. Method: small worlds whose owner dies, comes
// back and loses its memory, and whose connections break, explored exhaustively with pruning and
// without.
import { expect, test } from 'vitest'
import { explore } from '../../../src/simulation/explore.ts'
import { type SeqlockWorld, seqlockScenario } from '../support/seqlock-world.ts'

const read = { kind: 'read' } as const

function outcomes(world: SeqlockWorld, prune: boolean): { found: string[]; schedules: number } {
  const found = new Set<string>()
  const observe = (outcome: unknown): void => void found.add(JSON.stringify(outcome))
  const { complete, schedules } = explore(seqlockScenario(world, { observe }), {
    strategy: 'exhaustive',
    stopAtFirst: false,
    shrinkRunsMax: 0,
    prune,
  })
  expect(complete).toBe(true)
  return { found: [...found].toSorted(), schedules }
}

test.each(['header-kept', 'fenced', 'hash', 'words'] as const)('%s', (scheme) => {
  const world: SeqlockWorld = {
    scheme,
    model: { sampling: 'ascending', replay: 'off', cpu: 'tso', atomicGranuleBytes: 64 },
    payloadBytes: 1,
    ownerSteps: [],
    close: true,
    bursts: [1],
    onlyBursts: true,
    readers: [[read, read, { kind: 'if-changed' }]],
    attemptsMax: 2,
    faults: { crashes: 1, restarts: 1, queuePairErrors: 1, deregistrations: 1 },
    recovers: true,
  }
  const pruned = outcomes(world, true)
  const all = outcomes(world, false)
  expect(pruned.found).toEqual(all.found)
  expect(pruned.schedules).toBeLessThan(all.schedules / 4)
})
