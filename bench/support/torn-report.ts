// The torn-read bench's report, schema "untorn.bench.torn/1" (docs/schemas/bench-torn-1.json), and
// the verdict over it.
import type { BenchDevice, BenchEnvironment } from './environment.ts'
import type { TornLatencyUs } from './latency-recorder.ts'

export const TORN_SCHEMA = 'untorn.bench.torn/1'

export interface TornRow {
  readonly protocol: 'seqlock'
  /** Name of the strategy, or of the negative control. */
  readonly strategy: string
  readonly control: boolean
  readonly payloadBytes: number
  readonly writerIntervalUs: number
  /** Measured, not asked for. */
  readonly durationSeconds: number
  /** Snapshots that the protocol accepted. */
  readonly reads: number
  readonly attempts: number
  /** Attempts that the protocol itself rejected. */
  readonly tornDetected: number
  /** Accepted snapshots whose bytes were not of one version, or not of the claimed one. */
  readonly tornAccepted: number
  /** Reads that gave up with a typed failure. */
  readonly failures: number
  readonly readsPerSecond: number
  readonly writesPerSecond: number
  /** Of accepted snapshots, retries and back-off included. */
  readonly latencyUs: TornLatencyUs
  /** Why the row was not run: the strategy is unsound on this device. */
  readonly refused?: string
}

export interface TornVerdict {
  readonly passed: boolean
  /** One sentence for each thing that matters, in words. */
  readonly sentences: readonly string[]
}

export interface TornReport {
  readonly schema: typeof TORN_SCHEMA
  readonly device: BenchDevice
  readonly environment: BenchEnvironment
  readonly rows: readonly TornRow[]
  readonly verdict: TornVerdict
}

/** A row that was refused: nothing was read, and nothing is claimed. */
export function refusedRow(
  row: Pick<TornRow, 'strategy' | 'control' | 'payloadBytes' | 'writerIntervalUs'>,
  reason: string,
): TornRow {
  return {
    protocol: 'seqlock',
    strategy: row.strategy,
    control: row.control,
    payloadBytes: row.payloadBytes,
    writerIntervalUs: row.writerIntervalUs,
    durationSeconds: 0,
    reads: 0,
    attempts: 0,
    tornDetected: 0,
    tornAccepted: 0,
    failures: 0,
    readsPerSecond: 0,
    writesPerSecond: 0,
    latencyUs: { p50: 0, p99: 0, p999: 0, max: 0 },
    refused: reason,
  }
}

function describe(row: TornRow): string {
  return `${row.strategy} at ${row.payloadBytes} bytes`
}

function total(rows: readonly TornRow[], key: 'reads' | 'tornAccepted'): number {
  return rows.reduce((sum, row) => sum + row[key], 0)
}

function soundSentence(sound: readonly TornRow[]): string {
  const torn = sound.filter((row) => row.tornAccepted > 0)
  if (torn.length > 0) {
    const list = torn.map((row) => `${describe(row)} (${row.tornAccepted})`).join(', ')
    return `TORN READS WERE ACCEPTED by sound strategies: ${list}.`
  }
  return `Sound strategies: none of ${count(total(sound, 'reads'))} accepted reads was torn.`
}

function controlSentences(controls: readonly TornRow[]): string[] {
  const torn = total(controls, 'tornAccepted')
  if (torn === 0) return ['No negative control accepted a torn read: this run shows nothing.']
  const sentences = [
    `Negative controls: ${count(torn)} of ${count(total(controls, 'reads'))} accepted reads were ` +
      'torn, so the memory does tear and the bench sees it.',
  ]
  const names = [...new Set(controls.map((row) => row.strategy))]
  const uncaught = names.filter(
    (name) =>
      total(
        controls.filter((row) => row.strategy === name),
        'tornAccepted',
      ) === 0,
  )
  if (uncaught.length > 0) {
    sentences.push(
      `Not caught on this device: ${uncaught.join(', ')}. That is no proof that they are sound.`,
    )
  }
  return sentences
}

/**
 * Passed means: sound strategies read, and accepted nothing torn; and at least one negative control
 * did, since a run in which nothing can tear shows nothing.
 */
export function judgeTorn(rows: readonly TornRow[]): TornVerdict {
  const run = rows.filter((row) => row.refused === undefined)
  const sound = run.filter((row) => !row.control)
  const controls = run.filter((row) => row.control)
  const sentences = controlSentences(controls)
  let passed = total(controls, 'tornAccepted') > 0
  if (rows.some((row) => !row.control)) {
    sentences.unshift(soundSentence(sound))
    passed &&= total(sound, 'tornAccepted') === 0
    const starved = sound.filter((row) => row.reads === 0)
    if (starved.length > 0) {
      sentences.push(
        `Starved by the writer, so nothing is known of them: ${starved.map(describe).join(', ')}.`,
      )
    }
    if (total(sound, 'reads') === 0) passed = false
  }
  return { passed, sentences }
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
