// Worlds of locked regions as plain data: what prints as JSON can be had again. And the small world
// in which each negative control shows its flaw.
import {
  type LockControl,
  type LockControlName,
  type LockStrategyName,
  type MemoryKernels,
  loadHash,
  lockControls,
  lockStrategies,
  portableKernels,
} from '../../../src/protocols/index.ts'
import { fingerprintOf } from '../../../src/simulation/choice-tape.ts'
import type { Exploration, ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import {
  type LockUnderTest,
  type LockWorld,
  lockScenario,
} from '../../../src/simulation/lock/index.ts'
import { type SamplingPreset, samplingModel } from '../../../src/simulation/sampling-model.ts'

const kernels: MemoryKernels = portableKernels(await loadHash())

export const strategyNames = Object.keys(lockStrategies) as readonly LockStrategyName[]

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

/** Everything that a run depends on but its schedule. */
export interface NamedLockWorld extends LockWorld {
  readonly scheme: LockStrategyName | LockControlName
}

function underTest(name: LockStrategyName | LockControlName): LockUnderTest {
  if (name === 'fenced' || name === 'hash') {
    return { scheme: lockStrategies[name], conduct: 'sound', kernels }
  }
  const control = lockControls[name]
  return { scheme: control, conduct: control.conduct, kernels }
}

/** Explores a world; tapes belong to it and to no other. */
export function exploreLock(world: NamedLockWorld, options: ExploreOptions): Exploration {
  const { scheme, ...rest } = world
  const fingerprint = fingerprintOf(JSON.stringify(world))
  return explore(lockScenario(rest, underTest(scheme)), { fingerprint, ...options })
}

/** What to say when a world is not as it should be. */
export function describeExploration(world: NamedLockWorld, exploration: Exploration): string {
  const { verdict, counterexample, coverage } = exploration
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  const tape = counterexample === undefined ? '' : `\ntape ${counterexample.tape}`
  return `${verdict}: ${why}\nworld ${JSON.stringify(world)}${tape}`
}

/** A payload with two granules that matter, in two lines where a line is one. */
const tornBytes: Readonly<Record<1 | 8 | 64, number>> = { 1: 2, 8: 16, 64: 48 }

type Shown = Omit<NamedLockWorld, 'scheme' | 'model' | 'payloadBytes'>

/** In which company a control shows its flaw. */
const shown: Readonly<Record<LockControlName, Shown>> = {
  'no-shadow': { holders: [1, 1], evicts: 'any-time', successors: true },
  'shadow-last': { holders: [1, 1], evicts: 'any-time', successors: true },
  'unlock-in-write': { holders: [1], reads: 1 },
  'holder-unchecked': { holders: [1], reads: 1 },
  'repair-same-version': { holders: [1], evicts: 'any-time', reads: 1 },
  'evicted-alive': { holders: [1, 1], evicts: 'any-time', successors: true, reads: 1 },
  'repaired-first': { holders: [1, 1], evicts: 'any-time', successors: true, reads: 1 },
  'release-again': { holders: [1, 1], evicts: 'any-time', successors: true, reads: 1 },
  'owner-cpu-swap': { holders: [1] },
}

export function controlWorld(control: LockControl, model: SamplingPreset): NamedLockWorld {
  const granule = samplingModel(model).atomicGranuleBytes
  // Every byte is old or new on its own there: as few of them as will do.
  const fewest = granule === 1 && control.conduct !== 'sound'
  const payloadBytes = fewest ? 1 : tornBytes[granule]
  return { scheme: control.name, model, payloadBytes, ...shown[control.name] }
}

/** The same world with parties that do all of it right. */
export function soundWorld(control: LockControl, model: SamplingPreset): NamedLockWorld {
  return { ...controlWorld(control, model), scheme: 'fenced' }
}

/** Something weaker than a control's claim, which does hold. */
export interface WeakerWorld {
  readonly claim: string
  readonly change: Partial<NamedLockWorld>
}

const nobodyIsEvicted: WeakerWorld = {
  claim: 'where nobody dies and nobody is evicted',
  change: { evicts: 'never', successors: false, payloadBytes: 8 },
}

export const weakerWorlds: Readonly<Record<LockControlName, readonly WeakerWorld[]>> = {
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
  'evicted-alive': [nobodyIsEvicted],
  'repaired-first': [nobodyIsEvicted],
  'release-again': [nobodyIsEvicted],
  'owner-cpu-swap': [
    {
      claim: 'where the NIC’s atomics are the CPU’s as well',
      change: { model: { nicAtomics: 'global' } },
    },
  ],
}
