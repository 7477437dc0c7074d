// The tables of docs/safety-matrix.md. Every figure comes from the evidence; prose is elsewhere.
import { seqlockStrategies } from '../../protocols/seqlock/index.ts'
import type { SeqlockStrategyName } from '../../protocols/seqlock/index.ts'
import type { SafetyCell } from '../../regions/safety-cell.ts'
import { rowCells, safetyAxes } from '../../regions/safety-cell.ts'
import { samplingPresetNames, samplingPresets } from '../sampling-model.ts'
import { canonicalCells, cellName, safetyCells } from './cells.ts'
import { type SafetyEvidence, matrixStrategies, resultOf } from './compute-matrix.ts'
import type { CellCounterexample, CellResult } from './explore-cell.ts'
import { rowsOf } from './render-table.ts'
import { matrixWorlds } from './worlds.ts'

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
  const head = ['strategy', ...granules.map((granule) => `granule ${granule}`)]
  const rows = matrixStrategies.map((strategy) => [
    code(strategy),
    ...granules.map((granule) => {
      const cells = safetyCells.filter((cell) => cell.atomicGranuleBytes === granule)
      return summary(cells.map((cell) => resultOf(evidence, strategy, cell)))
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
  const rows = samplingPresetNames.map((preset) => {
    const { atomicGranuleBytes, sampling, replay, readAfterRead, cpu } = samplingPresets[preset]
    const cell: SafetyCell = { atomicGranuleBytes, sampling, replay, readAfterRead, cpu }
    const verdicts = matrixStrategies.map((name) => resultOf(evidence, name, cell).verdict)
    return [code(preset), cellName(cell), ...verdicts]
  })
  return [['preset', 'its cell', ...matrixStrategies.map(code)], ...rows]
}

/** Where a strategy breaks: one line for all cells with the same counterexample's world and kind. */
export function unsoundTable(evidence: SafetyEvidence): Table {
  const rows = matrixStrategies.flatMap((strategy) =>
    rowsOf().flatMap((row) => {
      const groups = new Map<string, (typeof rowCells)[number][]>()
      for (const column of rowCells) {
        const { counterexample } = resultOf(evidence, strategy, { ...row, ...column })
        if (counterexample === undefined) continue
        const key = `${counterexample.world} | ${counterexample.kind}`
        groups.set(key, [...(groups.get(key) ?? []), column])
      }
      return [...groups].map(([key, columns]) => [
        code(strategy),
        String(row.atomicGranuleBytes),
        row.sampling,
        columnsText(columns),
        ...key.split(' | '),
      ])
    }),
  )
  return [['strategy', 'granule', 'sampling', 'other columns', 'world', 'violation'], ...rows]
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
  const rows = matrixStrategies.flatMap((strategy) =>
    safetyAxes.atomicGranuleBytes.map((granule) => {
      const cells = canonicalCells(strategy).filter((cell) => cell.atomicGranuleBytes === granule)
      const results = cells.map((cell) => resultOf(evidence, strategy, cell))
      const sum = (of: (result: CellResult) => number): string =>
        results.reduce((total, result) => total + of(result), 0).toLocaleString('en-US')
      return [
        code(strategy),
        String(granule),
        String(cells.length),
        sum((result) => result.schedules + (result.counterexample?.schedules ?? 0)),
        sum((result) => result.states),
        sum((result) => result.sampledWorlds.length),
        sum((result) => result.samples),
      ]
    }),
  )
  const head = ['strategy', 'granule', 'experiments', 'schedules', 'states']
  return [[...head, 'worlds only sampled', 'samples'], ...rows]
}

/** The worlds and their reasons. */
export function worldTable(): Table {
  return [
    ['world', 'what it is there for'],
    ...matrixWorlds.map((world) => [code(world.name), world.reason]),
  ]
}

/** The counterexample of the strongest cell in which a strategy is unsound. */
export function strongestCounterexample(
  evidence: SafetyEvidence,
  strategy: SeqlockStrategyName,
): { readonly cell: SafetyCell; readonly found: CellCounterexample } | null {
  for (const cell of safetyCells) {
    const { counterexample } = resultOf(evidence, strategy, cell)
    if (counterexample !== undefined) return { cell, found: counterexample }
  }
  return null
}

/** What each strategy says of itself, as the chooser tells it. */
export function needsTable(): Table {
  const rows = matrixStrategies.map((strategy) => {
    const { atomicGranuleBytes, reason } = seqlockStrategies[strategy].needs
    return [code(strategy), String(atomicGranuleBytes), reason]
  })
  return [['strategy', 'granule', 'why'], ...rows]
}

function code(text: string): string {
  return `\`${text}\``
}
