// Goal: every sound seqlock strategy, under every sampling model it claims, returns only whole
// snapshots under their own version, never older than the last publication before the read began,
// never going backwards. Method: recorded owner traces drained between the samples of READs as a
// choice tape says; payloads certify themselves. A strategy outside its claims must be refuted.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadHash, portableKernels, seqlockStrategies } from '../../src/protocols/index.ts'
import type { SeqlockStrategyName } from '../../src/protocols/index.ts'
import { allPlans, allSteps, tapes, wholeReads, writesOnly } from './support/arbitraries.ts'
import { ChoiceTape } from './support/choice-tape.ts'
import { plainCopy } from './support/recorded-memory.ts'
import { type SamplingModel, presetNames, presets, wholeLines } from './support/sampling-model.ts'
import { type SearchOptions, caught } from './support/search.ts'
import { newStatistics, runReads } from './support/seqlock-run.ts'
import { recordTrace } from './support/trace.ts'

const RUNS = 600
const RUNS_TO_REFUTE = 20_000

const kernels = portableKernels(await loadHash())
const names = Object.keys(seqlockStrategies) as SeqlockStrategyName[]
/** Versions just below a carry into the next byte, half and tag wrap, and the first one. */
const firstVersions = fc.constantFrom(2, 0xfc, 0xfffa, 2 ** 32 - 4, 2 ** 33 - 4)
const payloadSizes = fc.constantFrom(1, 7, 8, 9, 33, 56, 57, 120)

function holds(name: SeqlockStrategyName, model: SamplingModel): void {
  const scheme = seqlockStrategies[name]
  const statistics = newStatistics()
  const property = fc.property(
    payloadSizes,
    firstVersions,
    allSteps,
    fc.boolean(),
    allPlans,
    tapes,
    (payloadBytes, firstVersion, steps, close, plans, choices) => {
      const trace = recordTrace({ scheme, kernels, payloadBytes, firstVersion, steps, close })
      const tape = new ChoiceTape(choices)
      runReads({ scheme, kernels, model, trace, tape, plans }, statistics)
    },
  )
  fc.assert(property, { numRuns: RUNS })
  // A suite whose READs never met a write would pass for any protocol.
  expect(statistics.overlaps).toBeGreaterThan(RUNS / 4)
  expect(statistics.snapshots).toBeGreaterThan(RUNS)
  expect(statistics.unchanged).toBeGreaterThan(0)
  expect(statistics.closed).toBeGreaterThan(0)
  expect(statistics.retries).toBeGreaterThan(0)
}

/**
 * What is needed to refute a strategy. Words and lines fall to any write. `fenced` on a granule of
 * 1 byte needs a carry: the low byte of the first version sampled at 0xfe, its next byte after a
 * write, 127 more writes during the payload, and the last version is 0x1fe as well.
 */
function refutation(name: SeqlockStrategyName): Omit<SearchOptions, 'model' | 'runs'> {
  const scheme = seqlockStrategies[name]
  const base = { scheme, kernels, plans: wholeReads, payloadBytes: 24, firstVersion: 2 }
  if (name !== 'fenced') return { ...base, steps: writesOnly }
  const world = { ...base, payloadBytes: 8, firstVersion: 0xfe }
  const steps = Array.from({ length: 140 }, () => ({ kind: 'write' as const, manner: plainCopy }))
  return { ...world, steps: recordTrace({ ...world, steps }), jump: 127 }
}

describe.each(names)('%s', (name) => {
  const granule = seqlockStrategies[name].needs.atomicGranuleBytes
  for (const preset of presetNames) {
    const model = presets[preset]
    if (model.granuleBytes >= granule) {
      test(`is sound under ${preset}`, () => holds(name, model))
    } else {
      test(`is refuted under ${preset}, whose granule is too small`, () => {
        const kind = caught({ ...refutation(name), model, runs: RUNS_TO_REFUTE })
        expect(['torn', 'mislabelled']).toContain(kind)
      })
    }
  }
  if (granule === 64) test('is sound on whole lines', () => holds(name, wholeLines))
})
