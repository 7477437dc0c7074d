// `untorn bench simulation`: options, run, table.
import type { Command } from 'commander'
import { runSimulationBench } from '../../bench/simulation.ts'
import type { SimulationReport, SimulationRow } from '../../bench/support/simulation-report.ts'
import { parseDuration, parseName, parseSeed } from './arguments.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { type OutputOptions, assertWritable, writeReport } from './report-output.ts'
import { type Column, type TableRow, count, renderTable } from './table.ts'
import { type Paint, ProgressLine, type Terminal, painter } from './terminal.ts'

const DEFAULT_SECONDS = 1

interface SimulationOptions extends OutputOptions {
  readonly duration: number
  readonly seed: number
}

/** Adds the command to `bench`; its result goes to `done`. */
export function addSimulationCommand(
  bench: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  bench
    .command('simulation')
    .description('count the steps and schedules a second that the simulator explores')
    .option('-D, --duration <seconds>', 'time a row', parseDuration, DEFAULT_SECONDS)
    .option('--seed <number>', 'of the random schedules', parseSeed, 1)
    .option('--json', 'print one JSON object instead of the table')
    .option('-o, --out <file>', 'write the JSON into a file as well', parseName)
    .action(async (options: SimulationOptions) => done(await runCommand(options, terminal)))
}

async function runCommand(options: SimulationOptions, terminal: Terminal): Promise<ExitStatusCode> {
  assertWritable(options)
  const progress = new ProgressLine(terminal)
  let report: SimulationReport
  try {
    report = await runSimulationBench({
      durationMs: 1000 * options.duration,
      seed: options.seed,
      onProgress: (text) => progress.show(text),
    })
  } finally {
    progress.clear()
  }
  writeReport(terminal, options, report, () =>
    simulationText(report, painter(terminal, terminal.output)),
  )
  return ExitStatus.Fine
}

const columns: readonly Column[] = [
  { title: 'world', align: 'left' },
  { title: 'preset', align: 'left' },
  { title: 'schedules', align: 'left' },
  { title: 'M steps/s' },
  { title: 'schedules/s' },
  { title: 'steps each' },
  { title: '× floor' },
]

function rowText(row: SimulationRow): TableRow {
  return [
    row.world,
    row.preset ?? '',
    row.strategy,
    (row.stepsPerSecond / 1e6).toFixed(2),
    row.schedulesPerSecond === 0 ? '' : count(row.schedulesPerSecond),
    row.stepsPerSchedule === 0 ? '' : row.stepsPerSchedule.toFixed(1),
    row.ratio.toFixed(1),
  ]
}

function simulationText(report: SimulationReport, paint: Paint): string {
  const { environment, litmus, rows, heapBytesPerStep } = report
  const suite =
    `litmus suite: ${litmus.programs} programs under all presets, ` +
    `${litmus.complete ? 'every' : 'not every'} schedule, in ${litmus.seconds.toFixed(1)} s: ` +
    `${count(litmus.schedules)} schedules, ${count(litmus.states)} states`
  return [
    `Node.js ${environment.node}, ${environment.cpu}, one core; seed ${report.seed}`,
    '',
    renderTable(columns, rows.map(rowText), paint),
    '',
    `heap: ${heapBytesPerStep.toFixed(1)} bytes a step, all of it reader machines made anew for every schedule`,
    suite,
    'What limits it: a step of a seqlock world is a choice and a copy (the floor), the walk over who',
    'may go on (the other floors), and its share of machines, judge and reset of every schedule;',
    'exhaustive runs also hash every state, and repeat each prefix, for machines cannot be cloned.',
  ].join('\n')
}
