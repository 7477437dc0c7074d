// Worlds of versioned slots as plain data: what prints as JSON can be had again.
import {
  type MemoryKernels,
  type SlotsControlName,
  type SlotsScheme,
  type SlotsStrategyName,
  loadHash,
  portableKernels,
  slotsControls,
  slotsStrategies,
} from '../../../src/protocols/index.ts'
import { fingerprintOf } from '../../../src/simulation/choice-tape.ts'
import type { Exploration, ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import type { OwnerStep } from '../../../src/simulation/protocol/owner-trace.ts'
import {
  ProtocolScenario,
  type ProtocolScenarioOptions,
} from '../../../src/simulation/protocol/protocol-scenario.ts'
import { slotsProtocol } from '../../../src/simulation/protocol/slots-protocol.ts'

export const kernels: MemoryKernels = portableKernels(await loadHash())

export const strategyNames = Object.keys(slotsStrategies) as readonly SlotsStrategyName[]

/** Everything that a run depends on but its schedule. */
export interface SlotsWorld extends Omit<ProtocolScenarioOptions, 'observe' | 'payloadOf'> {
  readonly scheme: SlotsStrategyName | SlotsControlName
  readonly payloadBytes: number
  readonly slotCount: number
  /** Default 1. */
  readonly firstVersion?: number
}

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

const schemes: Readonly<Record<string, SlotsScheme & { readonly name: string }>> = {
  ...slotsControls,
  ...slotsStrategies,
}

export function slotsScenario(
  world: SlotsWorld,
  more: Pick<ProtocolScenarioOptions, 'observe'> = {},
): ProtocolScenario {
  const { scheme: name, payloadBytes, slotCount, firstVersion = 1, ...options } = world
  const scheme = schemes[name]
  if (scheme === undefined) throw new Error(`there is no scheme ${name}`)
  const protocol = slotsProtocol(scheme, kernels, { payloadBytes, slotCount, firstVersion })
  return new ProtocolScenario(protocol, { ...options, ...more })
}

/** Explores a world; tapes belong to it and to no other. */
export function exploreSlots(
  world: SlotsWorld,
  options: ExploreOptions,
  more: Pick<ProtocolScenarioOptions, 'observe'> = {},
): Exploration {
  const fingerprint = fingerprintOf(JSON.stringify(world))
  return explore(slotsScenario(world, more), { fingerprint, ...options })
}

/** What to say when a world is not as it should be. */
export function describeExploration(world: SlotsWorld, exploration: Exploration): string {
  const { verdict, counterexample, coverage } = exploration
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  const tape = counterexample === undefined ? '' : `\ntape ${counterexample.tape}`
  return `${verdict}: ${why}\nworld ${JSON.stringify(world)}${tape}`
}

export function publications(count: number): readonly OwnerStep[] {
  return Array.from({ length: count }, () => ({ kind: 'publish' }))
}
