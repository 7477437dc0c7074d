// Goal: a reader always ends. Method: the owner is frozen (a crash: the rest of its stores never
// becomes visible) after every single store of a program that uses all of its calls, and a reader
// alone must end within its bound: with a snapshot, with Closed, or with evidence of the kind that
// names the situation. Exhaustive over the freeze points, not sampled. What happens when the owner
// dies during a read is explored in seqlock-faults.test.ts.
import { describe, expect, test } from 'vitest'
import { Evidence, type SeqlockStrategyName, Verdict } from '../../src/protocols/index.ts'
import type { OwnerStep } from '../../src/simulation/protocol/owner-trace.ts'
import type { ProtocolScenario } from '../../src/simulation/protocol/protocol-scenario.ts'
import type { ReadOutcome, RunOutcome } from '../../src/simulation/protocol/read-outcome.ts'
import { type CopyManner, plainCopy } from '../../src/simulation/recording-memory.ts'
import { benignOracle } from '../../src/simulation/world.ts'
import { seqlockScenario, strategyNames } from './support/seqlock-world.ts'

const ATTEMPTS_MAX = 4
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

/** What a reader alone comes to when the owner has stopped for ever after so many stores. */
function frozen(
  scheme: SeqlockStrategyName,
  payloadBytes: number,
  manner: CopyManner,
  frozenAfter: number,
): { readonly scenario: ProtocolScenario; readonly read: ReadOutcome } {
  const reads: ReadOutcome[] = []
  const scenario = seqlockScenario(
    {
      scheme,
      payloadBytes,
      model: 'minimal',
      ownerSteps: program(manner),
      close: true,
      blank: true,
      attemptsMax: ATTEMPTS_MAX,
      frozenAfter,
    },
    { observe: (outcome: RunOutcome) => void reads.push(...outcome.reads) },
  )
  // What nobody changes is sampled the same in any order: one schedule is all.
  const { violation } = scenario.run(benignOracle)
  expect(violation).toBeNull()
  expect(reads).toHaveLength(1)
  return { scenario, read: reads[0] as ReadOutcome }
}

describe.each(strategyNames)('%s, owner frozen', (scheme) => {
  test.each([1, 8, 57, 120])('after any store, %i bytes', (payloadBytes) => {
    for (const manner of manners) {
      const trace = frozen(scheme, payloadBytes, manner, 0).scenario.ownerTrace()
      const kinds = new Set<string>()
      for (let stores = 0; stores <= trace.closeStart; stores += 1) {
        const { read } = frozen(scheme, payloadBytes, manner, stores)
        const published = trace.publications.findLast(({ end }) => end === stores)
        if (published !== undefined) {
          expect(read).toMatchObject({ end: 'verdict', verdict: Verdict.Done })
          expect(read.version).toBe(published.version)
        }
        if (read.end === 'verdict') {
          expect(read.verdict).toBe(Verdict.Done)
          continue
        }
        expect(read).toMatchObject({ end: 'exhausted', attempts: ATTEMPTS_MAX })
        if (read.evidence === Evidence.WriterActive) {
          // An odd mark, or the 0 of a region whose formatting never came so far.
          expect(read.version === 0 || read.version % 2 === 1).toBe(true)
          if (stores >= trace.formatEnd) kinds.add('active')
        } else {
          expect(read.evidence).toBe(Evidence.Torn)
          if (stores >= trace.formatEnd) kinds.add('torn')
        }
      }
      // `words` has no odd phase: a writer who died among its stores leaves words of two writes.
      expect([...kinds]).toEqual([scheme === 'words' ? 'torn' : 'active'])
    }
  })

  test('among the stores of the terminal mark', () => {
    const trace = frozen(scheme, 120, plainCopy, 0).scenario.ownerTrace()
    expect(trace.end).toBeGreaterThan(trace.closeStart)
    for (let stores = trace.closeStart + 1; stores <= trace.end; stores += 1) {
      const { read } = frozen(scheme, 120, plainCopy, stores)
      expect(read).toMatchObject({ end: 'verdict', verdict: Verdict.Closed })
    }
  })

  test('before the first store: memory never formatted does not verify', () => {
    const { read } = frozen(scheme, 57, plainCopy, 0)
    expect(read).toMatchObject({ end: 'exhausted', evidence: Evidence.WriterActive, version: 0 })
  })
})
