// Goal: versioned slots hold far beyond the worlds that can be explored as a whole: rings of up to
// five slots, several readers, history, loans, large versions, faults, freely combined models.
// Method: fast-check makes worlds and tapes, explorations sample schedules; seeds are this run's.
// What must be seen for a pass to mean something is counted. And the judge itself has its negatives.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type OperationSink,
  type ReadRequest,
  type SlotsReaderMachine,
  Verdict,
  type VerdictCode,
  slotsStrategies,
} from '../../src/protocols/index.ts'
import { FencedSlotsReader } from '../../src/protocols/slots/reader-fenced.ts'
import { explore } from '../../src/simulation/explore.ts'
import type { FaultPlan } from '../../src/simulation/protocol/fault-program.ts'
import { ProtocolScenario } from '../../src/simulation/protocol/protocol-scenario.ts'
import type { RunOutcome } from '../../src/simulation/protocol/read-outcome.ts'
import { slotsProtocol } from '../../src/simulation/protocol/slots-protocol.ts'
import { TapeOracle } from '../../src/simulation/tape-oracle.ts'
import { slotsWorlds, tapes } from './support/slots-arbitraries.ts'
import {
  type SlotsWorld,
  describeExploration,
  exploreSlots,
  kernels,
  publications,
  seed,
  slotsScenario,
  strategyNames,
} from './support/slots-world.ts'

const WORLDS = 40
const SCHEDULES = 60
const RUNS = 400

const read = { kind: 'read' } as const

describe.each(strategyNames)('%s', (scheme) => {
  test.each([false, true])('in arbitrary worlds and models, with faults: %s', (faults) => {
    let holds = 0
    let retried = 0
    let broken = 0
    for (const world of fc.sample(slotsWorlds(scheme, faults), { seed, numRuns: WORLDS })) {
      const exploration = exploreSlots(world, { seed, schedulesMax: SCHEDULES })
      const { verdict, coverage } = exploration
      expect(verdict, describeExploration(world, exploration)).not.toBe('violated')
      if (verdict === 'holds') holds += 1
      if (coverage.retries > 0) retried += 1
      broken += coverage.faults
    }
    expect(holds).toBeGreaterThan(WORLDS * 0.7)
    expect(retried).toBeGreaterThan(WORLDS / 10)
    if (faults) expect(broken).toBeGreaterThan(WORLDS)
  })

  test('by arbitrary tapes', () => {
    const verdicts = new Map<number, number>()
    const observe = ({ reads }: RunOutcome): void => {
      for (const { end, verdict } of reads) {
        if (end === 'verdict') verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
      }
    }
    const property = fc.property(slotsWorlds(scheme, false), tapes, (world, choices) => {
      const scenario = slotsScenario(world, { observe })
      expect(scenario.run(new TapeOracle(choices)).violation).toBeNull()
    })
    fc.assert(property, { numRuns: RUNS })
    for (const verdict of [Verdict.Done, Verdict.Unchanged, Verdict.Closed, Verdict.Lapped]) {
      expect(verdicts.get(verdict), `verdict ${verdict}`).toBeGreaterThan(0)
    }
  })
})

interface OneFault {
  readonly faults: Partial<FaultPlan>
  readonly ends: readonly string[]
}

const single: Readonly<Record<string, OneFault>> = {
  'the owner dies': { faults: { crashes: 1 }, ends: ['verdict of 0'] },
  'the owner dies and comes back': {
    faults: { crashes: 1, restarts: 1 },
    ends: ['transport of 0', 'verdict of 0', 'verdict of 1'],
  },
  'a queue pair fails': {
    faults: { queuePairErrors: 1 },
    ends: ['transport of 0', 'verdict of 0'],
  },
  'a read is given up, its operations complete late': {
    faults: { timeOuts: 1 },
    ends: ['timed out of 0', 'verdict of 0'],
  },
}

describe.each(strategyNames)('%s, one fault at any step', (scheme) => {
  test.each(Object.entries(single))('%s', (_, { faults, ends }) => {
    for (const model of ['nicX86', 'minimal'] as const) {
      const met = new Set<string>()
      const world: SlotsWorld = {
        scheme,
        model,
        slotCount: 3,
        payloadBytes: 1,
        ownerSteps: publications(1),
        readers: [[read, read]],
        attemptsMax: 1,
        faults,
        recovers: true,
      }
      const observe = ({ reads }: RunOutcome): void => {
        for (const { end, incarnation } of reads) met.add(`${end} of ${incarnation}`)
      }
      const exploration = exploreSlots(world, { strategy: 'exhaustive' }, { observe })
      expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
      expect(exploration.complete).toBe(true)
      // One publication of three slots: no attempt ever fails, whatever else breaks.
      expect([...met].toSorted()).toEqual([...ends])
    }
  })
})

/** Says too early that a version is gone. */
class EarlyLapped extends FencedSlotsReader {
  protected override lapped(version: number, present: number): number {
    return super.lapped(version, present) + 1
  }
}

/** Reads the version before the one that is wanted. */
class OffByOne extends FencedSlotsReader {
  override start(request: ReadRequest & { readonly wantedVersion?: number }): void {
    super.start({ ...request, wantedVersion: (request.wantedVersion ?? 0) - 1 })
  }
}

/** Says that nothing is there yet. */
class NeverThere extends FencedSlotsReader {
  override resume(_sink: OperationSink): VerdictCode {
    return this.unchanged(1)
  }
}

/** The reader that it is, one of whose reads is of a version that nobody wants. */
class UnwantedLapped extends FencedSlotsReader {
  override resume(_sink: OperationSink): VerdictCode {
    this.missed = 1
    return Verdict.Lapped
  }
}

describe('a reader is seen to be wrong', () => {
  test.each([
    ['lapped', 2, EarlyLapped],
    ['mislabelled', 3, OffByOne],
    ['stale', 2, NeverThere],
    ['lapped', 0, UnwantedLapped],
  ] as const)('%s, who wants version %i', (kind, version, Reader) => {
    const right = slotsProtocol(slotsStrategies.fenced, kernels, { payloadBytes: 8, slotCount: 3 })
    const shape = {
      payloadBytes: 8,
      slotCount: 3,
      generation: 0x7_1234_5678,
      hashKey: 0xfeed_beef_1234_5679n,
    }
    const wrong = {
      ...right,
      createReader: (): SlotsReaderMachine => new Reader(shape, kernels),
    }
    const scenario = new ProtocolScenario(wrong, {
      model: 'minimal',
      ownerSteps: publications(2),
      readers: [[{ kind: 'version', version }]],
    })
    const exploration = explore(scenario, { strategy: 'exhaustive' })
    expect(exploration.counterexample?.violation.kind).toBe(kind)
  })
})
