// The tables of docs/safety-matrix.md. Every figure comes from the evidence; prose is elsewhere.
import type { ProtocolName } from '../../regions/contract.ts'
import type { SafetyCell } from '../../regions/safety-cell.ts'
import { rowCells, safetyAxes } from '../../regions/safety-cell.ts'
import { type SamplingPreset, samplingPresetNames, samplingPresets } from '../sampling-model.ts'
import { canonicalCells, cellName, safetyCells } from './cells.ts'
import { type SafetyEvidence, resultOf } from './compute-matrix.ts'
import type { CellCounterexample, CellResult } from './explore-cell.ts'
import type { MatrixSubject } from './matrix-subject.ts'
import { rowsOf } from './render-table.ts'
import { matrixSubjects, subjectsOf } from './subjects.ts'

type Table = readonly (readonly string[])[]

/** Rows as a Markdown table; the first is the head. */
export function markdown(table: Table): string {
  const [head = [], ...rows] = table
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Verdicts by strategy and granule: where all cells of a granule agree, one word. */
export function verdictTable(evidence: SafetyEvidence): Table {
  const granules = safetyAxes.atomicGranuleBytes
  const head = ['protocol', 'strategy', ...granules.map((granule) => `granule ${granule}`)]
  const rows = matrixSubjects.map((subject) => [
    ...names(subject),
    ...granules.map((granule) => {
      const cells = safetyCells.filter((cell) => cell.atomicGranuleBytes === granule)
      return summary(cells.map((cell) => resultOf(evidence, subject, cell)))
    }),
  ])
  return [head, ...rows]
}

function summary(results: readonly CellResult[]): string {
  const count = (verdict: string): number =>
    results.filter((result) => result.verdict === verdict).length
  const parts = (['unsound', 'sound', 'sampled'] as const)
    .map((verdict) => ({ verdict, cells: count(verdict) }))
    .filter(({ cells }) => cells > 0)
  if (parts.length === 1) return parts[0]?.verdict ?? ''
  return parts.map(({ verdict, cells }) => `${verdict} in ${cells} of ${results.length}`).join(', ')
}

/** Verdicts under the presets of sampling models. */
export function presetTable(evidence: SafetyEvidence): Table {
  const rows = matrixSubjects.map((subject) => [
    ...names(subject),
    ...samplingPresetNames.map((name) => resultOf(evidence, subject, presetCell(name)).verdict),
  ])
  return [['protocol', 'strategy', ...samplingPresetNames.map(code)], ...rows]
}

/** Which cell each preset is. */
export function presetCellTable(): Table {
  const rows = samplingPresetNames.map((name) => [code(name), cellName(presetCell(name))])
  return [['preset', 'its cell'], ...rows]
}

function presetCell(name: SamplingPreset): SafetyCell {
  const { atomicGranuleBytes, sampling, replay, readAfterRead, cpu } = samplingPresets[name]
  return { atomicGranuleBytes, sampling, replay, readAfterRead, cpu }
}

/** Where a strategy breaks: one line for all cells with the same counterexample's world and kind. */
export function unsoundTable(evidence: SafetyEvidence): Table {
  const rows = matrixSubjects.flatMap((subject) =>
    rowsOf().flatMap((row) => {
      const groups = new Map<string, (typeof rowCells)[number][]>()
      for (const column of rowCells) {
        const { counterexample } = resultOf(evidence, subject, { ...row, ...column })
        if (counterexample === undefined) continue
        const key = `${counterexample.world} | ${counterexample.kind}`
        groups.set(key, [...(groups.get(key) ?? []), column])
      }
      return [...groups].map(([key, columns]) => [
        ...names(subject),
        String(row.atomicGranuleBytes),
        row.sampling,
        columnsText(columns),
        ...key.split(' | '),
      ])
    }),
  )
  const head = ['protocol', 'strategy', 'granule', 'sampling', 'other columns', 'world']
  return [[...head, 'violation'], ...rows]
}

/** What all these columns have in common, if that is what tells them from the others. */
function columnsText(columns: readonly (typeof rowCells)[number][]): string {
  if (columns.length === rowCells.length) return 'any'
  const axes = ['replay', 'readAfterRead', 'cpu'] as const
  const fixed = axes.filter((axis) => new Set(columns.map((column) => column[axis])).size === 1)
  const first = columns[0]
  const alike = rowCells.filter((column) => fixed.every((axis) => column[axis] === first?.[axis]))
  if (alike.length === columns.length) {
    return fixed.map((axis) => `${axis} ${first?.[axis]}`).join(', ')
  }
  return columns.map((column) => axes.map((axis) => column[axis]).join(' ')).join('; ')
}

/** How much was explored, by strategy and granule. */
export function effortTable(evidence: SafetyEvidence): Table {
  const rows = matrixSubjects.flatMap((subject) =>
    safetyAxes.atomicGranuleBytes.map((granule) => {
      const cells = canonicalCells(subject).filter((cell) => cell.atomicGranuleBytes === granule)
      const results = cells.map((cell) => resultOf(evidence, subject, cell))
      const sum = (of: (result: CellResult) => number): string =>
        results.reduce((total, result) => total + of(result), 0).toLocaleString('en-US')
      return [
        ...names(subject),
        String(granule),
        String(cells.length),
        sum((result) => result.schedules + (result.counterexample?.schedules ?? 0)),
        sum((result) => result.states),
        sum((result) => result.sampledWorlds.length),
        sum((result) => result.samples),
      ]
    }),
  )
  const head = ['protocol', 'strategy', 'granule', 'experiments', 'schedules', 'states']
  return [[...head, 'worlds only sampled', 'samples'], ...rows]
}

/** The worlds of a protocol and their reasons. */
export function worldTable(protocol: ProtocolName): Table {
  const worlds = subjectsOf(protocol)[0]?.worlds ?? []
  return [
    ['world', 'what it is there for'],
    ...worlds.map((world) => [code(world.name), world.reason]),
  ]
}

/** The counterexample of the strongest cell in which a strategy is unsound. */
export function strongestCounterexample(
  evidence: SafetyEvidence,
  subject: MatrixSubject,
): { readonly cell: SafetyCell; readonly found: CellCounterexample } | null {
  for (const cell of safetyCells) {
    const { counterexample } = resultOf(evidence, subject, cell)
    if (counterexample !== undefined) return { cell, found: counterexample }
  }
  return null
}

/** What each strategy says of itself, as the chooser tells it. */
export function needsTable(): Table {
  const rows = matrixSubjects.map((subject) => {
    const { atomicGranuleBytes, reason } = subject.needs
    return [...names(subject), String(atomicGranuleBytes), reason]
  })
  return [['protocol', 'strategy', 'granule', 'why'], ...rows]
}

function names({ protocol, strategy }: MatrixSubject): readonly [string, string] {
  return [protocol, code(strategy)]
}

function code(text: string): string {
  return `\`${text}\``
}
