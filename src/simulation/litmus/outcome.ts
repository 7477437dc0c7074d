// Outcomes: what a run of a program leaves in registers and final variables. Invariant: an outcome's
// text names every value in the program's order, so two outcomes are equal when their texts are.
import { argumentRangeError } from '../../errors.ts'
import { outcomeNames } from './program.ts'
import type { LitmusProgram } from './program.ts'

/** Register, or `~` and final variable → value. */
export type OutcomeValues = Readonly<Record<string, number>>

/** `a=1 b=0 ~x=2`. */
export function formatOutcome(program: LitmusProgram, values: OutcomeValues): string {
  return outcomeNames(program)
    .map((name) => `${name}=${values[name] ?? '?'}`)
    .join(' ')
}

/** By value of the first name, then of the second, and so on. */
export function compareOutcomes(
  program: LitmusProgram,
  left: OutcomeValues,
  right: OutcomeValues,
): number {
  for (const name of outcomeNames(program)) {
    const difference = (left[name] ?? 0) - (right[name] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Some values of an outcome, or a question about it. */
export type OutcomePattern = OutcomeValues | ((values: OutcomeValues) => boolean)

/**
 * Whether an outcome is among those that a pattern describes.
 * @throws RangeError ERR_UNTORN_ARGUMENT for a name that the program's outcomes do not have
 */
export function matchesOutcome(
  program: LitmusProgram,
  pattern: OutcomePattern,
  values: OutcomeValues,
): boolean {
  if (typeof pattern === 'function') return pattern(values)
  const names = outcomeNames(program)
  for (const name of Object.keys(pattern)) {
    if (names.includes(name)) continue
    throw argumentRangeError(
      `outcomes of '${program.name}' have ${names.join(', ')}; they have no ${name}`,
    )
  }
  return Object.entries(pattern).every(([name, value]) => values[name] === value)
}
