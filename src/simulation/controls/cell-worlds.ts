// The worlds in which the negative controls of RCU cells are explored: readers without pins beside an owner that
// reuses memory at once, pins, leases that run out, remote writers. Invariant: a world is plain data.
import type { CellControl, CellControlName } from '../../protocols/cell/index.ts'
import {
  type CellUnderTest,
  type CellWorld,
  type WriterWorld,
  cellScenario,
  writerScenario,
} from '../cell/index.ts'
import { cellProtocol } from '../protocol/cell-protocol.ts'
import { ProtocolScenario, type ProtocolScenarioOptions } from '../protocol/protocol-scenario.ts'
import {
  type SamplingChoice,
  type SamplingModel,
  samplingModel,
  samplingPresets,
} from '../sampling-model.ts'
import type { Scenario } from '../scenario.ts'

/** Readers without pins beside an owner that reuses memory at once. */
export interface CellReadsWorld extends Omit<
  ProtocolScenarioOptions,
  'model' | 'observe' | 'payloadOf'
> {
  readonly kind: 'reads'
  readonly payloadBytes: number
  readonly spanCount?: number
}

export interface CellPinsWorld extends Omit<CellWorld, 'model'> {
  readonly kind: 'pins'
}

export interface CellWritesWorld extends Omit<WriterWorld, 'model'> {
  readonly kind: 'writes'
}

/** Everything that a run depends on but its model, its schedule, and how its parties are made. */
export type AnyCellWorld = CellReadsWorld | CellPinsWorld | CellWritesWorld

export type AnyCellScenario = Scenario & { readonly model: SamplingModel }

/** @param ages is added to, in worlds of pins: see `cellScenario` */
export function anyCellScenario(
  world: AnyCellWorld,
  model: SamplingChoice,
  cell: CellUnderTest,
  ages: number[] = [],
): AnyCellScenario {
  if (world.kind === 'pins') return cellScenario({ ...world, model }, cell, { ages })
  if (world.kind === 'writes') return writerScenario({ ...world, model }, cell)
  const { kind: _, payloadBytes, spanCount = 2, ...options } = world
  const { name, scheme, kernels } = cell
  const protocol = cellProtocol({ ...scheme, name }, kernels, { payloadBytes, spanCount })
  return new ProtocolScenario(protocol, { ...options, model })
}

/** Time in which a pin lasts longer than one tick and an owner waits for less than two. */
export const shortLease = { leaseTicks: 1.5, slackTicks: 0.25, ticksMax: 2 } as const

const publish = { kind: 'publish' } as const
const read = { kind: 'read' } as const
const pins = { kind: 'pins', payloadBytes: 8 } as const
const writes = { kind: 'writes', payloadBytes: 8 } as const

/** A few steps around an interleaving. */
const smallWorlds: Readonly<Record<CellControl['world'], AnyCellWorld>> = {
  reads: {
    kind: 'reads',
    payloadBytes: 16,
    ownerSteps: [publish, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
  pins: { ...pins, owner: ['store', 'scan', 'store'], readers: [['pin', 'part']] },
  leases: {
    ...pins,
    ...shortLease,
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
    ...shortLease,
    owner: ['store', 'scan', 'scan', 'store'],
    readers: [['pin']],
  },
  'first-seen-before-look': {
    ...pins,
    ...shortLease,
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

/** The small world of a control under a model. */
export function smallCellWorld(control: CellControl, model: SamplingChoice): AnyCellWorld {
  const world = special[control.name] ?? smallWorlds[control.world]
  if (samplingModel(model).atomicGranuleBytes > 1) return world
  // As few bytes as will do.
  return { ...world, payloadBytes: world.kind === 'reads' ? 2 : 1 }
}

const twoPinners = [
  ['pin', 'part'],
  ['pin', 'part', 'drop'],
] as const

/** Worlds too large to be explored as a whole. */
export const wideCellWorlds: Readonly<Record<CellControl['world'], AnyCellWorld>> = {
  reads: {
    kind: 'reads',
    payloadBytes: 120,
    ownerSteps: [publish, publish, publish],
    readers: [[read, read, read]],
    attemptsMax: 2,
  },
  pins: { ...pins, owner: ['store', 'scan', 'store', 'scan'], readers: twoPinners },
  leases: {
    ...pins,
    ...shortLease,
    owner: ['store', 'scan', 'store', 'scan'],
    readers: twoPinners,
  },
  writes: {
    ...writes,
    owner: ['update', 'update'],
    writers: [['update', 'load'], ['update']],
    attemptsMax: 2,
  },
}

export interface WeakerCellWorld {
  readonly claim: string
  readonly model?: SamplingChoice
  readonly change: object
}

const turns: WeakerCellWorld = {
  claim: 'where reads and publications take turns',
  change: { quiescent: true, bursts: [1], onlyBursts: true },
}
const onePublication: WeakerCellWorld = {
  claim: 'where one version is published',
  change: { ownerSteps: [publish] },
}
const inOrder: WeakerCellWorld = {
  claim: 'where stores stay in order (TSO)',
  model: { cpu: 'tso' },
  change: {},
}
const nobodyScans: WeakerCellWorld = {
  claim: 'where nothing is reclaimed',
  model: 'nicX86',
  change: { owner: ['store', 'store'], readers: [['pin', 'part']] },
}
const noLeaseRunsOut: WeakerCellWorld = {
  claim: 'where no lease runs out',
  model: 'nicX86',
  change: { ticksMax: 0 },
}
const nobodyElseWrites: WeakerCellWorld = {
  claim: 'where nobody else writes',
  change: { owner: [] },
}

/** What does hold of each. */
export const weakerCellWorlds: Readonly<Record<CellControlName, readonly WeakerCellWorld[]>> = {
  'word-once': [turns, onePublication],
  'unfenced-word': [
    turns,
    {
      claim: 'where READs wait for one another',
      model: { ...samplingPresets.nicX86, readAfterRead: 'ordered' },
      change: {},
    },
  ],
  'word-without-generation': [turns, onePublication],
  'object-without-barrier': [turns, inOrder],
  'pin-apart': [nobodyScans],
  'scan-without-fence': [nobodyScans],
  'reclaim-one-early': [nobodyScans],
  'lease-checked-before': [noLeaseRunsOut],
  'late-renewal': [noLeaseRunsOut],
  'first-seen-before-look': [noLeaseRunsOut],
  'expired-after-look': [noLeaseRunsOut],
  'cpu-compare-and-swap': [
    {
      claim: 'where the NIC’s atomics are the CPU’s as well',
      model: { nicAtomics: 'global' },
      change: {},
    },
  ],
  'object-not-drained': [inOrder],
  'unchecked-swap': [nobodyElseWrites],
  'bytes-kept-on-retry': [nobodyElseWrites],
}

/** A world in words. */
export function describeCellWorld(world: AnyCellWorld): string {
  const { payloadBytes } = world
  const objects = `objects of ${payloadBytes} payload ${payloadBytes === 1 ? 'byte' : 'bytes'}`
  if (world.kind === 'reads') {
    const count = world.ownerSteps?.length ?? 0
    return `${objects}, room for two, ${count} publications, one read, one attempt`
  }
  const { owner, readers = [] } = world
  const peers = world.kind === 'writes' ? [...world.writers, ...readers] : readers
  const scripts = [owner, ...peers].map((deeds) => deeds.join(', '))
  const who = world.kind === 'writes' ? 'writer' : 'reader'
  const time = world.ticksMax === undefined ? '' : '; leases run out'
  return `${objects}, room for two; owner: ${scripts.join(`; ${who}: `)}${time}`
}
