// Worlds of versioned slots as plain data: what prints as JSON can be had again. And the small world
// in which each negative control shows its flaw, with the nearest world in which it is right.
import {
  type MemoryKernels,
  type SlotsControl,
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
import { type SamplingPreset, samplingModel } from '../../../src/simulation/sampling-model.ts'

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

/** A payload with two granules that matter, by granule: the first line of a slot holds 48 bytes. */
const payloadBytes: Readonly<Record<1 | 8 | 64, number>> = { 1: 2, 8: 16, 64: 56 }

/** As many publications as it takes to store over the slot being read. */
export function controlWorld(control: SlotsControl, model: SamplingPreset): SlotsWorld {
  const base: SlotsWorld = {
    scheme: control.name,
    model,
    slotCount: control.slotCount,
    payloadBytes: payloadBytes[samplingModel(model).atomicGranuleBytes],
    ownerSteps: publications(control.slotCount),
    readers: [[{ kind: 'read' }]],
    attemptsMax: 1,
  }
  if (control.name === 'guess-without-index') {
    return { ...base, ownerSteps: publications(1), readers: [[{ kind: 'read' }, { kind: 'read' }]] }
  }
  if (control.name === 'unversioned-slot-hash' && model === 'bytes') {
    // Every byte of a seal is old or new: as few steps as will do.
    return { ...base, payloadBytes: 1, bursts: [2], onlyBursts: true }
  }
  if (control.name !== 'plain-index') return base
  // From 0x080 to 0x100, a carry, and then to 0x180, which both together pretend.
  const carry = { firstVersion: 0x80, bursts: [0x80], onlyBursts: true }
  return { ...base, ...carry, ownerSteps: publications(0x100) }
}

/** Something weaker than a control's claim, which does hold. */
export interface WeakerWorld {
  readonly claim: string
  readonly change: Partial<SlotsWorld>
}

/** Where reads and publications take turns, nearly everything is right. */
const turns: WeakerWorld = {
  claim: 'where reads and publications take turns',
  change: { quiescent: true, bursts: [1], onlyBursts: true },
}
const inOrder: WeakerWorld = {
  claim: 'where stores stay in order (TSO)',
  change: { model: { cpu: 'tso' } },
}

const ascending = { sampling: 'ascending', replay: 'off', cpu: 'tso' } as const

export const weakerWorlds: Readonly<Record<SlotsControlName, readonly WeakerWorld[]>> = {
  'one-lap-more': [
    turns,
    { claim: 'with a slot to spare', change: { slotCount: 3, ownerSteps: publications(2) } },
  ],
  'one-lap-more-of-three': [
    turns,
    { claim: 'where fewer than N are published', change: { ownerSteps: publications(2) } },
  ],
  'index-once': [
    turns,
    { claim: 'where one version is published', change: { ownerSteps: publications(1) } },
  ],
  'unfenced-slots': [
    turns,
    { claim: 'where READs wait for one another', change: { model: { readAfterRead: 'ordered' } } },
  ],
  'index-first': [turns],
  'no-barrier-before-publish': [turns, inOrder],
  'latch-no-barrier-after-publish': [turns, inOrder],
  'guess-without-index': [
    { claim: 'in a machine’s first read', change: { readers: [[{ kind: 'read' }]] } },
  ],
  'unversioned-slot-hash': [
    turns,
    { claim: 'where READs ascend, once, and stores stay in order', change: { model: ascending } },
  ],
  'plain-index': [{ claim: 'where a word is sampled in one piece', change: {} }],
}
