// `untorn bench latency`: options, run, table.
import type { Command } from 'commander'
import { latencyProtocols, runLatencyBench } from '../../bench/latency.ts'
import type { LatencyReport, LatencyRow } from '../../bench/support/latency-report.ts'
import { openDevice } from '../fabric/open-device.ts'
import type { ProtocolName } from '../regions/contract.ts'
import { parseIterations, parseName, parseNames, parseSizes } from './arguments.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { type OutputOptions, assertWritable, writeReport } from './report-output.ts'
import { type Column, type TableRow, bytes, microseconds, renderTable } from './table.ts'
import { type Paint, ProgressLine, type Terminal, painter } from './terminal.ts'

const DEFAULT_SIZES = '64,4096,65536'
const DEFAULT_ITERATIONS = 1000

interface LatencyOptions extends OutputOptions {
  readonly device?: string
  readonly size: readonly number[]
  readonly protocol?: readonly ProtocolName[]
  readonly iterations: number
}

/** Adds the command to `bench`; its result goes to `done`. */
export function addLatencyCommand(
  bench: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  bench
    .command('latency')
    .description('time calls on regions of an idle owner beside a baseline without JavaScript')
    .option('-d, --device <name>', 'device, see `untorn devices` (default: chosen)', parseName)
    .option('-s, --size <bytes,…>', 'payload sizes', parseSizes, parseSizes(DEFAULT_SIZES))
    .option('-p, --protocol <name,…>', `protocols: ${latencyProtocols.join(', ')}`, (text) =>
      parseNames(text, latencyProtocols),
    )
    .option('-n, --iterations <count>', 'samples a row', parseIterations, DEFAULT_ITERATIONS)
    .option('--json', 'print one JSON object instead of the table')
    .option('-o, --out <file>', 'write the JSON into a file as well', parseName)
    .action(async (options: LatencyOptions) => done(await runCommand(options, terminal)))
}

async function runCommand(options: LatencyOptions, terminal: Terminal): Promise<ExitStatusCode> {
  assertWritable(options)
  const progress = new ProgressLine(terminal)
  await using device = await openDevice(options.device)
  let report: LatencyReport
  try {
    report = await runLatencyBench({
      device,
      protocols: options.protocol ?? [],
      payloadSizes: options.size,
      iterations: options.iterations,
      onProgress: (text) => progress.show(`${device.name}: ${text}`),
    })
  } finally {
    progress.clear()
  }
  const { choice } = device
  writeReport(terminal, options, report, () =>
    latencyText(report, choice, painter(terminal, terminal.output)),
  )
  return ExitStatus.Fine
}

const columns: readonly Column[] = [
  { title: 'protocol', align: 'left' },
  { title: 'call', align: 'left' },
  { title: 'payload' },
  { title: 'fetched B' },
  { title: 'p50 µs' },
  { title: 'p99 µs' },
  { title: 'p99.9 µs' },
  { title: 'baseline µs' },
  { title: 'of bytes' },
  { title: 'ratio' },
]

/** The report for people. */
export function latencyText(report: LatencyReport, choice: string, paint: Paint): string {
  const { environment, rows } = report
  const name = rows.find((row) => row.baseline !== null)?.baseline?.name
  const head = [
    `untorn bench latency · ${choice}`,
    `${environment.cpu} · ${environment.kernel} · node ${environment.node}` +
      (environment.rdmaCore === null ? '' : ` · rdma-core ${environment.rdmaCore}`),
    ...(name === undefined ? [] : [`baseline: median of ${name}, run before and after ours`]),
  ]
  const lines: TableRow[] = []
  const groupOf = (row: LatencyRow): string => `${row.protocol} ${row.payloadBytes}`
  let previous: LatencyRow | undefined
  for (const row of rows) {
    if (previous !== undefined && groupOf(previous) !== groupOf(row)) lines.push('rule')
    if (previous?.protocol !== row.protocol) lines.push([paint('bold', row.protocol), ''])
    previous = row
    lines.push(tableRow(row))
  }
  return [
    ...head,
    '',
    renderTable(columns, lines, paint),
    ...report.notes.flatMap((note) => ['', note]),
  ].join('\n')
}

function tableRow(row: LatencyRow): readonly string[] {
  const { baseline, ratio, latencyUs } = row
  return [
    `  ${row.strategy}`,
    row.operation,
    bytes(row.payloadBytes),
    row.fetchedBytes === 0 ? '-' : String(row.fetchedBytes),
    microseconds(latencyUs.p50),
    microseconds(latencyUs.p99),
    microseconds(latencyUs.p999),
    baseline === null ? '-' : microseconds(baseline.p50),
    baseline === null ? '-' : String(baseline.bytes),
    ratio === null ? '-' : ratio.toFixed(2),
  ]
}
