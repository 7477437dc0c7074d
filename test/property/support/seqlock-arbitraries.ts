// fast-check arbitraries of seqlock worlds: what the owner does, what readers read, how large and
// how old the region is, what breaks; and of tapes, so that fast-check shrinks world and schedule.
import fc from 'fast-check'
import type { SeqlockStrategyName } from '../../../src/protocols/index.ts'
import type { FaultPlan } from '../../../src/simulation/protocol/fault-program.ts'
import type { OwnerStep } from '../../../src/simulation/protocol/owner-trace.ts'
import type { ReadPlan } from '../../../src/simulation/protocol/reader-program.ts'
import type { CopyManner } from '../../../src/simulation/recording-memory.ts'
import type { SamplingChoice, SamplingModel } from '../../../src/simulation/sampling-model.ts'
import { type SeqlockWorld, isClaimed, strategyNames } from './seqlock-world.ts'

const fraction = fc.nat({ max: 63 })

const manner: fc.Arbitrary<CopyManner> = fc.record({
  unitBytes: fc.constantFrom(8, 1),
  order: fc.constantFrom('ascending', 'descending', 'evens-first'),
})

const step: fc.Arbitrary<OwnerStep> = fc.oneof(
  fc.record({ kind: fc.constantFrom('publish' as const, 'update' as const), manner }),
  fc.record({
    kind: fc.constantFrom('part' as const, 'abort' as const),
    manner,
    from: fraction,
    length: fraction,
  }),
)

const plan: fc.Arbitrary<ReadPlan> = fc.record({
  kind: fc.constantFrom('read' as const, 'part' as const, 'if-changed' as const),
  from: fraction,
  length: fraction,
})

/** Of one word, of several, of several lines; whole units and odd ones. */
const payloadBytes = fc.constantFrom(1, 7, 8, 9, 33, 56, 57, 63, 120)

/** Versions just below a carry into the next byte, half and tag wrap, and the first one. */
const firstVersion = fc.constantFrom(2, 0xfc, 0xfffa, 2 ** 32 - 4, 2 ** 33 - 4)

const once = fc.nat({ max: 1 })

/** Everything that can break, each up to twice. */
export const someFaults: fc.Arbitrary<FaultPlan> = fc.record({
  crashes: once,
  restarts: once,
  queuePairErrors: fc.nat({ max: 2 }),
  deregistrations: once,
  timeOuts: fc.nat({ max: 2 }),
})

/** Worlds of one strategy under one model. */
export function worldsOf(
  scheme: SeqlockStrategyName,
  model: SamplingChoice,
  faults: fc.Arbitrary<FaultPlan | undefined> = fc.constant(undefined),
): fc.Arbitrary<SeqlockWorld> {
  const parts = {
    payloadBytes,
    firstVersion,
    ownerSteps: fc.array(step, { minLength: 1, maxLength: 5, size: 'max' }),
    close: fc.boolean(),
    readers: fc.array(fc.array(plan, { minLength: 1, maxLength: 4, size: 'max' }), {
      minLength: 1,
      maxLength: 3,
      size: 'max',
    }),
    attemptsMax: fc.integer({ min: 1, max: 4 }),
    bursts: fc.constantFrom<readonly number[]>([], [1], [1, 2]),
    recovers: fc.constant(true),
  }
  return fc
    .record({ ...parts, faults })
    .map(({ faults: broken, ...world }) =>
      broken === undefined
        ? { scheme, model, ...world }
        : { scheme, model, ...world, faults: broken },
    )
}

/** Any combination of a model's parameters. */
const models: fc.Arbitrary<SamplingModel> = fc.record({
  atomicGranuleBytes: fc.constantFrom(1, 8, 64),
  sampling: fc.constantFrom('ascending', 'descendingInPacket', 'eitherInPacket', 'arbitrary'),
  replay: fc.constantFrom('off', 'suffix'),
  readAfterRead: fc.constantFrom('ordered', 'unordered'),
  readThenWrite: fc.constantFrom('ordered', 'unordered'),
  writePlacement: fc.constantFrom('ascending', 'arbitraryInPacket', 'arbitrary'),
  writeCompletion: fc.constantFrom('visible', 'accepted'),
  nicAtomics: fc.constantFrom('hca', 'global'),
  cpu: fc.constantFrom('tso', 'weak'),
  packetBytes: fc.constantFrom(64, 128, 256),
  replaysMax: fc.integer({ min: 0, max: 3 }),
})

/** Any world in which its strategy claims to be sound. */
export const anyWorld: fc.Arbitrary<SeqlockWorld> = fc
  .tuple(fc.constantFrom(...strategyNames), models)
  .filter(([name, model]) => isClaimed(name, model))
  .chain(([name, model]) => worldsOf(name, model, fc.option(someFaults, { nil: undefined })))

/**
 * Answers of a run. In dense tapes anything goes; in sparse ones a few departures fall anywhere,
 * which is what bugs of small depth need.
 */
export const tapes: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.nat({ max: 0xff }), { maxLength: 300, size: 'max' }),
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat({ max: 0xff }) },
    ),
    { maxLength: 600, size: 'max' },
  ),
)
