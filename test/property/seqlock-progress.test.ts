// Goal: a reader always ends. Method: the owner is frozen (a crash: the rest of its stores never
// becomes visible) after every single store of a program that uses all of its calls, and a reader
// alone must end within its bound: with a snapshot, with Closed, or with evidence of the kind that
// names the situation. Exhaustive over the freeze points, not sampled.
import { describe, expect, test } from 'vitest'
import {
  Evidence,
  type SeqlockStrategyName,
  Verdict,
  loadHash,
  portableKernels,
  seqlockStrategies,
} from '../../src/protocols/index.ts'
import { ChoiceTape } from './support/choice-tape.ts'
import { type CopyManner, plainCopy } from './support/recorded-memory.ts'
import { presets } from './support/sampling-model.ts'
import { readFrozen } from './support/seqlock-run.ts'
import { type OwnerStep, type Trace, recordTrace } from './support/trace.ts'

const kernels = portableKernels(await loadHash())
const names = Object.keys(seqlockStrategies) as SeqlockStrategyName[]
const manners: readonly CopyManner[] = [
  plainCopy,
  { unitBytes: 1, order: 'descending' },
  { unitBytes: 8, order: 'evens-first' },
]

function program(manner: CopyManner): readonly OwnerStep[] {
  return [
    { kind: 'write', manner },
    { kind: 'part', manner, from: 20, length: 20 },
    { kind: 'abort', manner, from: 10, length: 50 },
    { kind: 'update', manner },
  ]
}

function traceOf(name: SeqlockStrategyName, payloadBytes: number, manner: CopyManner): Trace {
  const scheme = seqlockStrategies[name]
  const steps = program(manner)
  return recordTrace({ scheme, kernels, payloadBytes, firstVersion: 2, steps, close: true })
}

function frozen(name: SeqlockStrategyName, trace: Trace, stores: number) {
  const scheme = seqlockStrategies[name]
  const options = { scheme, kernels, model: presets.minimal, trace, plans: [], blank: true }
  return readFrozen({ ...options, tape: new ChoiceTape([]) }, stores, 4)
}

describe.each(names)('%s, owner frozen', (name) => {
  test.each([1, 8, 57, 120])('after any store, %i bytes', (payloadBytes) => {
    for (const manner of manners) {
      const trace = traceOf(name, payloadBytes, manner)
      const kinds = new Set<string>()
      for (let stores = 0; stores <= trace.closeStart; stores += 1) {
        const { verdict, machine } = frozen(name, trace, stores)
        const published = trace.publishEnds.lastIndexOf(stores)
        if (published >= 0) {
          expect(verdict).toBe(Verdict.Done)
          expect(machine.version).toBe(trace.publishVersions[published])
        }
        if (verdict === Verdict.Done) continue
        expect(verdict).toBe(Verdict.Retry)
        if (machine.evidence === Evidence.WriterActive) {
          // An odd mark, or the 0 of a region whose formatting never came so far.
          expect(machine.version === 0 || machine.version % 2 === 1).toBe(true)
          if (stores >= trace.formatEnd) kinds.add('active')
        } else {
          expect(machine.evidence).toBe(Evidence.Torn)
          if (stores >= trace.formatEnd) kinds.add('torn')
        }
      }
      // `words` has no odd phase: a writer who died among its stores leaves words of two writes.
      expect([...kinds]).toEqual([name === 'words' ? 'torn' : 'active'])
    }
  })

  test('among the stores of the terminal mark', () => {
    const trace = traceOf(name, 120, plainCopy)
    const stores = trace.memory.offsets.length
    expect(stores).toBeGreaterThan(trace.closeStart)
    for (let at = trace.closeStart + 1; at <= stores; at += 1) {
      expect(frozen(name, trace, at).verdict).toBe(Verdict.Closed)
    }
  })
})

describe.each(names)('%s, memory never formatted', (name) => {
  test('never verifies', () => {
    const { verdict, machine } = frozen(name, traceOf(name, 57, plainCopy), 0)
    expect(verdict).toBe(Verdict.Retry)
    expect(machine.evidence).toBe(Evidence.WriterActive)
    expect(machine.version).toBe(0)
  })
})
