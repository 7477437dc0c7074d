// Worlds of seqlock regions as plain data: what prints as JSON can be had again. And the table of
// strategies and presets, with who claims to be sound where.
import { expect } from 'vitest'
import {
  type MemoryKernels,
  type SeqlockScheme,
  type SeqlockStrategyName,
  loadHash,
  negativeControls,
  portableKernels,
  seqlockStrategies,
} from '../../../src/protocols/index.ts'
import { fingerprintOf } from '../../../src/simulation/choice-tape.ts'
import type { Exploration, ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import {
  ProtocolScenario,
  type ProtocolScenarioOptions,
} from '../../../src/simulation/protocol/protocol-scenario.ts'
import { seqlockProtocol } from '../../../src/simulation/protocol/seqlock-protocol.ts'
import {
  type SamplingChoice,
  type SamplingPreset,
  samplingModel,
  samplingPresetNames,
} from '../../../src/simulation/sampling-model.ts'

export const kernels: MemoryKernels = portableKernels(await loadHash())

export const strategyNames = Object.keys(seqlockStrategies) as readonly SeqlockStrategyName[]

type SchemeName = SeqlockStrategyName | keyof typeof negativeControls

/** Everything that a run depends on but its schedule. */
export interface SeqlockWorld extends Omit<ProtocolScenarioOptions, 'observe' | 'payloadOf'> {
  readonly scheme: SchemeName
  readonly payloadBytes: number
  /** Default 2. */
  readonly firstVersion?: number
}

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

const schemes: Readonly<Record<string, SeqlockScheme & { readonly name: string }>> = {
  ...negativeControls,
  ...seqlockStrategies,
}

export function seqlockScenario(
  world: SeqlockWorld,
  more: Pick<ProtocolScenarioOptions, 'observe' | 'payloadOf'> = {},
): ProtocolScenario {
  const { scheme: name, payloadBytes, firstVersion = 2, ...options } = world
  const scheme = schemes[name]
  if (scheme === undefined) throw new Error(`there is no scheme ${name}`)
  const protocol = seqlockProtocol(scheme, kernels, { payloadBytes, firstVersion })
  return new ProtocolScenario(protocol, { ...options, ...more })
}

/** Explores a world; tapes belong to it and to no other. */
export function exploreWorld(world: SeqlockWorld, options: ExploreOptions): Exploration {
  const fingerprint = fingerprintOf(JSON.stringify(world))
  return explore(seqlockScenario(world), { fingerprint, ...options })
}

/** Whether a strategy claims to be sound under a model. */
export function isClaimed(name: SeqlockStrategyName, model: SamplingChoice): boolean {
  const { atomicGranuleBytes } = samplingModel(model)
  return atomicGranuleBytes >= seqlockStrategies[name].needs.atomicGranuleBytes
}

/** Strategies and presets, one pair a row. */
type Pairs = readonly (readonly [SeqlockStrategyName, SamplingPreset])[]

function pairs(claimed: boolean): Pairs {
  return strategyNames.flatMap((name) =>
    samplingPresetNames
      .filter((preset) => isClaimed(name, preset) === claimed)
      .map((preset) => [name, preset] as const),
  )
}

export const soundPairs: Pairs = pairs(true)
export const unsoundPairs: Pairs = pairs(false)

/** What to say when a world is not as it should be. */
export function describeExploration(world: SeqlockWorld, exploration: Exploration): string {
  const { verdict, counterexample, coverage } = exploration
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  const tape = counterexample === undefined ? '' : `\ntape ${counterexample.tape}`
  return `${verdict}: ${why}\nworld ${JSON.stringify(world)}${tape}`
}

/** Fails unless nothing was violated in schedules in which something could have been. */
export function expectHolds(world: SeqlockWorld, exploration: Exploration): void {
  expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
}
