// `untorn bench torn`: options, run, table, verdict.
import type { Command } from 'commander'
import { type TornProgress, runTornBench } from '../../bench/torn.ts'
import { planRows, protocolNames } from '../../bench/support/torn-plan.ts'
import type { TornReport, TornRow } from '../../bench/support/torn-report.ts'
import { openDevice } from '../fabric/open-device.ts'
import { parseDuration, parseIntervals, parseName, parseNames, parseSizes } from './arguments.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { type OutputOptions, assertWritable, writeReport } from './report-output.ts'
import { type Column, type TableRow, bytes, count, microseconds, renderTable } from './table.ts'
import { type Paint, ProgressLine, type Terminal, painter } from './terminal.ts'

const DEFAULT_SIZES = '64,65536'
const DEFAULT_DURATION_SECONDS = 0.8

interface TornOptions extends OutputOptions {
  readonly device?: string
  readonly size: readonly number[]
  readonly protocol?: readonly string[]
  readonly writerIntervalUs?: readonly number[]
  readonly duration: number
}

/** Adds the command to `bench`; its result goes to `done`. */
export function addTornCommand(
  bench: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  bench
    .command('torn')
    .description('read what another process is writing: are torn bytes ever accepted?')
    .option('-d, --device <name>', 'device, see `untorn devices` (default: chosen)', parseName)
    .option('-s, --size <bytes,…>', 'payload sizes', parseSizes, parseSizes(DEFAULT_SIZES))
    .option(
      '-p, --protocol <name,…>',
      `protocols, or rows of them, to run: ${protocolNames().join(', ')}`,
      (text) => parseNames(text, protocolNames()),
    )
    .option(
      '-i, --writer-interval-us <us,…>',
      'from one write to the next; 0 = the writer never pauses (default: by protocol)',
      parseIntervals,
    )
    .option('-D, --duration <seconds>', 'of each row', parseDuration, DEFAULT_DURATION_SECONDS)
    .option('--json', 'print one JSON object instead of the table')
    .option('-o, --out <file>', 'write the JSON into a file as well', parseName)
    .action(async (options: TornOptions) => done(await runCommand(options, terminal)))
}

async function runCommand(options: TornOptions, terminal: Terminal): Promise<ExitStatusCode> {
  assertWritable(options)
  const progress = new ProgressLine(terminal)
  await using device = await openDevice(options.device)
  const { writerIntervalUs } = options
  const plans = planRows({
    provider: device.provider,
    payloadSizes: options.size,
    ...(writerIntervalUs === undefined ? {} : { writerIntervalsUs: writerIntervalUs }),
    selection: options.protocol ?? [],
  })
  progress.show(`${device.choice}; starting the owner process`)
  let report: TornReport
  try {
    report = await runTornBench({
      device,
      plans,
      durationSeconds: options.duration,
      onProgress: (state) => progress.show(progressText(state)),
    })
  } finally {
    progress.clear()
  }
  const { choice } = device
  writeReport(terminal, options, report, () =>
    tornText(report, choice, painter(terminal, terminal.output)),
  )
  return report.verdict.passed ? ExitStatus.Fine : ExitStatus.Torn
}

function progressText(state: TornProgress): string {
  const { plan } = state
  const name = `${plan.protocol}/${plan.strategy}`
  const what = `${plan.control ? 'control ' : ''}${name} ${bytes(plan.payloadBytes)}`
  const torn = state.tornAccepted === 0 ? '' : `, ${count(state.tornAccepted)} torn`
  return `[${state.row + 1}/${state.rowCount}] ${what}: ${count(state.reads)} reads${torn}`
}

const columns: readonly Column[] = [
  { title: 'protocol', align: 'left' },
  { title: 'payload' },
  { title: 'interval µs' },
  { title: 'reads/s' },
  { title: 'writes/s' },
  { title: 'attempts' },
  { title: 'detected' },
  { title: 'TORN' },
  { title: 'failed' },
  { title: 'lost' },
  { title: 'p50 µs' },
  { title: 'p99 µs' },
  { title: 'p99.9 µs' },
]

/** The report for people. */
export function tornText(report: TornReport, choice: string, paint: Paint): string {
  const { environment } = report
  const head = [
    `untorn bench torn · ${choice}`,
    `${environment.cpu} · ${environment.kernel} · node ${environment.node}` +
      (environment.rdmaCore === null ? '' : ` · rdma-core ${environment.rdmaCore}`),
    'detected: attempts the protocol rejected; TORN: reads it accepted whose bytes were not one version;',
    'failed: reads that used up their retries; lost: updates of several writers that were undone',
  ]
  const rows: TableRow[] = []
  const groupOf = (row: TornRow): string => `${row.protocol} ${row.payloadBytes}`
  let previous: TornRow | undefined
  for (const row of report.rows) {
    if (previous !== undefined && groupOf(previous) !== groupOf(row)) rows.push('rule')
    if (previous?.protocol !== row.protocol) rows.push([paint('bold', row.protocol), ''])
    previous = row
    rows.push(tableRow(row, paint))
  }
  const { passed, sentences } = report.verdict
  const refusals = new Map(
    report.rows.map((row) => [`${row.protocol}/${row.strategy}`, row.refused]),
  )
  const refused = [...refusals].flatMap(([name, reason]) =>
    reason === undefined ? [] : [`Refused: ${name}. ${reason}`],
  )
  const verdict = [
    ...refused,
    ...sentences,
    passed ? paint('green', 'PASSED') : paint('red', 'NOT PASSED'),
  ]
  return [...head, '', renderTable(columns, rows, paint), '', ...verdict].join('\n')
}

function tableRow(row: TornRow, paint: Paint): readonly string[] {
  const name = row.control ? paint('yellow', `  control: ${row.strategy}`) : `  ${row.strategy}`
  const start = [name, bytes(row.payloadBytes), String(row.writerIntervalUs)]
  if (row.refused !== undefined) return [...start, paint('dim', 'refused, see below')]
  const torn = count(row.tornAccepted)
  const alarming = row.tornAccepted > 0 && !row.control
  return [
    ...start,
    count(row.readsPerSecond),
    count(row.writesPerSecond),
    count(row.attempts),
    count(row.tornDetected),
    row.tornAccepted === 0 ? torn : paint(alarming ? 'red' : 'yellow', torn),
    count(row.failures),
    row.lostUpdates === null ? '-' : count(row.lostUpdates),
    microseconds(row.latencyUs.p50),
    microseconds(row.latencyUs.p99),
    microseconds(row.latencyUs.p999),
  ]
}
