// Goal: at whatever step an owner dies, for ever or to be started again, nobody gets torn bytes, nobody
// takes bytes of one generation for another's, all reads end typed; and then a user opens the region
// that there is and reads, in one attempt, what the next owner has published.
//
// Method: one table of protocol × what the owner dies in × what becomes of it × preset. A crash is a step
// like any other, so exhaustive exploration kills the owner at each; how many schedules that takes is
// checked in, and test/deep has those that take long. Larger worlds, with an owner that dies twice, are
// sampled. Rewrite the file with UNTORN_UPDATE=1, and say why it changed.
//
// The rest of the matrix: the seqlock's owner in seqlock-faults.test.ts; owner, pinned readers and remote
// writers of a cell in cell-crashes.test.ts; holders of a lock in lock-exhaustive.test.ts.
import fs from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { explore } from '../../src/simulation/explore.ts'
import type { ProtocolUnderTest } from '../../src/simulation/protocol/protocol-under-test.ts'
import type { RunOutcome } from '../../src/simulation/protocol/read-outcome.ts'
import {
  type CrashWorld,
  type Fate,
  countedCrashes,
  countedKeys,
  crashScenario,
  crashWorld,
  describeExploration,
  expectedFile,
  exploreCounting,
  presetsOf,
  seed,
  subjectNames,
  subjects,
} from './support/crash-worlds.ts'
import { tellSchedules } from './support/tell-schedules.ts'

const updates = process.env['UNTORN_UPDATE'] === '1'
const explored: Record<string, string> = {}
/** Schedules of a larger world, for each strategy of sampling them. */
const SCHEDULES = 60

afterAll(() => {
  tellSchedules('crash matrix', explored)
  if (!updates) return
  const rows = countedCrashes.map(({ key, expected }) => [key, explored[key] ?? expected])
  fs.writeFileSync(expectedFile, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`)
})

describe('every schedule', () => {
  const quick = countedCrashes.filter((each) => updates || each.quick)
  test.each(quick)('$key', { timeout: 60_000 }, ({ key, world, expected }) => {
    const { exploration, text } = exploreCounting(world)
    expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
    expect(exploration.complete).toBe(true)
    expect(exploration.coverage.faults).toBeGreaterThan(0)
    explored[key] = text
    if (!updates) expect(text).toBe(expected)
  })

  test('no number is checked in that is not checked', () => {
    if (!updates) expect(countedKeys).toEqual(countedCrashes.map(({ key }) => key))
  })
})

const cases = subjectNames.flatMap((subject) =>
  presetsOf(subject).map((model) => [subject, model] as const),
)

describe.each(['mixed', 'pct'] as const)('larger worlds, %s schedules', (strategy) => {
  test.each(cases)('%s under %s', (subject, model) => {
    const read = { kind: 'read' } as const
    const part = { kind: 'part', from: 30, length: 30 } as const
    const reads = [read, { kind: 'if-changed' } as const, part, read]
    const world: CrashWorld = {
      subject,
      model,
      payloadBytes: 41,
      ownerSteps: [
        { kind: 'publish' },
        { kind: 'part', from: 10, length: 40 },
        { kind: 'abort', from: 0, length: 20 },
        { kind: 'update', manner: { unitBytes: 1, order: 'descending' } },
      ],
      close: true,
      readers: [reads, [read, read]],
      successors: [reads, [read]],
      faults: { crashes: 2, restarts: 1, timeOuts: 1 },
      restartsInPlace: subjects[subject].inPlace,
      recovers: true,
    }
    const options = { strategy, seed, schedulesMax: SCHEDULES }
    const exploration = explore(crashScenario(world), options)
    expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
    // One death and one restart at least, or nobody of the next generation would have read.
    expect(exploration.coverage.faults).toBeGreaterThanOrEqual(2 * SCHEDULES)
  })
})

/** How reads end, of which generation. */
function endsOf(world: CrashWorld): readonly string[] {
  const ends = new Set<string>()
  const observe = ({ reads }: RunOutcome): void => {
    for (const { end, incarnation } of reads) ends.add(`${end} of ${incarnation}`)
  }
  explore(crashScenario(world, { observe }), { strategy: 'exhaustive' })
  return [...ends].toSorted()
}

describe.each(subjectNames)('%s: reads end typed', (subject) => {
  const ends = (fate: Fate) => endsOf(crashWorld(subject, fate, 'publish', 'nicX86'))

  test('beside an owner that is dead for ever', () => {
    // An attempt fails beside the last publication, or finds that the dead owner has the lock.
    const mayFail = subject === 'slots hash' ? [] : ['exhausted of 0']
    expect(ends('for ever')).toEqual([...mayFail, 'verdict of 0'])
  })

  test('of the generation before, and of the one after', () => {
    const before = ends('restarts, a reader of before')
    expect(before).toEqual(expect.arrayContaining(['verdict of 0', 'verdict of 1']))
    const { inPlace } = subjects[subject]
    expect(before).toContain(inPlace ? 'exhausted of 0' : 'transport of 0')
    expect(before.includes('transport of 0')).toBe(!inPlace)
    expect(ends('restarts, a reader of after')).toContain('verdict of 1')
  })
})

describe('it would be noticed', () => {
  /** The next generation has the keys of the one before. */
  const sameKeys = (right: ProtocolUnderTest): ProtocolUnderTest => ({
    ...right,
    createOwner: (memory) => right.createOwner(memory, 0),
    createReader: () => right.createReader(0),
  })

  const kindOf = (
    world: CrashWorld,
    change?: (right: ProtocolUnderTest) => ProtocolUnderTest,
  ): string | undefined => {
    const scenario = crashScenario(world, {}, change)
    return explore(scenario, { strategy: 'exhaustive' }).counterexample?.violation.kind
  }

  const inPlace = subjectNames.filter((name) => subjects[name].inPlace)

  test.each(inPlace)('%s: if the generation were not in the keys', (subject) => {
    for (const fate of ['restarts, a reader of before', 'restarts, a reader of after'] as const) {
      const world = crashWorld(subject, fate, 'publish', 'nicX86')
      expect(kindOf(world)).toBeUndefined()
      expect([fate, kindOf(world, sameKeys)]).toEqual([fate, 'torn'])
    }
  })

  test.each(inPlace)('%s: if a reader went on with the keys of before', (subject) => {
    const world = crashWorld(subject, 'restarts, a reader of before', 'publish', 'nicX86')
    const stale = (right: ProtocolUnderTest): ProtocolUnderTest => ({
      ...right,
      createReader: () => right.createReader(0),
    })
    expect(kindOf(world, stale)).toBe('stuck')
  })

  test('locked fenced: if the next generation had the same memory', () => {
    const world = crashWorld('locked fenced', 'restarts, a reader of before', 'publish', 'nicX86')
    expect(kindOf(world)).toBeUndefined()
    expect(kindOf({ ...world, restartsInPlace: true })).toBe('torn')
  })

  test('if nobody came back whom successors wait for', () => {
    const world = crashWorld('slots fenced', 'restarts, a reader of after', 'publish', 'rxe')
    expect(() => crashScenario({ ...world, faults: { crashes: 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })
})
