// Computes the safety matrix: every strategy of every protocol in every cell that is an experiment of its own.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { ProtocolName, Strategy } from '../../regions/contract.ts'
import type { SafetyCell } from '../../regions/safety-cell.ts'
import { canonicalCell, canonicalCells, cellName } from './cells.ts'
import { type CellResult, exploreCell } from './explore-cell.ts'
import { type MatrixSubject, subjectName } from './matrix-subject.ts'
import { matrixSubjects } from './subjects.ts'

/** Results by protocol, strategy and name of the cell; cells that stand for others only. */
export type SafetyEvidence = Readonly<
  Partial<
    Record<ProtocolName, Readonly<Partial<Record<Strategy, Readonly<Record<string, CellResult>>>>>>
  >
>

/**
 * Explores everything: a minute of one core.
 * @param done called after each cell
 */
export function computeMatrix(
  kernels: MemoryKernels,
  done: (subject: MatrixSubject, cell: SafetyCell, result: CellResult) => void = () => {},
): SafetyEvidence {
  const evidence: Partial<Record<ProtocolName, Record<string, Record<string, CellResult>>>> = {}
  for (const subject of matrixSubjects) {
    const results: Record<string, CellResult> = {}
    for (const cell of canonicalCells(subject)) {
      const result = exploreCell(subject, cell, kernels)
      done(subject, cell, result)
      results[cellName(cell)] = result
    }
    const rows = (evidence[subject.protocol] ??= {})
    rows[subject.strategy] = results
  }
  return evidence
}

/** The results of one row, by name of the cell. */
export function rowOf(
  evidence: SafetyEvidence,
  { protocol, strategy }: MatrixSubject,
): Readonly<Record<string, CellResult>> {
  return evidence[protocol]?.[strategy] ?? {}
}

/** The result that holds for a cell. */
export function resultOf(
  evidence: SafetyEvidence,
  subject: MatrixSubject,
  cell: SafetyCell,
): CellResult {
  const name = cellName(canonicalCell(subject, cell))
  const result = rowOf(evidence, subject)[name]
  if (result === undefined) {
    throw new Error(`the safety matrix has no cell ${subjectName(subject)} ${name}`)
  }
  return result
}
