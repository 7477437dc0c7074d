// Goal: leaving out schedules that differ only in when unchanging memory is sampled (SampleOrder)
// loses no outcome and adds none. Method: small worlds of right and of wrong protocols, under models
// combined freely; everything that readers can have noticed, down to the bytes that landed, is
// compared between the exhaustive explorations with and without the reduction. Random schedules
// without it must not find more either.
import { describe, expect, test } from 'vitest'
import { explore } from '../../../src/simulation/explore.ts'
import type { ExploreOptions } from '../../../src/simulation/exploration.ts'
import { type SamplingModel, samplingModel } from '../../../src/simulation/sampling-model.ts'
import { type SeqlockWorld, seed, seqlockScenario } from '../support/seqlock-world.ts'

type Case = Omit<SeqlockWorld, 'model'>

const publish = { kind: 'publish' } as const
const read = { kind: 'read' } as const
const schemes = ['fenced', 'hash', 'words', 'naive', 'unfenced'] as const

const cases: Readonly<Record<string, Omit<Case, 'scheme'>>> = {
  'a write, two attempts': {
    payloadBytes: 8,
    ownerSteps: [publish],
    readers: [[read]],
    attemptsMax: 2,
  },
  'two writes, a read': {
    payloadBytes: 8,
    ownerSteps: [publish, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
  'a write, two reads': {
    payloadBytes: 8,
    ownerSteps: [publish],
    readers: [[read, { kind: 'if-changed' }]],
    attemptsMax: 1,
  },
  'writes by bursts, too': {
    payloadBytes: 8,
    ownerSteps: [publish, publish],
    bursts: [1, 2],
    readers: [[read]],
    attemptsMax: 1,
  },
  'writes by bursts only': {
    payloadBytes: 8,
    ownerSteps: [publish, publish, publish],
    bursts: [1, 2],
    onlyBursts: true,
    readers: [[read]],
    attemptsMax: 1,
  },
  'formatted meanwhile, closed in the end': {
    payloadBytes: 8,
    ownerSteps: [],
    blank: true,
    close: true,
    readers: [[read]],
    attemptsMax: 1,
  },
}

const samplings: readonly Partial<SamplingModel>[] = [
  { sampling: 'ascending', replay: 'suffix' },
  { sampling: 'eitherInPacket', replay: 'suffix' },
  { sampling: 'arbitrary', replay: 'off' },
]

const granulesAndCpus: readonly Partial<SamplingModel>[] = [
  { atomicGranuleBytes: 8, cpu: 'tso' },
  { atomicGranuleBytes: 8, cpu: 'weak' },
  { atomicGranuleBytes: 64, cpu: 'tso' },
]

/** Models whose other parameters say nothing about READs. */
const models: readonly SamplingModel[] = granulesAndCpus.flatMap((granuleAndCpu) =>
  samplings.flatMap((sampling) =>
    (['ordered', 'unordered'] as const).map((readAfterRead) =>
      samplingModel({ ...granuleAndCpu, ...sampling, readAfterRead }),
    ),
  ),
)

/** Only where a chain has several READs without fences can their order matter. */
function modelsOf(scheme: (typeof schemes)[number]): readonly SamplingModel[] {
  const order = scheme === 'unfenced' ? 'unordered' : 'ordered'
  return models.filter(({ readAfterRead }) => readAfterRead === order)
}

function outcomes(world: SeqlockWorld, options: ExploreOptions): ReadonlySet<string> {
  const found = new Set<string>()
  const observe = (outcome: unknown): void => void found.add(JSON.stringify(outcome))
  const exploration = explore(seqlockScenario(world, { observe }), {
    strategy: 'exhaustive',
    stopAtFirst: false,
    shrinkRunsMax: 0,
    schedulesMax: 60_000,
    ...options,
  })
  expect(exploration.complete).toBe((options.strategy ?? 'exhaustive') === 'exhaustive')
  return found
}

/** How many outcomes there are, with the reduction and without. */
function compare(world: SeqlockWorld): number {
  const reduced = outcomes(world, {})
  expect(outcomes({ ...world, reduces: false }, {}), JSON.stringify(world)).toEqual(reduced)
  return reduced.size
}

describe.each(Object.entries(cases))('%s', (_, world) => {
  test.each(schemes)('%s', (scheme) => {
    const sizes = modelsOf(scheme).map((model) => compare({ ...world, scheme, model }))
    // Worlds in which everything comes out alike would compare nothing.
    expect(Math.min(...sizes)).toBeGreaterThan(1)
  })
})

test.each(['fenced', 'words'] as const)('two readers, %s', (scheme) => {
  const world = { payloadBytes: 8, ownerSteps: [publish], readers: [[read], [read]] }
  for (const model of modelsOf(scheme).filter(({ replay }) => replay === 'off')) {
    expect(compare({ ...world, attemptsMax: 1, scheme, model })).toBeGreaterThan(4)
  }
})

test('byte by byte', () => {
  const scheme = 'fenced'
  const world = { payloadBytes: 1, ownerSteps: [publish], readers: [[read]], attemptsMax: 1 }
  for (const sampling of samplings) {
    const model = samplingModel({ ...sampling, atomicGranuleBytes: 1 })
    expect(compare({ ...world, scheme, model })).toBeGreaterThan(1)
  }
})

test.each(['fenced', 'hash', 'naive'] as const)(
  'random schedules of every sample find nothing else: %s',
  (scheme) => {
    for (const model of modelsOf(scheme)) {
      const world: SeqlockWorld = {
        scheme,
        model,
        payloadBytes: 16,
        ownerSteps: [publish, { kind: 'part', from: 20, length: 30 }],
        readers: [[read]],
        attemptsMax: 1,
      }
      const all = outcomes(world, {})
      const options = { strategy: 'random', seed, schedulesMax: 400 } as const
      for (const outcome of outcomes({ ...world, reduces: false }, options)) {
        expect(all.has(outcome), outcome).toBe(true)
      }
    }
  },
)
