// The negative controls of versioned slots as cases, each with the small world in which it shows its
// flaw and the nearest worlds in which it is right.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { SlotsControl, SlotsControlName, SlotsScheme } from '../../protocols/slots/index.ts'
import { slotsControls } from '../../protocols/slots/index.ts'
import type { OwnerStep } from '../protocol/owner-trace.ts'
import { ProtocolScenario, type ProtocolScenarioOptions } from '../protocol/protocol-scenario.ts'
import { slotsProtocol } from '../protocol/slots-protocol.ts'
import { type SamplingChoice, type SamplingPreset, samplingModel } from '../sampling-model.ts'
import type { ControlCase } from './control-case.ts'
import { caseName } from './control-worlds.ts'

/** Everything that a run depends on but the control, the model and the schedule. */
export interface SlotsControlWorld extends Pick<
  ProtocolScenarioOptions,
  'ownerSteps' | 'readers' | 'attemptsMax' | 'bursts' | 'onlyBursts' | 'quiescent'
> {
  readonly payloadBytes: number
  readonly slotCount: number
  readonly ownerSteps: readonly OwnerStep[]
  /** Version of the first payload; 1 by default. */
  readonly firstVersion?: number
}

interface WeakerWorld {
  readonly claim: string
  readonly model?: SamplingChoice
  readonly change: Partial<SlotsControlWorld>
}

/** All of them. */
export function slotsCases(kernels: MemoryKernels): readonly ControlCase[] {
  return Object.values(slotsControls).map((control) => slotsCase(control, kernels))
}

function slotsCase(control: SlotsControl, kernels: MemoryKernels): ControlCase {
  const { name, claim, looksRight, interleaving, caughtUnder } = control
  const scenario = (model: SamplingChoice, world: SlotsControlWorld): ProtocolScenario =>
    slotsControlScenario(control, kernels, model, world)
  return {
    name,
    subject: 'versioned slots',
    claim,
    looksRight,
    interleaving,
    caughtUnder,
    scenario: (model) => scenario(model, smallSlotsWorld(control, model)),
    wideScenario: (model) => scenario(model, wideWorld(control)),
    describe: (model) => describeWorld(smallSlotsWorld(control, model)),
    weaker: weakerWorlds[name].map((each) => ({
      claim: each.claim,
      scenario: () =>
        scenario(each.model ?? 'minimal', {
          ...smallSlotsWorld(control, 'minimal'),
          ...each.change,
        }),
    })),
    order: (preset) => (isRare(name, preset) ? { seed: 1, schedulesMax: 100_000 } : null),
    isRare: (preset) => isRare(name, preset),
  }
}

/** A control, or a strategy, in a world. */
export function slotsControlScenario(
  scheme: SlotsScheme & { readonly name: string },
  kernels: MemoryKernels,
  model: SamplingChoice,
  world: SlotsControlWorld,
): ProtocolScenario {
  const { payloadBytes, slotCount, firstVersion = 1, ...options } = world
  const name = caseName(scheme.name, model)
  const shape = { payloadBytes, slotCount, firstVersion, name }
  return new ProtocolScenario(slotsProtocol(scheme, kernels, shape), { ...options, model })
}

/** Where every byte of an index is old or new, one mixture in many shows anything. */
const rareByBytes: readonly SlotsControlName[] = [
  'one-lap-more',
  'one-lap-more-of-three',
  'index-once',
  'unfenced-slots',
  'no-barrier-before-publish',
  'latch-no-barrier-after-publish',
  'unversioned-slot-hash',
  'plain-index',
]

function isRare(name: SlotsControlName, preset: SamplingPreset): boolean {
  return preset === 'bytes' && rareByBytes.includes(name)
}

/** A payload with two granules that matter, by granule: the first line of a slot holds 48 bytes. */
const smallBytes: Readonly<Record<1 | 8 | 64, number>> = { 1: 2, 8: 16, 64: 56 }

function publications(count: number): readonly OwnerStep[] {
  return Array.from({ length: count }, () => ({ kind: 'publish' }))
}

/** As many publications as it takes to store over the slot being read. */
export function smallSlotsWorld(control: SlotsControl, model: SamplingChoice): SlotsControlWorld {
  const { name, slotCount } = control
  const granule = samplingModel(model).atomicGranuleBytes
  const base: SlotsControlWorld = {
    slotCount,
    payloadBytes: smallBytes[granule],
    ownerSteps: publications(slotCount),
    readers: [[{ kind: 'read' }]],
    attemptsMax: 1,
  }
  if (name === 'guess-without-index') {
    return { ...base, ownerSteps: publications(1), readers: [[{ kind: 'read' }, { kind: 'read' }]] }
  }
  if (name === 'unversioned-slot-hash' && granule === 1) {
    // Every byte of a seal is old or new: as few steps as will do.
    return { ...base, payloadBytes: 1, bursts: [2], onlyBursts: true }
  }
  if (name !== 'plain-index') return base
  // From 0x080 to 0x100, a carry, and then to 0x180, which both together pretend.
  const carry = { firstVersion: 0x80, bursts: [0x80], onlyBursts: true }
  return { ...base, ...carry, ownerSteps: publications(0x100) }
}

/** A world too large to be explored as a whole: several lines and packets, publications and reads. */
function wideWorld({ slotCount }: SlotsControl): SlotsControlWorld {
  return {
    payloadBytes: 120,
    slotCount,
    ownerSteps: publications(slotCount + 2),
    readers: [[{ kind: 'read' }, { kind: 'read' }, { kind: 'read' }]],
    attemptsMax: 2,
  }
}

/** Where reads and publications take turns, nearly everything is right. */
const turns: WeakerWorld = {
  claim: 'where reads and publications take turns',
  change: { quiescent: true, bursts: [1], onlyBursts: true },
}
const inOrder: WeakerWorld = {
  claim: 'where stores stay in order (TSO)',
  model: { cpu: 'tso' },
  change: {},
}
const ascending = { sampling: 'ascending', replay: 'off', cpu: 'tso' } as const

/** What does hold of each. */
const weakerWorlds: Readonly<Record<SlotsControlName, readonly WeakerWorld[]>> = {
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
    {
      claim: 'where READs wait for one another',
      model: { readAfterRead: 'ordered' },
      change: {},
    },
  ],
  'index-first': [turns],
  'no-barrier-before-publish': [turns, inOrder],
  'latch-no-barrier-after-publish': [turns, inOrder],
  'guess-without-index': [
    { claim: 'in a machine’s first read', change: { readers: [[{ kind: 'read' }]] } },
  ],
  'unversioned-slot-hash': [
    turns,
    {
      claim: 'where READs ascend, once, and stores stay in order',
      model: ascending,
      change: {},
    },
  ],
  'plain-index': [{ claim: 'where a word is sampled in one piece', change: {} }],
}

function describeWorld(world: SlotsControlWorld): string {
  const { payloadBytes, slotCount, ownerSteps, readers = [], firstVersion, bursts = [] } = world
  const count = ownerSteps.length
  const reads = readers[0]?.length ?? 0
  const together = world.onlyBursts === true ? `, ${bursts.join(' or ')} at a time` : ''
  return [
    `${slotCount} slots of ${payloadBytes} payload ${payloadBytes === 1 ? 'byte' : 'bytes'}`,
    ...(firstVersion === undefined ? [] : [`the first version ${firstVersion}`]),
    `${count} publication${count > 1 ? 's' : ''}${together}`,
    reads === 1 ? 'one read' : `${reads} reads`,
    'one attempt',
  ].join(', ')
}
