// How the command line ends: status and message of every kind of failure.
import { errorTable, type ErrorEntry } from '../errors.ts'

export const ExitStatus = {
  Fine: 0,
  /** A bench or a probe saw what must not be, or a bench showed nothing. */
  Torn: 1,
  /** Bad arguments; the message names the argument. */
  Usage: 2,
  /** Anything else; the message has the code and the remedy. */
  Failed: 3,
} as const

export type ExitStatusCode = (typeof ExitStatus)[keyof typeof ExitStatus]

/** A value of the command line that makes no sense. The message names the argument. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

const entries: Readonly<Record<string, ErrorEntry>> = errorTable

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** Lines for standard error: what failed, its code, and the remedy where the table has one. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  const lines = [`untorn: ${message}${code === '' ? '' : ` [${code}]`}`]
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error) lines.push(`  cause: ${cause.message}`)
  const remedy = entries[code]?.remedy
  if (remedy !== undefined) lines.push(`  remedy: ${remedy}`)
  return lines.join('\n')
}
