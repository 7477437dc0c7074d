// A check as text: a line for each sampling model, then what is wrong, then how to see it again.
import type { PresetCheck, ProtocolCheck } from './protocol-check.ts'

const titles = ['model', 'verdict', 'schedules', 'explored'] as const

/** The report of a check, ending with a line feed. */
export function formatCheck(
  check: Omit<ProtocolCheck, 'report'>,
  expected: readonly string[],
): string {
  const { protocol, presets, counterexample } = check
  const rows = Object.entries(presets).map(([name, preset]) => [
    name,
    `${preset.verdict}${remark(preset, expected.includes(name))}`,
    String(preset.schedules),
    explored(preset),
  ])
  const text = `${protocol}\n\n${columns([[...titles], ...rows])}\n`
  if (counterexample === undefined) return text
  return `${text}\n${counterexample.report}\nTo see it again: { replay: '${counterexample.tape}' }\n`
}

function remark(preset: PresetCheck, expected: boolean): string {
  if (!expected) return ''
  return preset.verdict === 'violated' ? ' (as expected)' : ' (a violation was expected)'
}

function explored(preset: PresetCheck): string {
  if (preset.verdict === 'violated') return 'up to the first violation'
  const complete = preset.worlds.filter((world) => world.complete).length
  const sampled = preset.worlds.length - complete
  const parts: string[] = []
  if (complete > 0) parts.push(`${worlds(complete)} completely`)
  if (sampled > 0) parts.push(`${worlds(sampled)} in part`)
  return parts.join(', ')
}

function worlds(count: number): string {
  return count === 1 ? '1 world' : `${count} worlds`
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
