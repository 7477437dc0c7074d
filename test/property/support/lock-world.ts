// Worlds of locked regions as plain data: what prints as JSON can be had again.
import {
  type LockControl,
  type LockStrategyName,
  type MemoryKernels,
  loadHash,
  lockStrategies,
  portableKernels,
} from '../../../src/protocols/index.ts'
import { fingerprintOf } from '../../../src/simulation/choice-tape.ts'
import type { Exploration, ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import { type LockWorld, lockScenario } from '../../../src/simulation/lock/index.ts'
import { smallLockWorld } from '../../../src/simulation/controls/lock-cases.ts'
import type { SamplingPreset } from '../../../src/simulation/sampling-model.ts'

const kernels: MemoryKernels = portableKernels(await loadHash())

export const strategyNames = Object.keys(lockStrategies) as readonly LockStrategyName[]

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

/** Everything that a run depends on but its schedule. */
export interface NamedLockWorld extends LockWorld {
  readonly scheme: LockStrategyName
}

/** Explores a world; tapes belong to it and to no other. */
export function exploreLock(world: NamedLockWorld, options: ExploreOptions): Exploration {
  const { scheme, ...rest } = world
  const fingerprint = fingerprintOf(JSON.stringify(world))
  const underTest = { scheme: lockStrategies[scheme], conduct: 'sound', kernels } as const
  return explore(lockScenario(rest, underTest), { fingerprint, ...options })
}

/** What to say when a world is not as it should be. */
export function describeExploration(world: NamedLockWorld, exploration: Exploration): string {
  const { verdict, counterexample, coverage } = exploration
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  const tape = counterexample === undefined ? '' : `\ntape ${counterexample.tape}`
  return `${verdict}: ${why}\nworld ${JSON.stringify(world)}${tape}`
}

/** The small world of a negative control, with parties that do all of it right. */
export function soundWorld(control: LockControl, model: SamplingPreset): NamedLockWorld {
  return { ...smallLockWorld(control, model), scheme: 'fenced' }
}
