// The safety matrix as the two files of data that are checked in: the table the chooser reads, and
// the evidence behind every entry. Invariant: the same evidence makes the same bytes.
import {
  type SafetyCell,
  type SafetyMatrix,
  type SafetyRow,
  type SafetyVerdict,
  rowCells,
  rowKey,
  safetyAxes,
} from '../../regions/safety-cell.ts'
import type { ProtocolName } from '../../regions/contract.ts'
import { type SafetyEvidence, resultOf, rowOf } from './compute-matrix.ts'
import { matrixProtocols, matrixSubjects, subjectsOf } from './subjects.ts'

/** The table, as `src/regions/safety-matrix.ts` holds it. */
export function tableOf(evidence: SafetyEvidence): SafetyMatrix {
  const table: Partial<Record<ProtocolName, Record<string, Record<string, SafetyRow>>>> = {}
  for (const subject of matrixSubjects) {
    const rows: Record<string, SafetyRow> = {}
    for (const row of rowsOf()) {
      const verdicts = rowCells.map(
        (column) => resultOf(evidence, subject, { ...row, ...column }).verdict,
      )
      const [first] = verdicts as [SafetyVerdict]
      rows[rowKey(row)] = verdicts.every((verdict) => verdict === first) ? first : verdicts
    }
    const strategies = (table[subject.protocol] ??= {})
    strategies[subject.strategy] = rows
  }
  return table
}

/** Rows of the matrix, strongest guarantees first. */
export function rowsOf(): readonly Pick<SafetyCell, 'atomicGranuleBytes' | 'sampling'>[] {
  return safetyAxes.atomicGranuleBytes.flatMap((atomicGranuleBytes) =>
    safetyAxes.sampling.map((sampling) => ({ atomicGranuleBytes, sampling })),
  )
}

const tableHead = `// Made by \`npm run matrix\` from explorations: do not change it here. Which strategy of which
// protocol is sound in which cell of the safety matrix; docs/safety-matrix.md explains,
// docs/safety-matrix.json is the evidence. Where the cells of a row differ, their order is that of
// \`rowCells\`.
import type { SafetyMatrix } from './safety-cell.ts'

export const safetyMatrix: SafetyMatrix = `

/** Source text of `src/regions/safety-matrix.ts`, as prettier would write it. */
export function renderTable(evidence: SafetyEvidence): string {
  const lines = Object.entries(tableOf(evidence)).flatMap(([protocol, strategies]) => [
    `  ${keyText(protocol)}: {`,
    ...Object.entries(strategies).flatMap(([strategy, rows]) => [
      `    ${strategy}: {`,
      ...Object.entries(rows).flatMap(([key, row]) => rowLines(key, row)),
      '    },',
    ]),
    '  },',
  ])
  return `${tableHead}{\n${lines.join('\n')}\n}\n`
}

function rowLines(key: string, row: SafetyRow): readonly string[] {
  if (typeof row === 'string') return [`      '${key}': '${row}',`]
  const line = `      '${key}': [${row.map((verdict) => `'${verdict}'`).join(', ')}],`
  if (line.length <= 100) return [line]
  return [`      '${key}': [`, ...row.map((verdict) => `        '${verdict}',`), '      ],']
}

function keyText(name: string): string {
  return /^[a-z]+$/.test(name) ? name : `'${name}'`
}

/** `docs/safety-matrix.json`: one line for each cell that is an experiment of its own. */
export function renderEvidence(evidence: SafetyEvidence): string {
  const protocols = matrixProtocols.map(({ protocol }) => {
    const strategies = subjectsOf(protocol).map((subject) => {
      const cells = Object.entries(rowOf(evidence, subject)).map(
        ([name, result]) => `      ${JSON.stringify(name)}: ${JSON.stringify(result)}`,
      )
      return `    ${JSON.stringify(subject.strategy)}: {\n${cells.join(',\n')}\n    }`
    })
    return `  ${JSON.stringify(protocol)}: {\n${strategies.join(',\n')}\n  }`
  })
  return `{\n${protocols.join(',\n')}\n}\n`
}

/** Reads what `renderEvidence` wrote. */
export function parseEvidence(text: string): SafetyEvidence {
  return JSON.parse(text) as SafetyEvidence
}
