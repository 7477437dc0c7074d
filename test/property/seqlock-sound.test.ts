// Goal: every sound seqlock strategy, under every sampling model it claims, returns only whole
// snapshots under their own version, never older than the last publication before the read began,
// never going backwards, and Closed exactly when that is so; once all is quiet, the last version in
// one attempt. Method: arbitrary worlds (owners that publish, update, write parts, abort and close;
// up to three readers of whole payloads, of parts, of changes), each under random schedules; and
// worlds and schedules both from fast-check, which shrinks what fails. Small worlds are explored
// exhaustively in seqlock-exhaustive.test.ts.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SeqlockStrategyName, Verdict, seqlockStrategies } from '../../src/protocols/index.ts'
import { explore } from '../../src/simulation/explore.ts'
import { ProtocolScenario } from '../../src/simulation/protocol/protocol-scenario.ts'
import type { RunOutcome } from '../../src/simulation/protocol/read-outcome.ts'
import { seqlockProtocol } from '../../src/simulation/protocol/seqlock-protocol.ts'
import type { SamplingChoice } from '../../src/simulation/sampling-model.ts'
import { newCoverage } from '../../src/simulation/scenario.ts'
import { TapeOracle } from '../../src/simulation/tape-oracle.ts'
import { anyWorld, tapes, worldsOf } from './support/seqlock-arbitraries.ts'
import {
  describeExploration,
  exploreWorld,
  kernels,
  seed,
  seqlockScenario,
  soundPairs,
} from './support/seqlock-world.ts'

const WORLDS = 30
const SCHEDULES = 100
const RUNS = 500

function holdsInMany(scheme: SeqlockStrategyName, model: SamplingChoice): void {
  const verdicts = { holds: 0, unknown: 0, violated: 0 }
  let retried = 0
  for (const world of fc.sample(worldsOf(scheme, model), { seed, numRuns: WORLDS })) {
    const exploration = exploreWorld(world, { seed, schedulesMax: SCHEDULES })
    const { verdict, coverage } = exploration
    expect(verdict, describeExploration(world, exploration)).not.toBe('violated')
    verdicts[verdict] += 1
    if (coverage.retries > 0) retried += 1
  }
  // Nothing can go wrong where an owner of `words` does nothing but abort: it stores nothing.
  expect(verdicts.holds).toBeGreaterThan(WORLDS * 0.8)
  expect(retried).toBeGreaterThan(WORLDS / 2)
}

function holdsForTapes(scheme: SeqlockStrategyName, model: SamplingChoice): void {
  const coverage = newCoverage()
  const verdicts = new Map<number, number>()
  const observe = ({ reads }: RunOutcome): void => {
    for (const { end, verdict } of reads) {
      if (end === 'verdict') verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    }
  }
  const property = fc.property(worldsOf(scheme, model), tapes, (world, choices) => {
    const scenario = seqlockScenario(world, { observe })
    const { violation } = scenario.run(new TapeOracle(choices))
    coverage.overlaps += scenario.coverage.overlaps
    coverage.retries += scenario.coverage.retries
    expect(violation).toBeNull()
  })
  fc.assert(property, { numRuns: RUNS })
  // A suite whose READs never met a write would pass for any protocol.
  expect(coverage.overlaps).toBeGreaterThan(RUNS / 4)
  expect(coverage.retries).toBeGreaterThan(RUNS / 10)
  for (const verdict of [Verdict.Done, Verdict.Unchanged, Verdict.Closed]) {
    expect(verdicts.get(verdict), `verdict ${verdict}`).toBeGreaterThan(0)
  }
}

describe.each(soundPairs)('%s is sound under %s', (scheme, model) => {
  test('in arbitrary worlds, by random schedules', () => holdsInMany(scheme, model))
  test('in arbitrary worlds, by arbitrary tapes', () => holdsForTapes(scheme, model))
})

test('every strategy holds under freely combined models that it claims, with and without faults', () => {
  let holds = 0
  for (const world of fc.sample(anyWorld, { seed, numRuns: 2 * WORLDS })) {
    const exploration = exploreWorld(world, { seed, schedulesMax: SCHEDULES / 2 })
    const { verdict } = exploration
    expect(verdict, describeExploration(world, exploration)).not.toBe('violated')
    if (verdict === 'holds') holds += 1
  }
  expect(holds).toBeGreaterThan(1.8 * WORLDS)
})

test('a scenario that does not repeat itself is noticed', () => {
  // Every run meets another version of the protocol: a reader that remembers earlier runs.
  const right = seqlockProtocol(seqlockStrategies.hash, kernels, { payloadBytes: 8 })
  let made = 0
  const moody = {
    ...right,
    createReader: (incarnation: number) => {
      made += 1
      const reader = right.createReader(incarnation)
      const begin = reader.begin.bind(reader)
      const mood = made % 2
      reader.begin = (sink) => {
        if (mood === 0) begin(sink)
        else sink.read(0, 0, reader.landingBytes, true)
      }
      return reader
    },
  }
  const scenario = new ProtocolScenario(moody, { model: 'minimal' })
  expect(() => explore(scenario, { seed })).toThrow(/not deterministic/)
})
