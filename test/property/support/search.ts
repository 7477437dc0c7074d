// Searching for a violation, and asserting that there is none.
import fc from 'fast-check'
import { expect } from 'vitest'
import type { MemoryKernels, SeqlockScheme } from '../../../src/protocols/index.ts'
import { ChoiceTape } from './choice-tape.ts'
import type { SamplingModel } from './sampling-model.ts'
import {
  type ReadPlan,
  type RunStatistics,
  Violation,
  newStatistics,
  runReads,
} from './seqlock-run.ts'
import { type OwnerStep, type Trace, recordTrace } from './trace.ts'
import { tapes } from './arbitraries.ts'

export interface SearchOptions {
  readonly scheme: SeqlockScheme
  readonly kernels: MemoryKernels
  readonly model: SamplingModel
  readonly payloadBytes: number
  readonly firstVersion: number
  /** Owner's steps; or one trace for all runs, where recording it anew would be too slow. */
  readonly steps: fc.Arbitrary<readonly OwnerStep[]> | Trace
  readonly payloadOf?: (payloadBytes: number, count: number) => Uint8Array
  readonly plans: fc.Arbitrary<readonly ReadPlan[]>
  readonly runs: number
  /** Publications that the longest move of the owner spans. */
  readonly jump?: number
  readonly quiescent?: boolean
  readonly blank?: boolean
}

export interface SearchResult {
  readonly violation: Violation | undefined
  /** Runs until it was found, or all. */
  readonly runs: number
  readonly statistics: RunStatistics
}

/** Looks for a violation; the seed is fast-check's global one, which UNTORN_SEED sets. */
export function search(options: SearchOptions): SearchResult {
  const { scheme, kernels, model, steps, plans, runs, payloadOf } = options
  const { payloadBytes, firstVersion, jump, quiescent = false, blank = false } = options
  const statistics = newStatistics()
  const recorded = 'memory' in steps ? steps : undefined
  const program = 'memory' in steps ? fc.constant<readonly OwnerStep[]>([]) : steps
  const property = fc.property(program, plans, tapes, (owner, reads, choices) => {
    const trace =
      recorded ??
      recordTrace({
        scheme,
        kernels,
        payloadBytes,
        firstVersion,
        steps: owner,
        ...(payloadOf === undefined ? {} : { payloadOf }),
      })
    const tape = new ChoiceTape(choices)
    runReads(
      {
        scheme,
        kernels,
        model,
        trace,
        tape,
        plans: reads,
        quiescent,
        blank,
        ...(jump === undefined ? {} : { jump }),
      },
      statistics,
    )
  })
  const result = fc.check(property, { numRuns: runs, endOnFailure: true })
  const cause: unknown = result.errorInstance
  if (result.failed && !(cause instanceof Violation)) throw cause
  return {
    violation: result.failed ? (cause as Violation) : undefined,
    runs: result.numRuns,
    statistics,
  }
}

/** Asserts that a violation is found, and returns its kind. */
export function caught(options: SearchOptions): string {
  const { violation } = search(options)
  expect(violation, `nothing found in ${options.runs} runs`).toBeDefined()
  return (violation as Violation).kind
}

/** Asserts that none is found, in runs that could have found one. */
export function notCaught(options: SearchOptions): void {
  const { violation, statistics } = search(options)
  if (violation !== undefined) throw violation
  expect(statistics.snapshots).toBeGreaterThan(0)
  if (options.quiescent !== true) expect(statistics.overlaps).toBeGreaterThan(options.runs / 4)
}
