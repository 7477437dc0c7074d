// Tables for people: numbers to the right, no colours of the table's own.
import CliTable from 'cli-table3'
import { plainTableStyle } from '../simulation/report/table-style.ts'
import type { Paint } from './terminal.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export type TableRow = readonly string[] | 'rule'

/** Lays rows out under their titles; a row that is shorter than the titles ends the line early. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly TableRow[],
  paint: Paint,
): string {
  const table = new CliTable({
    head: columns.map((column) => paint('bold', column.title)),
    colAligns: columns.map((column) => column.align ?? 'right'),
    ...plainTableStyle,
  })
  for (const row of rows) {
    if (row === 'rule') table.push(columns.map(() => ''))
    else if (row.length === columns.length) table.push([...row])
    else {
      const last = row.length - 1
      const span = { content: row[last] ?? '', colSpan: columns.length - last, hAlign: 'left' }
      table.push([...row.slice(0, last), span as CliTable.Cell])
    }
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** 1,234,567. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Nanoseconds below a tenth, then about three digits: 0.003, 0.32, 12.3, 1,234. */
export function microseconds(value: number): string {
  if (value >= 100) return count(value)
  if (value >= 10) return value.toFixed(1)
  return value.toFixed(value > 0 && value < 0.1 ? 3 : 2)
}

/** 64, 4 KiB, 1 MiB; whole binary multiples only, else plain bytes. */
export function bytes(value: number): string {
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`
  if (value >= 2 ** 10 && value % 2 ** 10 === 0) return `${value / 2 ** 10} KiB`
  return `${value} B`
}
