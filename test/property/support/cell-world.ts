// Explores worlds of RCU cells for property tests.
import { loadHash } from '../../../src/protocols/hash.ts'
import { portableKernels } from '../../../src/protocols/portable-kernels.ts'
import { soundCell } from '../../../src/protocols/cell/index.ts'
import type { MemoryKernels } from '../../../src/protocols/local-memory.ts'
import type { CellUnderTest } from '../../../src/simulation/cell/index.ts'
import { type AnyCellWorld, anyCellScenario } from '../../../src/simulation/controls/cell-worlds.ts'
import { type Exploration, type ExploreOptions } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import type { SamplingPreset } from '../../../src/simulation/sampling-model.ts'

export type { AnyCellWorld } from '../../../src/simulation/controls/cell-worlds.ts'
export { shortLease as lease } from '../../../src/simulation/controls/cell-worlds.ts'

export const kernels: MemoryKernels = portableKernels(await loadHash())

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

export const right: CellUnderTest = { name: 'right', scheme: soundCell, kernels }

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
