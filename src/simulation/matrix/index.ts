// The safety matrix: computing it, and what is checked in of it. For tools and tests.
export { canonicalCell, canonicalCells, cellName, modelOf, safetyCells } from './cells.ts'
export type { SafetyEvidence } from './compute-matrix.ts'
export { computeMatrix, matrixStrategies, resultOf } from './compute-matrix.ts'
export type { CellCounterexample, CellResult } from './explore-cell.ts'
export { exploreCell, scenarioOf } from './explore-cell.ts'
export { renderPage } from './render-page.ts'
export { parseEvidence, renderEvidence, renderTable, tableOf } from './render-table.ts'
export { type MatrixWorld, matrixWorlds, worldApplies } from './worlds.ts'
