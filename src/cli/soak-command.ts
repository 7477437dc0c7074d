// `untorn bench soak`: options, run, tables, verdict.
import { randomInt } from 'node:crypto'
import type { Command } from 'commander'
import { runSoak } from '../../bench/soak/soak.ts'
import type { SoakReport } from '../../bench/soak/soak-report.ts'
import { openDevice } from '../fabric/open-device.ts'
import { parseMinutes, parseName, parseSeed } from './arguments.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { type OutputOptions, assertWritable, writeReport } from './report-output.ts'
import { type Column, type TableRow, count, renderTable } from './table.ts'
import { type Paint, ProgressLine, type Terminal, painter } from './terminal.ts'

const DEFAULT_MINUTES = 1
const SEED_MAX = 2 ** 31 - 1

interface SoakOptions extends OutputOptions {
  readonly device?: string
  readonly minutes: number
  readonly seed?: number
}

/** Adds the command to `bench`; its result goes to `done`. */
export function addSoakCommand(
  bench: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  bench
    .command('soak')
    .description(
      'all protocols at once, processes killed and stopped at random: what must hold, holds',
    )
    .option('-d, --device <name>', 'device, see `untorn devices` (default: chosen)', parseName)
    .option('-m, --minutes <minutes>', 'how long', parseMinutes, DEFAULT_MINUTES)
    .option(
      '--seed <seed>',
      'of the faults (default: UNTORN_SEED, else drawn and printed)',
      parseSeed,
    )
    .option('--json', 'print one JSON object instead of the tables')
    .option('-o, --out <file>', 'write the JSON into a file as well', parseName)
    .action(async (options: SoakOptions) => done(await runCommand(options, terminal)))
}

async function runCommand(options: SoakOptions, terminal: Terminal): Promise<ExitStatusCode> {
  assertWritable(options)
  const progress = new ProgressLine(terminal)
  await using device = await openDevice(options.device)
  const given = terminal.environment['UNTORN_SEED'] ?? ''
  const seed = options.seed ?? (given === '' ? randomInt(SEED_MAX) : parseSeed(given))
  progress.show(`${device.choice}; seed ${seed}; starting the processes`)
  let report: SoakReport
  try {
    report = await runSoak({
      device,
      seconds: options.minutes * 60,
      seed,
      onProgress: (text) => progress.show(`${device.name}, seed ${seed}: ${text}`),
    })
  } finally {
    progress.clear()
  }
  const { choice } = device
  writeReport(terminal, options, report, () =>
    soakText(report, choice, painter(terminal, terminal.output)),
  )
  return report.passed ? ExitStatus.Fine : ExitStatus.Torn
}

const tallyColumns: readonly Column[] = [
  { title: 'role', align: 'left' },
  { title: 'protocol', align: 'left' },
  { title: 'operation', align: 'left' },
  { title: 'count' },
]
const failureColumns: readonly Column[] = [
  { title: 'role', align: 'left' },
  { title: 'protocol', align: 'left' },
  { title: 'failed with', align: 'left' },
  { title: 'count' },
]
const recoveryColumns: readonly Column[] = [
  { title: 'from … to the next success', align: 'left' },
  { title: 'times' },
  { title: 'median ms' },
  { title: 'p99 ms' },
  { title: 'max ms' },
]
const processColumns: readonly Column[] = [
  { title: 'longest-lived', align: 'left' },
  { title: 'seconds' },
  { title: 'MiB at first' },
  { title: 'MiB at last' },
  { title: 'handles at first' },
  { title: 'at last' },
]

/** The report for people. */
export function soakText(report: SoakReport, choice: string, paint: Paint): string {
  const { environment, heap } = report
  const faults = report.faults.map(({ kind, count: times }) => `${kind} ${times}×`).join(', ')
  const table = (columns: readonly Column[], rows: readonly TableRow[]): readonly string[] =>
    rows.length === 0 ? [] : [renderTable(columns, rows, paint), '']
  return [
    `untorn bench soak · ${choice} · seed ${report.seed} · ${report.durationSeconds.toFixed(1)} s`,
    `${environment.cpu} · ${environment.kernel} · node ${environment.node}`,
    '',
    ...table(tallyColumns, report.operations.map(tallyRow)),
    ...table(
      failureColumns,
      report.failures.map((failure) => {
        const code = failure.expected ? failure.what : paint('red', `${failure.what} (unexpected)`)
        return [failure.role, failure.protocol, code, count(failure.count)]
      }),
    ),
    ...table(
      recoveryColumns,
      report.recoveries.map(({ kind, count: times, p50Ms, p99Ms, maxMs }) => [
        kind,
        ...[times, p50Ms, p99Ms, maxMs].map(count),
      ]),
    ),
    ...table(processColumns, report.processes.map(processRow)),
    ...(heap === null
      ? []
      : [
          `Heap of the cell: ${count(heap.usedUnits)} of ${count(heap.units)} units in use, ` +
            `${count(heap.retired)} objects retired, ${count(heap.reclaimed)} reclaimed.`,
        ]),
    `Faults: ${faults === '' ? 'none' : faults}.`,
    `Torn snapshots accepted: ${report.tornAccepted}. Updates of several writers: ` +
      `${count(report.updates)}, lost: ${report.lostUpdates}.`,
    ...report.violations.map((violation) => paint('red', `VIOLATION: ${violation}`)),
    report.passed ? paint('green', 'PASSED') : paint('red', 'NOT PASSED'),
  ].join('\n')
}

function tallyRow(tally: SoakReport['operations'][number]): TableRow {
  return [tally.role, tally.protocol, tally.what, count(tally.count)]
}

function processRow(process: SoakReport['processes'][number]): TableRow {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
  return [
    process.role,
    process.livedSeconds.toFixed(0),
    mebibytes(process.rssBytesStart),
    mebibytes(process.rssBytesEnd),
    String(process.handlesStart),
    String(process.handlesEnd),
  ]
}
