// Goal: every negative control is caught under every preset it is said to be caught under, and
// under no other; where nothing overlaps, all of them work. The table in controls.ts is thereby
// computed, not believed. Method: as for the sound strategies, with the workload that the control's
// flaw needs. A control that passes means that the sampler has lost its teeth.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type SeqlockControl,
  type SeqlockControlName,
  loadHash,
  negativeControls,
  portableKernels,
} from '../../src/protocols/index.ts'
import { abortSteps, wholeAndLast, wholeReads, writesOnly } from './support/arbitraries.ts'
import { ChoiceTape } from './support/choice-tape.ts'
import { plainCopy } from './support/recorded-memory.ts'
import { ascendingOnce, presetNames, presets } from './support/sampling-model.ts'
import { type SearchOptions, caught, notCaught } from './support/search.ts'
import { Violation, newStatistics, runReads } from './support/seqlock-run.ts'
import { recordTrace, swappedPayload } from './support/trace.ts'

const RUNS = 200
const RUNS_QUIET = 30
const RUNS_TO_CATCH = 6000
/** A naive READ of two payload words takes four samples. */
const CANARY_CHOICES_MAX = 4

const kernels = portableKernels(await loadHash())
const controls = Object.values(negativeControls)
const mislabelling: readonly SeqlockControlName[] = ['header-kept', 'unversioned-hash']
const legalAscending: readonly SeqlockControlName[] = [
  'version-with-data',
  'version-then-data',
  'both-ends',
  'unversioned-hash',
]

/** Where many granules would hide the few that matter. */
const smallInBytes: Partial<Record<SeqlockControlName, number>> = {
  'unversioned-hash': 8,
  'additive-checksum': 32,
}

type World = Omit<SearchOptions, 'model' | 'runs'>

/** Owner, payloads and reads that give a control the chance to go wrong. */
function worldOf(control: SeqlockControl): World {
  const base = { scheme: control, kernels, firstVersion: 2, plans: wholeReads }
  switch (control.workload) {
    case 'aborts':
      return { ...base, payloadBytes: 120, steps: abortSteps }
    case 'swaps':
      return { ...base, payloadBytes: 176, steps: writesOnly, payloadOf: swappedPayload }
    case 'zero-page':
      return { ...base, payloadBytes: 24, steps: writesOnly, blank: true }
    case 'wraps':
      return { ...base, ...wrapping(control) }
    case 'writes':
      return { ...base, payloadBytes: 120, steps: writesOnly }
  }
}

/** One more write than the tags can count, and moves of the owner of exactly one wrap. */
function wrapping(control: SeqlockControl): Omit<World, 'scheme' | 'kernels' | 'firstVersion'> {
  const jump = 2 ** Number(control.name.slice('tags-'.length))
  const payloadBytes = 8
  const steps = Array.from({ length: jump + 2 }, () => ({
    kind: 'write' as const,
    manner: plainCopy,
  }))
  const trace = recordTrace({ scheme: control, kernels, payloadBytes, firstVersion: 2, steps })
  return { payloadBytes, steps: trace, jump, plans: wholeAndLast }
}

describe.each(controls)('$name', (control) => {
  const world = worldOf(control)
  const payloadBytes = smallInBytes[control.name] ?? world.payloadBytes
  for (const preset of presetNames) {
    const model = presets[preset]
    if (control.caughtUnder.includes(preset)) {
      test(`is caught under ${preset}`, () => {
        // Byte by byte, a large payload leaves too little chance to the one byte that matters.
        const sized = preset === 'bytes' ? { ...world, payloadBytes } : world
        const kind = caught({ ...sized, model, runs: RUNS_TO_CATCH })
        if (mislabelling.includes(control.name)) expect(kind).toBe('mislabelled')
        else expect(['torn', 'mislabelled']).toContain(kind)
      })
    } else {
      test(`is right under ${preset}`, () => {
        notCaught({ ...world, model, runs: RUNS })
      })
    }
  }
  if (control.workload !== 'zero-page') {
    test('works where no READ meets a write', () => {
      const short = { ...world, steps: control.workload === 'wraps' ? writesOnly : world.steps }
      notCaught({ ...short, model: presets.minimal, runs: RUNS_QUIET, quiescent: true })
    })
  }
  if (legalAscending.includes(control.name)) {
    test('is right where READs ascend and are never repeated', () => {
      notCaught({ ...world, model: ascendingOnce, runs: RUNS })
    })
  }
  if (control.workload === 'wraps') {
    test('is right where fewer writes than the tags can count fall into a READ', () => {
      const few = { ...world, steps: writesOnly, jump: 2 }
      notCaught({ ...few, model: presets.minimal, runs: RUNS })
    })
  }
})

test('every control is caught somewhere, and by name in the table', () => {
  for (const control of controls) {
    expect(control.caughtUnder.length).toBeGreaterThan(0)
    expect(negativeControls[control.name]).toBe(control)
  }
  expect(controls.filter((control) => control.bench).map((control) => control.name)).toEqual([
    'naive',
    'version-with-data',
    'data-then-version',
    'both-ends',
    'unfenced',
  ])
})

test('canary: the smallest schedule that tears a naive read is found', () => {
  // The harness itself: one write of two words, one naive READ. The smallest schedule makes two
  // stores visible, the odd mark and the first word; shrinking has to leave nothing else.
  const scheme = negativeControls.naive
  const steps = [{ kind: 'write' as const, manner: plainCopy }]
  const trace = recordTrace({ scheme, kernels, payloadBytes: 16, firstVersion: 2, steps })
  const property = fc.property(
    fc.array(fc.nat({ max: 7 }), { maxLength: 40, size: 'max' }),
    (choices) => {
      const options = { scheme, kernels, model: ascendingOnce, trace }
      const plans = [{ kind: 'read' as const, from: 0, length: 0 }]
      try {
        runReads({ ...options, tape: new ChoiceTape(choices), plans }, newStatistics())
      } catch (error) {
        return !(error instanceof Violation && error.kind === 'torn')
      }
      return true
    },
  )
  const result = fc.check(property, { numRuns: 200 })
  expect(result.failed).toBe(true)
  const choices = (result.counterexample as [number[]])[0]
  expect(choices.length).toBeLessThanOrEqual(CANARY_CHOICES_MAX)
  expect(choices.filter((choice) => choice !== 0).length).toBeLessThanOrEqual(2)
})
