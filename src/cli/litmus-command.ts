// `untorn bench litmus`: options, run, table, verdict.
import { type Command, InvalidArgumentError } from 'commander'
import { type LitmusProgress, runLitmusBench } from '../../bench/litmus.ts'
import type { LitmusReport, LitmusRow } from '../../bench/support/litmus-report.ts'
import { openDevice } from '../fabric/open-device.ts'
import { litmusSuite } from '../simulation/litmus/suite.ts'
import { parseDuration, parseIterations, parseName, parseNames } from './arguments.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { type OutputOptions, assertWritable, writeReport } from './report-output.ts'
import { type Column, type TableRow, count, renderTable } from './table.ts'
import { type Paint, ProgressLine, type Terminal, painter } from './terminal.ts'

const DEFAULT_DURATION_SECONDS = 0.3
const DEFAULT_ITERATIONS = 1_000_000
const SEED_END = 2 ** 31

interface LitmusOptions extends OutputOptions {
  readonly device?: string
  readonly program?: readonly string[]
  readonly duration: number
  readonly iterations: number
  readonly seed?: number
}

/** Adds the command to `bench`; its result goes to `done`. */
export function addLitmusCommand(
  bench: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  const ids = litmusSuite.map(({ id }) => id)
  bench
    .command('litmus')
    .description('run litmus programs: does the device show only what its model allows?')
    .option('-d, --device <name>', 'device, see `untorn devices` (default: chosen)', parseName)
    .option('-p, --program <id,…>', 'programs to run, see docs/litmus.md (default: all)', (text) =>
      parseNames(text, ids),
    )
    .option('-D, --duration <seconds>', 'of each program', parseDuration, DEFAULT_DURATION_SECONDS)
    .option('-n, --iterations <n>', 'of each program, at most', parseIterations, DEFAULT_ITERATIONS)
    .option('-s, --seed <n>', 'of pauses (default: drawn, and reported)', parseSeed)
    .option('--json', 'print one JSON object instead of the table')
    .option('-o, --out <file>', 'write the JSON into a file as well', parseName)
    .action(async (options: LitmusOptions) => done(await runCommand(options, terminal)))
}

function parseSeed(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (seed < SEED_END) return seed
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${SEED_END - 1}.`)
}

async function runCommand(options: LitmusOptions, terminal: Terminal): Promise<ExitStatusCode> {
  assertWritable(options)
  const progress = new ProgressLine(terminal)
  await using device = await openDevice(options.device)
  const { program } = options
  const entries =
    program === undefined ? litmusSuite : litmusSuite.filter(({ id }) => program.includes(id))
  progress.show(`${device.choice}; starting the processes`)
  let report: LitmusReport
  try {
    report = await runLitmusBench({
      device,
      entries,
      durationSeconds: options.duration,
      iterationsMax: options.iterations,
      seed: options.seed ?? Math.floor(Math.random() * SEED_END),
      onProgress: (state) => progress.show(progressText(state)),
    })
  } finally {
    progress.clear()
  }
  const { choice } = device
  writeReport(terminal, options, report, () =>
    litmusText(report, choice, painter(terminal, terminal.output)),
  )
  return report.verdict.passed ? ExitStatus.Fine : ExitStatus.Torn
}

function progressText({ id, index, count: total, iterations }: LitmusProgress): string {
  return `[${index + 1}/${total}] ${id}: ${count(iterations)} iterations`
}

const columns: readonly Column[] = [
  { title: 'program', align: 'left' },
  { title: 'outcome', align: 'left' },
  { title: 'observed' },
  { title: 'model', align: 'left' },
]

/** The report for people. */
export function litmusText(report: LitmusReport, choice: string, paint: Paint): string {
  const { environment, model, preset, seed } = report
  const { passed, sentences } = report.verdict
  const packets =
    report.device.provider === 'verbs' ? `, packets of ${model.packetBytes} bytes` : ''
  return [
    `untorn bench litmus · ${choice}`,
    `${environment.cpu} · ${environment.kernel} · node ${environment.node}` +
      (environment.rdmaCore === null ? '' : ` · rdma-core ${environment.rdmaCore}`),
    `model: ${preset}, granule ${model.atomicGranuleBytes}${packets}, ${model.cpu} CPU; seed ${seed}`,
    '*: the outcome that the program is about; observed 0: allowed, and not seen in this run',
    '',
    renderTable(
      columns,
      report.rows.flatMap((row) => tableRows(row, paint)),
      paint,
    ),
    '',
    ...sentences,
    ...(report.restarts === 0 ? [] : [`Processes were replaced ${report.restarts} times.`]),
    'A run can only refute: what was not observed may occur all the same.',
    passed ? paint('green', 'PASSED') : paint('red', 'NOT PASSED'),
  ].join('\n')
}

function tableRows(row: LitmusRow, paint: Paint): TableRow[] {
  if (row.notRun !== undefined) return [[row.id, paint('dim', `not run: ${row.notRun}`)]]
  return row.outcomes.map(({ outcome, count: seen, allowed, judged }, index) => {
    const verdict = allowed === null ? 'unknown' : allowed ? 'allowed' : paint('red', 'FORBIDDEN')
    const text = judged ? `* ${outcome}` : `  ${outcome}`
    return [
      index === 0 ? row.id : '',
      judged && seen > 0 ? paint('yellow', text) : text,
      count(seen),
      verdict,
    ]
  })
}
