// Which rows a torn-read bench runs, and how the reader of each is opened.
import type { BindingSource, CatalogueEntry } from '../../src/regions/contract.ts'
import type { RetryOptions } from '../../src/regions/retry-policy.ts'
import { strategies } from '../../src/regions/chooser.ts'
import { openReader } from '../../src/regions/open-reader.ts'
import type { SeqlockReader } from '../../src/regions/seqlock-reader.ts'
import { openControlReader } from './control-region.ts'
import { controlNames, controlScheme } from './controls.ts'

export interface RowPlan {
  readonly strategy: string
  readonly control: boolean
  readonly payloadBytes: number
  readonly writerIntervalUs: number
}

/** Names that `--protocol` accepts: a protocol, or one strategy or control of it. */
export function protocolNames(): readonly string[] {
  return [
    'seqlock',
    ...strategies.map((name) => `seqlock/${name}`),
    ...controlNames().map((name) => `seqlock/${name}`),
  ]
}

/**
 * The rows in the order in which they run. A selection that names strategies only still runs all
 * controls, since without them a run would show nothing; one that names controls only runs just
 * those. An empty selection is everything.
 */
export function planRows(
  payloadSizes: readonly number[],
  writerIntervalsUs: readonly number[],
  selection: readonly string[],
): readonly RowPlan[] {
  const all = selection.length === 0 || selection.includes('seqlock')
  const named = new Set(selection.map((name) => name.replace(/^seqlock\//, '')))
  const sound = strategies.filter((name) => all || named.has(name))
  const chosen = controlNames().filter((name) => named.has(name))
  const controls = all || chosen.length === 0 ? controlNames() : chosen
  return payloadSizes.flatMap((payloadBytes) =>
    writerIntervalsUs.flatMap((writerIntervalUs) => [
      ...sound.map((strategy) => ({ strategy, control: false, payloadBytes, writerIntervalUs })),
      ...controls.map((strategy) => ({ strategy, control: true, payloadBytes, writerIntervalUs })),
    ]),
  )
}

/** Name of the region that a row reads; rows of other paces share it. */
export function regionName(plan: RowPlan): string {
  return `${plan.control ? 'control' : 'strategy'}-${plan.strategy}-${plan.payloadBytes}`
}

export interface PlannedReaderOptions {
  readonly plan: RowPlan
  readonly retry: RetryOptions
}

/** Opens the reader of a row; for `connectWith`. */
export async function openPlannedReader(
  source: BindingSource,
  entry: CatalogueEntry,
  options?: PlannedReaderOptions,
): Promise<SeqlockReader> {
  if (options === undefined) throw new TypeError('a bench opens readers by plan')
  const { plan, retry } = options
  return plan.control
    ? await openControlReader(source, entry, controlScheme(plan.strategy), retry)
    : await openReader(source, entry, retry)
}
