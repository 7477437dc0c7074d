// Goal: no owner keeps a reader of versioned slots from ending with a value. Method, for an owner that
// stops: it is frozen (a crash: the rest of its stores never becomes visible) after every single store
// of a program that uses all of its calls, and a reader alone must get the last version in its first
// attempt. For one that goes on: every schedule of N - 2 publications, in which no attempt may fail,
// and of one more, in which some must. What an owner that never pauses does is in
// test/unit/protocols/slots-readers.test.ts, where READs and publications alternate for ever.
import { describe, expect, test } from 'vitest'
import { Evidence, type SlotsStrategyName, Verdict } from '../../src/protocols/index.ts'
import type { OwnerStep } from '../../src/simulation/protocol/owner-trace.ts'
import type { ProtocolScenario } from '../../src/simulation/protocol/protocol-scenario.ts'
import type { ReadOutcome, RunOutcome } from '../../src/simulation/protocol/read-outcome.ts'
import { type CopyManner, plainCopy } from '../../src/simulation/recording-memory.ts'
import { benignOracle } from '../../src/simulation/world.ts'
import {
  type SlotsWorld,
  describeExploration,
  exploreSlots,
  publications,
  slotsScenario,
  strategyNames,
} from './support/slots-world.ts'

const manners: readonly CopyManner[] = [
  plainCopy,
  { unitBytes: 1, order: 'descending' },
  { unitBytes: 8, order: 'evens-first' },
]

function program(manner: CopyManner): readonly OwnerStep[] {
  return [
    { kind: 'publish', manner },
    { kind: 'part', manner, from: 20, length: 20 },
    { kind: 'abort', manner, from: 10, length: 50 },
    { kind: 'update', manner },
  ]
}

interface Frozen {
  readonly scenario: ProtocolScenario
  readonly read: ReadOutcome
}

interface FrozenOwner {
  readonly scheme: SlotsStrategyName
  readonly slotCount: number
  readonly payloadBytes: number
  readonly manner: CopyManner
}

/** What a reader alone comes to when the owner has stopped for ever after so many stores. */
function frozen({ manner, ...owner }: FrozenOwner, frozenAfter: number): Frozen {
  const reads: ReadOutcome[] = []
  const world: SlotsWorld = {
    ...owner,
    model: 'minimal',
    ownerSteps: program(manner),
    close: true,
    blank: true,
    attemptsMax: 1,
    frozenAfter,
  }
  const observe = (outcome: RunOutcome): void => void reads.push(...outcome.reads)
  const scenario = slotsScenario(world, { observe })
  // What nobody changes is sampled the same in any order: one schedule is all.
  const { violation } = scenario.run(benignOracle)
  expect(violation).toBeNull()
  expect(reads).toHaveLength(1)
  return { scenario, read: reads[0] as ReadOutcome }
}

describe.each(strategyNames)('%s, owner frozen', (scheme) => {
  test.each([2, 3])('after any store, %i slots: the last version, in one attempt', (slotCount) => {
    for (const payloadBytes of [1, 8, 57]) {
      for (const manner of manners) {
        const owner = { scheme, slotCount, payloadBytes, manner }
        const trace = frozen(owner, 0).scenario.ownerTrace()
        for (let stores = trace.formatEnd; stores <= trace.closeStart; stores += 1) {
          const { read } = frozen(owner, stores)
          const published = trace.publications.findLast(({ end }) => end <= stores)
          expect(read).toMatchObject({ end: 'verdict', verdict: Verdict.Done })
          expect(read.version).toBe(published?.version)
        }
        expect(frozen(owner, trace.end).read).toMatchObject({ verdict: Verdict.Closed })
      }
    }
  })

  test('among the stores of formatting: memory that is not formatted yet never verifies', () => {
    const owner = { scheme, slotCount: 3, payloadBytes: 57, manner: plainCopy }
    const { formatEnd } = frozen(owner, 0).scenario.ownerTrace()
    for (let stores = 0; stores < formatEnd; stores += 1) {
      const { read } = frozen(owner, stores)
      expect(read).toMatchObject({ end: 'exhausted', evidence: Evidence.WriterActive, version: 0 })
    }
  })
})

const read = { kind: 'read' } as const
const rings = [2, 3, 4] as const
const presets = ['sharedMemory', 'rxe', 'nicX86', 'minimal'] as const

describe.each(presets)('under %s, in every schedule', (model) => {
  function explored(scheme: SlotsStrategyName, slotCount: number, count: number): Set<string> {
    const ends = new Set<string>()
    const world: SlotsWorld = {
      scheme,
      model,
      slotCount,
      payloadBytes: 8,
      ownerSteps: publications(count),
      // The second read begins with a guess. Where copies may descend, one read has schedules enough.
      readers: [model === 'rxe' || slotCount > 3 ? [read] : [read, read]],
      attemptsMax: 1,
    }
    const observe = ({ reads }: RunOutcome): void => {
      for (const { end, evidence } of reads) ends.add(`${end} ${evidence}`)
    }
    const exploration = exploreSlots(world, { strategy: 'exhaustive' }, { observe })
    expect(exploration.counterexample, describeExploration(world, exploration)).toBeUndefined()
    expect(exploration.complete).toBe(true)
    return ends
  }

  const done = `verdict ${Evidence.None}`

  test.each(rings)(
    '%i slots, fenced: N - 2 publications fail no attempt, N - 1 do',
    (slotCount) => {
      expect([...explored('fenced', slotCount, slotCount - 2)]).toEqual([done])
      const more = explored('fenced', slotCount, slotCount - 1)
      expect([...more].toSorted()).toEqual([`exhausted ${Evidence.Lapped}`, done])
    },
  )

  test.each(rings)('%i slots, hash: N - 1 publications fail no attempt, N do', (slotCount) => {
    // One more than `fenced`, because nothing but the slot's own bytes decides: they stay what they
    // are until the N-th publication begins to store over them.
    expect([...explored('hash', slotCount, slotCount - 1)]).toEqual([done])
    expect(explored('hash', slotCount, slotCount).size).toBeGreaterThan(1)
  })
})
