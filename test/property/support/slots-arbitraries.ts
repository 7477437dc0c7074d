// fast-check arbitraries of worlds of versioned slots, under freely combined models.
import fc from 'fast-check'
import type { SlotsStrategyName } from '../../../src/protocols/index.ts'
import type { OwnerStep } from '../../../src/simulation/protocol/owner-trace.ts'
import type { ReadPlan } from '../../../src/simulation/protocol/reader-program.ts'
import type { CopyManner } from '../../../src/simulation/recording-memory.ts'
import type { SamplingModel } from '../../../src/simulation/sampling-model.ts'
import { someFaults } from './seqlock-arbitraries.ts'
import type { SlotsWorld } from './slots-world.ts'

export { tapes } from './seqlock-arbitraries.ts'

const fraction = fc.nat({ max: 63 })

const manner: fc.Arbitrary<CopyManner> = fc.record({
  unitBytes: fc.constantFrom(8, 1),
  order: fc.constantFrom('ascending', 'descending', 'evens-first'),
})

const step: fc.Arbitrary<OwnerStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('publish', 'update'), manner }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('part', 'abort'),
      manner,
      from: fraction,
      length: fraction,
    }),
  },
) as fc.Arbitrary<OwnerStep>

/** Reads of one version are of one of the first few; some of them never come to be. */
function plan(firstVersion: number): fc.Arbitrary<ReadPlan> {
  const kinds = ['read', 'read', 'part', 'if-changed', 'version'] as const
  return fc.record({
    kind: fc.constantFrom(...kinds),
    from: fraction,
    length: fraction,
    version: fc.nat({ max: 8 }).map((offset) => firstVersion + offset),
  })
}

/** Every parameter that READs and the owner's stores depend on. */
const models: fc.Arbitrary<Partial<SamplingModel>> = fc.record({
  // Byte by byte most attempts fail on a mixture of index words: now and then is enough.
  atomicGranuleBytes: fc.constantFrom(8, 8, 8, 64, 64, 1),
  sampling: fc.constantFrom('ascending', 'descendingInPacket', 'eitherInPacket', 'arbitrary'),
  replay: fc.constantFrom('off', 'suffix'),
  readAfterRead: fc.constantFrom('ordered', 'unordered'),
  cpu: fc.constantFrom('tso', 'weak'),
  packetBytes: fc.constantFrom(64, 128, 256),
  replaysMax: fc.integer({ min: 0, max: 3 }),
})

/** The first version, and versions just below a carry of a byte and of a half. */
const firstVersions = fc.constantFrom(1, 0xfe, 2 ** 32 - 2)

/** Any world of a strategy; versions wanted are near those that are published. */
export function slotsWorlds(scheme: SlotsStrategyName, faults: boolean): fc.Arbitrary<SlotsWorld> {
  return firstVersions.chain((firstVersion) => {
    const reads = fc.array(plan(firstVersion), { minLength: 1, maxLength: 5, size: 'max' })
    const parts = {
      scheme: fc.constant(scheme),
      model: models,
      firstVersion: fc.constant(firstVersion),
      slotCount: fc.integer({ min: 2, max: 5 }),
      payloadBytes: fc.constantFrom(1, 7, 8, 33, 48, 49, 120),
      ownerSteps: fc.array(step, { minLength: 2, maxLength: 8, size: 'max' }),
      close: fc.boolean(),
      readers: fc.array(reads, { minLength: 1, maxLength: 3, size: 'max' }),
      attemptsMax: fc.integer({ min: 1, max: 4 }),
      bursts: fc.constantFrom<readonly number[]>([], [1], [2], [1, 4]),
      recovers: fc.constant(true),
    }
    return faults ? fc.record({ ...parts, faults: someFaults }) : fc.record(parts)
  })
}
