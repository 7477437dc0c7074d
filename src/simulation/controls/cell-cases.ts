// The negative controls of RCU cells as cases. Their worlds are in cell-worlds.ts.
import { type CellControl, type CellControlName, cellControls } from '../../protocols/cell/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { CellUnderTest } from '../cell/index.ts'
import type { ExploreOptions } from '../exploration.ts'
import type { SamplingChoice, SamplingPreset } from '../sampling-model.ts'
import {
  type AnyCellScenario,
  type AnyCellWorld,
  anyCellScenario,
  describeCellWorld,
  smallCellWorld,
  weakerCellWorlds,
  wideCellWorlds,
} from './cell-worlds.ts'
import type { ControlCase } from './control-case.ts'

/** All of them. */
export function cellCases(kernels: MemoryKernels): readonly ControlCase[] {
  return Object.values(cellControls).map((control) => cellCase(control, kernels))
}

function cellCase(control: CellControl, kernels: MemoryKernels): ControlCase {
  const { name, claim, looksRight, interleaving, caughtUnder } = control
  const cell = cellControlUnderTest(control, kernels)
  const scenario = (model: SamplingChoice, world: AnyCellWorld): AnyCellScenario =>
    anyCellScenario(world, model, cell)
  return {
    name,
    subject: 'RCU cell',
    claim,
    looksRight,
    interleaving,
    caughtUnder,
    scenario: (model) => scenario(model, smallCellWorld(control, model)),
    wideScenario: (model) => scenario(model, wideCellWorlds[control.world]),
    describe: (model) => describeCellWorld(smallCellWorld(control, model)),
    weaker: weakerCellWorlds[name].map(({ claim: weakerClaim, model = 'minimal', change }) => ({
      claim: weakerClaim,
      scenario: () => scenario(model, { ...smallCellWorld(control, model), ...change }),
    })),
    order: (preset) => orderOf(name, preset),
    isRare: (preset) =>
      preset === 'bytes' || control.world === 'pins' || control.world === 'leases',
    tooLarge: (preset) => preset === 'bytes' && hidden.includes(name),
  }
}

export function cellControlUnderTest(control: CellControl, kernels: MemoryKernels): CellUnderTest {
  const { name, clockAfterLook } = control
  return { name, scheme: control, kernels, clockAfterLook, pinsApart: name === 'pin-apart' }
}

/** Long stories of leases, and WRITEs in flight beside them, have too many schedules. */
const sampled: readonly CellControlName[] = [
  'pin-apart',
  'lease-checked-before',
  'first-seen-before-look',
]

/**
 * Byte by byte nearly all schedules are spent on words that are sampled half-way, and never get to a story that
 * is as long as these. Whatever `minimal` has `bytes` has too: words of which all bytes are sampled at once.
 */
const hidden: readonly CellControlName[] = ['expired-after-look', 'cpu-compare-and-swap']

function orderOf(name: CellControlName, preset: SamplingPreset): ExploreOptions | null {
  // Every byte of a word is old or new there.
  if (preset !== 'bytes' && !sampled.includes(name)) return null
  return { strategy: 'mixed', seed: 1, schedulesMax: 100_000 }
}
