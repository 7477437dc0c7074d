// A litmus report in few lines, for the output of tests.
import type { LitmusReport } from '../../bench/support/litmus-report.ts'

/** A line for each program: iterations, then each outcome with its count; `*` where it is judged. */
export function formatCounts(report: LitmusReport): string {
  const lines = report.rows.map(({ id, notRun, iterations, outcomes }) => {
    if (notRun !== undefined) return `${id}: not run: ${notRun}`
    const counts = outcomes.map(({ outcome, count, judged }) => {
      return `${judged ? '*' : ''}${outcome.replaceAll(' ', ',')}:${count}`
    })
    return `${id}: ${iterations} iterations: ${counts.join(' ')}`
  })
  return `${[...lines, ...report.verdict.sentences].join('\n')}\n`
}
