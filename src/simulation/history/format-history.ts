// A history as text: one line for each operation, with a bar from its call to its return.
import type { History } from './history.ts'

/** Columns of the bars. */
const COLUMNS = 40

/**
 * Lines such as `w1  |--------|   swap {"value":2} → {"version":3}`, in the order of the calls; `…`
 * ends the bar of an operation of unknown outcome.
 */
export function formatHistory(history: History<unknown, unknown>): string {
  const times = history.flatMap(({ invoked, returned }) =>
    returned === Infinity ? [invoked] : [invoked, returned],
  )
  const order = [...new Set(times)].sort((a, b) => a - b)
  const scale = Math.min(1, COLUMNS / Math.max(1, order.length))
  const column = (time: number): number => Math.floor(order.indexOf(time) * scale)
  const width = Math.max(0, ...history.map(({ process }) => process.length))
  const end = Math.floor(order.length * scale) + 1
  const byCall = [...history].sort((a, b) => a.invoked - b.invoked)
  const lines = byCall.map(({ process, operation, invoked, returned, result }) => {
    const from = column(invoked)
    const unknown = returned === Infinity
    const to = unknown ? end : Math.max(from + 1, column(returned))
    const bar = `${' '.repeat(from)}|${'-'.repeat(to - from - 1)}${unknown ? '…' : '|'}`
    const outcome = unknown ? 'unknown' : JSON.stringify(result)
    return `${process.padEnd(width)}  ${bar.padEnd(end + 2)}${tell(operation)} → ${outcome}`
  })
  return lines.join('\n')
}

function tell(operation: unknown): string {
  if (typeof operation !== 'object' || operation === null) return JSON.stringify(operation)
  const { kind, ...rest } = operation as { readonly kind?: unknown }
  if (typeof kind !== 'string') return JSON.stringify(operation)
  return Object.keys(rest).length === 0 ? kind : `${kind} ${JSON.stringify(rest)}`
}
