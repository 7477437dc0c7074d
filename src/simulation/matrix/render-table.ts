// The safety matrix as the two files of data that are checked in: the table the chooser reads, and
// the evidence behind every entry. Invariant: the same evidence makes the same bytes.
import {
  type SafetyCell,
  type SafetyVerdict,
  rowCells,
  rowKey,
  safetyAxes,
} from '../../regions/safety-cell.ts'
import { type SafetyEvidence, matrixStrategies, resultOf } from './compute-matrix.ts'

/** Verdicts of one row: one for all cells where they agree, else one for each of `rowCells`. */
export type SafetyRow = SafetyVerdict | readonly SafetyVerdict[]

/** The table by strategy and row, as `src/regions/safety-matrix.ts` holds it. */
export function tableOf(
  evidence: SafetyEvidence,
): Readonly<Record<string, Readonly<Record<string, SafetyRow>>>> {
  const table: Record<string, Record<string, SafetyRow>> = {}
  for (const strategy of matrixStrategies) {
    const rows: Record<string, SafetyRow> = {}
    for (const row of rowsOf()) {
      const verdicts = rowCells.map(
        (column) => resultOf(evidence, strategy, { ...row, ...column }).verdict,
      )
      const [first] = verdicts as [SafetyVerdict]
      rows[rowKey(row)] = verdicts.every((verdict) => verdict === first) ? first : verdicts
    }
    table[strategy] = rows
  }
  return table
}

/** Rows of the matrix, strongest guarantees first. */
export function rowsOf(): readonly Pick<SafetyCell, 'atomicGranuleBytes' | 'sampling'>[] {
  return safetyAxes.atomicGranuleBytes.flatMap((atomicGranuleBytes) =>
    safetyAxes.sampling.map((sampling) => ({ atomicGranuleBytes, sampling })),
  )
}

const tableHead = `// Made by \`npm run matrix\` from explorations: do not change it here. Which strategy is sound in which
// cell of the safety matrix; docs/safety-matrix.md explains, docs/safety-matrix.json is the evidence.
// Where the cells of a row differ, their order is that of \`rowCells\`.
import type { SafetyVerdict } from './safety-cell.ts'

export const safetyMatrix: Readonly<
  Record<
    'fenced' | 'hash' | 'words' | 'lines',
    Readonly<Record<string, SafetyVerdict | readonly SafetyVerdict[]>>
  >
> = `

/** Source text of `src/regions/safety-matrix.ts`, as prettier would write it. */
export function renderTable(evidence: SafetyEvidence): string {
  const lines = Object.entries(tableOf(evidence)).flatMap(([strategy, rows]) => [
    `  ${strategy}: {`,
    ...Object.entries(rows).flatMap(([key, row]) => rowLines(key, row)),
    '  },',
  ])
  return `${tableHead}{\n${lines.join('\n')}\n}\n`
}

function rowLines(key: string, row: SafetyRow): readonly string[] {
  if (typeof row === 'string') return [`    '${key}': '${row}',`]
  const line = `    '${key}': [${row.map((verdict) => `'${verdict}'`).join(', ')}],`
  if (line.length <= 100) return [line]
  return [`    '${key}': [`, ...row.map((verdict) => `      '${verdict}',`), '    ],']
}

/** `docs/safety-matrix.json`: one line for each cell that is an experiment of its own. */
export function renderEvidence(evidence: SafetyEvidence): string {
  const strategies = matrixStrategies.map((strategy) => {
    const cells = Object.entries(evidence[strategy]).map(
      ([name, result]) => `    ${JSON.stringify(name)}: ${JSON.stringify(result)}`,
    )
    return `  ${JSON.stringify(strategy)}: {\n${cells.join(',\n')}\n  }`
  })
  return `{\n${strategies.join(',\n')}\n}\n`
}

/** Reads what `renderEvidence` wrote. */
export function parseEvidence(text: string): SafetyEvidence {
  return JSON.parse(text) as SafetyEvidence
}
