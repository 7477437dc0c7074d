// Worlds of RCU cells for property tests, as plain data: readers without pins beside an owner that reuses
// memory at once, pins, leases that run out, remote writers.
import { loadHash } from '../../../src/protocols/hash.ts'
import { portableKernels } from '../../../src/protocols/portable-kernels.ts'
import { cellControls, soundCell } from '../../../src/protocols/cell/index.ts'
import type { CellControl, CellControlName } from '../../../src/protocols/cell/index.ts'
import type { MemoryKernels } from '../../../src/protocols/local-memory.ts'
import {
  type CellUnderTest,
  type CellWorld,
  type WriterWorld,
  cellScenario,
  writerScenario,
} from '../../../src/simulation/cell/index.ts'
import { type Exploration, type ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import { cellProtocol } from '../../../src/simulation/protocol/cell-protocol.ts'
import {
  ProtocolScenario,
  type ProtocolScenarioOptions,
} from '../../../src/simulation/protocol/protocol-scenario.ts'
import type { SamplingPreset } from '../../../src/simulation/sampling-model.ts'
import type { Scenario } from '../../../src/simulation/scenario.ts'

export const kernels: MemoryKernels = portableKernels(await loadHash())

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

type Unbound<World> = Omit<World, 'model'>

/** Readers without pins. */
export interface ReadWorld extends Omit<
  ProtocolScenarioOptions,
  'model' | 'observe' | 'payloadOf'
> {
  readonly kind: 'reads'
  readonly payloadBytes: number
  readonly spanCount?: number
}

/** Everything that a run depends on but its model, its schedule, and how its parties are made. */
export type AnyCellWorld =
  | ReadWorld
  | (Unbound<CellWorld> & { readonly kind: 'pins' })
  | (Unbound<WriterWorld> & { readonly kind: 'writes' })

export const right: CellUnderTest = { name: 'right', scheme: soundCell, kernels }

export function controlUnderTest(control: CellControl): CellUnderTest {
  const { name, clockAfterLook } = control
  return { name, scheme: control, kernels, clockAfterLook, pinsApart: name === 'pin-apart' }
}

/** @param ages is added to, in worlds of pins: see `cellScenario` */
export function anyCellScenario(
  world: AnyCellWorld,
  model: SamplingPreset,
  cell: CellUnderTest,
  ages: number[] = [],
): Scenario {
  if (world.kind === 'pins') return cellScenario({ ...world, model }, cell, { ages })
  if (world.kind === 'writes') return writerScenario({ ...world, model }, cell)
  const { kind: _, payloadBytes, spanCount = 2, ...options } = world
  const { name, scheme } = cell
  const protocol = cellProtocol({ ...scheme, name }, kernels, { payloadBytes, spanCount })
  return new ProtocolScenario(protocol, { ...options, model })
}

export function exploreCell(
  world: AnyCellWorld,
  model: SamplingPreset,
  cell: CellUnderTest,
  options: ExploreOptions,
  ages: number[] = [],
): Exploration {
  return explore(anyCellScenario(world, model, cell, ages), options)
}

/** What to say when a world is not as it should be. */
export function describeExploration(world: AnyCellWorld, exploration: Exploration): string {
  const { verdict, counterexample, coverage } = exploration
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  const tape = counterexample === undefined ? '' : `\ntape ${counterexample.tape}`
  return `${verdict}: ${why}\nworld ${JSON.stringify(world)}${tape}`
}

/** Time in which a pin lasts longer than one tick and an owner waits for less than two. */
export const lease = { leaseTicks: 1.5, slackTicks: 0.25, ticksMax: 2 } as const

const pins = { kind: 'pins', payloadBytes: 8 } as const
const writes = { kind: 'writes', payloadBytes: 8 } as const

/** The world in which each control is caught; a few steps around its interleaving. */
const worldOf: Readonly<Record<CellControl['world'], AnyCellWorld>> = {
  reads: {
    kind: 'reads',
    payloadBytes: 16,
    ownerSteps: [{ kind: 'publish' }, { kind: 'publish' }],
    readers: [[{ kind: 'read' }]],
    attemptsMax: 1,
  },
  pins: { ...pins, owner: ['store', 'scan', 'store'], readers: [['pin', 'part']] },
  leases: {
    ...pins,
    ...lease,
    owner: ['meet', 'store', 'scan', 'meet', 'scan'],
    readers: [['pin', 'meet', 'meet', 'renew', 'part']],
  },
  writes: { ...writes, owner: ['update'], writers: [['update']], attemptsMax: 1 },
}

const special: Readonly<Partial<Record<CellControlName, AnyCellWorld>>> = {
  'pin-apart': { ...pins, owner: ['store', 'scan', 'store'], readers: [['pin']] },
  'reclaim-one-early': {
    ...pins,
    owner: ['meet', 'store', 'scan', 'store'],
    readers: [['pin', 'drop', 'meet', 'pin', 'part']],
  },
  'lease-checked-before': {
    ...pins,
    ...lease,
    owner: ['store', 'scan', 'scan', 'store'],
    readers: [['pin']],
  },
  'first-seen-before-look': {
    ...pins,
    ...lease,
    owner: ['scan', 'meet', 'store', 'scan', 'meet'],
    readers: [['pin', 'meet', 'meet', 'part']],
  },
  'object-not-drained': { ...writes, owner: ['update'], writers: [['load']], attemptsMax: 1 },
  'bytes-kept-on-retry': {
    ...writes,
    owner: ['update'],
    writers: [['update', 'load']],
    attemptsMax: 2,
  },
}

export function controlWorld(control: CellControl): AnyCellWorld {
  return special[control.name] ?? worldOf[control.world]
}

export const controls: readonly CellControl[] = Object.values(cellControls)
