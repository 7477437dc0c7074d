// Computes the safety matrix: every strategy in every cell that is an experiment of its own.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { seqlockStrategies } from '../../protocols/seqlock/index.ts'
import type { SeqlockStrategyName } from '../../protocols/seqlock/index.ts'
import type { SafetyCell } from '../../regions/safety-cell.ts'
import { canonicalCell, canonicalCells, cellName } from './cells.ts'
import { type CellResult, exploreCell } from './explore-cell.ts'

/** Results by strategy and name of the cell; cells that stand for others only. */
export type SafetyEvidence = Readonly<
  Record<SeqlockStrategyName, Readonly<Record<string, CellResult>>>
>

export const matrixStrategies: readonly SeqlockStrategyName[] = Object.keys(
  seqlockStrategies,
) as SeqlockStrategyName[]

/**
 * Explores everything: half a minute of one core.
 * @param done called after each cell
 */
export function computeMatrix(
  kernels: MemoryKernels,
  done: (strategy: SeqlockStrategyName, cell: SafetyCell, result: CellResult) => void = () => {},
): SafetyEvidence {
  const byStrategy = matrixStrategies.map((strategy) => {
    const results = canonicalCells(strategy).map((cell) => {
      const result = exploreCell(strategy, cell, kernels)
      done(strategy, cell, result)
      return [cellName(cell), result] as const
    })
    return [strategy, Object.fromEntries(results)] as const
  })
  return Object.fromEntries(byStrategy) as SafetyEvidence
}

/** The result that holds for a cell. */
export function resultOf(
  evidence: SafetyEvidence,
  strategy: SeqlockStrategyName,
  cell: SafetyCell,
): CellResult {
  const name = cellName(canonicalCell(strategy, cell))
  const result = evidence[strategy][name]
  if (result === undefined) throw new Error(`the safety matrix has no cell ${strategy} ${name}`)
  return result
}
