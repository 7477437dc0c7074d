// The negative controls of locked regions as cases, each with the small world in which it shows its flaw and
// the nearest worlds in which it is right.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { type LockControl, type LockControlName, lockControls } from '../../protocols/lock/index.ts'
import type { ExploreOptions } from '../exploration.ts'
import { type LockRun, type LockUnderTest, type LockWorld, lockScenario } from '../lock/index.ts'
import type { PartyScenario } from '../party/index.ts'
import { type SamplingChoice, type SamplingPreset, samplingModel } from '../sampling-model.ts'
import type { ControlCase } from './control-case.ts'

/** All of them. */
export function lockCases(kernels: MemoryKernels): readonly ControlCase[] {
  return Object.values(lockControls).map((control) => lockCase(control, kernels))
}

function lockCase(control: LockControl, kernels: MemoryKernels): ControlCase {
  const { name, claim, looksRight, interleaving, caughtUnder } = control
  const scenario = (world: LockWorld): PartyScenario<LockRun> =>
    lockScenario(world, lockControlUnderTest(control, kernels))
  return {
    name,
    subject: 'locked region',
    claim,
    looksRight,
    interleaving,
    caughtUnder,
    scenario: (model) => scenario(smallLockWorld(control, model)),
    wideScenario: (model) => scenario(wideWorld(control, model)),
    describe: (model) => describeWorld(smallLockWorld(control, model), control),
    weaker: weakerWorlds[name].map((each) => ({
      claim: each.claim,
      scenario: () => scenario({ ...smallLockWorld(control, 'sharedMemory'), ...each.change }),
    })),
    order: (preset) => orderOf(control, preset),
    isRare: (preset) => preset === 'bytes',
  }
}

function lockControlUnderTest(control: LockControl, kernels: MemoryKernels): LockUnderTest {
  return { name: control.name, scheme: control, conduct: control.conduct, kernels }
}

/** Where a holder dies, or is evicted, depth first takes too long: long stories, told late. */
function orderOf(control: LockControl, preset: SamplingPreset): ExploreOptions | null {
  const { caughtUnder, conduct } = control
  if (!caughtUnder.includes(preset)) return null
  const schedulesMax = 100_000
  // Where every byte is a step, schedules that keep to one actor for a while get further, and of their
  // fixed orders these get there soon.
  if (preset === 'bytes' && conduct !== 'sound') {
    return { strategy: 'biased', seed: conduct === 'owner-cpu' ? 9 : 4, schedulesMax }
  }
  return { strategy: 'mixed', seed: 1, schedulesMax }
}

/** A payload with two granules that matter, in two lines where a line is one. */
const tornBytes: Readonly<Record<1 | 8 | 64, number>> = { 1: 2, 8: 16, 64: 48 }

type Company = Omit<LockWorld, 'model' | 'payloadBytes'>

const evicted = { holders: [1, 1], evicts: 'any-time', successors: true } as const

/** In which company a control shows its flaw. */
const companies: Readonly<Record<LockControlName, Company>> = {
  'no-shadow': evicted,
  'shadow-last': evicted,
  'unlock-in-write': { holders: [1], reads: 1 },
  'holder-unchecked': { holders: [1], reads: 1 },
  'repair-same-version': { holders: [1], evicts: 'any-time', reads: 1 },
  'evicted-alive': { ...evicted, reads: 1 },
  'repaired-first': { ...evicted, reads: 1 },
  'release-again': { ...evicted, reads: 1 },
  'owner-cpu-swap': { holders: [1] },
}

/** The small world of a control under a model. */
export function smallLockWorld(control: LockControl, model: SamplingChoice): LockWorld {
  const granule = samplingModel(model).atomicGranuleBytes
  // Every byte is old or new on its own there: as few of them as will do.
  const fewest = granule === 1 && control.conduct !== 'sound'
  const payloadBytes = fewest ? 1 : tornBytes[granule]
  return { model, payloadBytes, ...companies[control.name] }
}

/** A world too large to be explored as a whole: more holders, more increments, more reads. */
function wideWorld(control: LockControl, model: SamplingChoice): LockWorld {
  const small = smallLockWorld(control, model)
  return { ...small, payloadBytes: 120, holders: [2, 2], reads: 2, attemptsMax: 2 }
}

/** Something weaker than a control's claim, which does hold. */
interface WeakerWorld {
  readonly claim: string
  readonly change: Partial<LockWorld>
}

const nobodyIsEvicted: WeakerWorld = {
  claim: 'where nobody dies and nobody is evicted',
  change: { evicts: 'never', successors: false, payloadBytes: 8 },
}

/** With a reader there are too many schedules. */
const nobodyIsEvictedNorReads: WeakerWorld = {
  claim: 'where nobody dies, nobody is evicted, and nobody reads',
  change: { ...nobodyIsEvicted.change, reads: 0 },
}

/** What does hold of each. */
const weakerWorlds: Readonly<Record<LockControlName, readonly WeakerWorld[]>> = {
  'no-shadow': [nobodyIsEvicted],
  'shadow-last': [nobodyIsEvicted],
  'unlock-in-write': [
    {
      claim: 'where version and payload share a line that is placed whole',
      change: { model: 'nicX86', payloadBytes: 40 },
    },
  ],
  'holder-unchecked': [{ claim: 'where nobody reads', change: { holders: [1, 1], reads: 0 } }],
  'repair-same-version': [{ claim: 'where nobody reads', change: { reads: 0, payloadBytes: 8 } }],
  'evicted-alive': [nobodyIsEvictedNorReads],
  'repaired-first': [nobodyIsEvictedNorReads],
  'release-again': [nobodyIsEvictedNorReads],
  'owner-cpu-swap': [
    {
      claim: 'where the NIC’s atomics are the CPU’s as well',
      change: { model: { nicAtomics: 'global' } },
    },
  ],
}

function describeWorld(world: LockWorld, { conduct }: LockControl): string {
  const { payloadBytes, holders, reads = 0, evicts = 'never', successors } = world
  const many = holders.length > 1
  return [
    `${payloadBytes} payload ${payloadBytes === 1 ? 'byte' : 'bytes'}`,
    many ? `${holders.length} holders of one increment each` : 'one holder of one increment',
    ...(evicts === 'never' ? [] : [`${many ? 'the first' : 'it is'} evicted at any time`]),
    ...(successors === true ? ['the second after that'] : []),
    ...(conduct === 'owner-cpu' ? ['an owner that takes the lock once'] : []),
    ...(reads > 0 ? ['one read'] : []),
    'one attempt',
  ].join(', ')
}
