// Goal: regions that are read together were all present at one instant, whatever protocols they have and
// however the memory behaves. Method: one owner publishes to two or three regions in an order that makes
// any other combination visible (x before y, so y is never ahead); explorations sample schedules under
// every preset, the smallest worlds are explored as a whole. Joint reads that check too little are caught.
import { describe, expect, test } from 'vitest'
import { type GroupControlName, groupControls } from '../../src/protocols/group/controls.ts'
import { SnapshotGroup } from '../../src/protocols/group/snapshot-group.ts'
import {
  type SeqlockStrategyName,
  type SlotsStrategyName,
  ValidatedReader,
  soundCell,
  seqlockStrategies,
  slotsStrategies,
} from '../../src/protocols/index.ts'
import type { Exploration, ExploreOptions } from '../../src/simulation/exploration.ts'
import { explore } from '../../src/simulation/explore.ts'
import {
  GroupScenario,
  type GroupScenarioOptions,
} from '../../src/simulation/group/group-scenario.ts'
import { type ValidatedCell, cellProtocol } from '../../src/simulation/protocol/cell-protocol.ts'
import type { ProtocolUnderTest } from '../../src/simulation/protocol/protocol-under-test.ts'
import { seqlockProtocol } from '../../src/simulation/protocol/seqlock-protocol.ts'
import { slotsProtocol } from '../../src/simulation/protocol/slots-protocol.ts'
import { type SamplingPreset, samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import { kernels, seed } from './support/slots-world.ts'

type Sort = SeqlockStrategyName | `slots ${SlotsStrategyName}` | 'cell'

const validatedCell: ValidatedCell = {
  name: 'validated',
  createOwner: (memory, shape) => soundCell.createOwner(memory, shape, kernels),
  createReader: (shape) => new ValidatedReader(shape, kernels),
}

function protocolOf(sort: Sort, payloadBytes: number): ProtocolUnderTest {
  if (sort.startsWith('slots ')) {
    const scheme = slotsStrategies[sort.slice(6) as SlotsStrategyName]
    return slotsProtocol(scheme, kernels, { payloadBytes, slotCount: 2 })
  }
  if (sort === 'cell') return cellProtocol(validatedCell, kernels, { payloadBytes })
  return seqlockProtocol(seqlockStrategies[sort as SeqlockStrategyName], kernels, { payloadBytes })
}

interface GroupWorld extends Omit<GroupScenarioOptions, 'createGroup'> {
  readonly sorts: readonly Sort[]
  readonly payloadBytes?: number
  readonly control?: GroupControlName
}

function exploreGroup(world: GroupWorld, options: ExploreOptions): Exploration {
  const { sorts, payloadBytes = 16, control, ...rest } = world
  const Group = control === undefined ? SnapshotGroup : groupControls[control]
  const protocols = sorts.map((sort) => protocolOf(sort, payloadBytes))
  const createGroup = (count: number): SnapshotGroup => new Group(count)
  return explore(new GroupScenario(protocols, { ...rest, createGroup }), { seed, ...options })
}

function told(world: GroupWorld, { verdict, counterexample, coverage }: Exploration): string {
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  return `${verdict}: ${why}\n${JSON.stringify(world)}\n${counterexample?.tape ?? ''}`
}

/** Which ones a preset's granule carries; those that need none go everywhere. */
const sortsOf: Readonly<Record<SamplingPreset, readonly Sort[]>> = {
  sharedMemory: ['fenced', 'hash', 'words', 'slots fenced', 'slots hash', 'cell'],
  rxe: ['fenced', 'hash', 'words', 'slots fenced', 'slots hash', 'cell'],
  nicX86: ['fenced', 'hash', 'words', 'lines', 'slots fenced', 'slots hash', 'cell'],
  minimal: ['fenced', 'hash', 'words', 'slots fenced', 'slots hash', 'cell'],
  bytes: ['hash', 'slots fenced', 'slots hash', 'cell'],
}

describe.each(samplingPresetNames)('%s', (model) => {
  const sorts = sortsOf[model]

  test.each(sorts)('%s with each of the others', (sort) => {
    let results = 0
    for (const other of sorts) {
      const world = { model, sorts: [sort, other], order: [0, 1, 0, 1] }
      const exploration = exploreGroup(world, { schedulesMax: 80 })
      expect(exploration.verdict, told(world, exploration)).toBe('holds')
      results += exploration.coverage.results
    }
    expect(results).toBeGreaterThan(50)
  })

  test('three regions', () => {
    const world = { model, sorts: [0, 1, 2].map((at) => sorts[at] as Sort), order: [2, 0, 1, 0, 2] }
    const exploration = exploreGroup(world, { schedulesMax: 400 })
    expect(exploration.verdict, told(world, exploration)).toBe('holds')
  })

  test.each(Object.keys(groupControls) as GroupControlName[])(
    'the control %s is caught',
    (control) => {
      const [sort] = sorts as [Sort]
      const world = { model, sorts: [sort, sort], order: [0, 1, 0, 1], control, onlyBursts: true }
      const exploration = exploreGroup(world, { schedulesMax: 20_000 })
      expect(exploration.verdict, told(world, exploration)).toBe('violated')
      expect(exploration.counterexample?.violation.kind).toBe('apart')
    },
  )
})

test.each(sortsOf.minimal)('every schedule of the smallest world: %s', (sort) => {
  const world = { model: 'minimal', sorts: [sort, sort], order: [0, 1], payloadBytes: 8 } as const
  const bounds = { attemptsMax: 1, roundsMax: 2 }
  const exploration = exploreGroup({ ...world, ...bounds }, { strategy: 'exhaustive' })
  expect(exploration.complete, told(world, exploration)).toBe(true)
  expect(exploration.verdict, told(world, exploration)).toBe('holds')
})
