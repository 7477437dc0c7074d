// Where a report goes: JSON or text to standard output, and JSON into a file beside it.
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { UntornError } from '../errors.ts'
import { UsageError } from './exit-status.ts'
import type { Terminal } from './terminal.ts'

export interface OutputOptions {
  readonly json?: boolean
  readonly out?: string
}

/**
 * Writes a report.
 * @param text the report for people; called only when it is wanted
 * @throws UntornError ERR_UNTORN_SYSTEM when the file cannot be written
 */
export function writeReport(
  terminal: Terminal,
  options: OutputOptions,
  report: object,
  text: () => string,
): void {
  const json = `${JSON.stringify(report, null, 2)}\n`
  // Standard output first: a full disk must not cost the figures.
  terminal.output.write(options.json === true ? json : `${text()}\n`)
  if (options.out === undefined) return
  try {
    writeFileSync(options.out, json)
  } catch (error) {
    const message = `--out ${options.out}: ${(error as Error).message}`
    throw new UntornError('ERR_UNTORN_SYSTEM', message, { cause: error })
  }
}

/**
 * Finds out before a long run whether its report can be written.
 * @throws UsageError naming --out
 */
export function assertWritable(options: OutputOptions): void {
  if (options.out === undefined) return
  try {
    closeSync(openSync(options.out, 'a'))
  } catch (error) {
    throw new UsageError(`option '--out ${options.out}' cannot be written: ${String(error)}`)
  }
}
