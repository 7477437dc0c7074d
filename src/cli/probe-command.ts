// `untorn probe`: options, run, table, what was refuted beside what is claimed.
import type { Command } from 'commander'
import { type ProbeProgress, runProbe } from '../../bench/probe.ts'
import { type ProbeReport, refutesClaim } from '../../bench/support/probe-report.ts'
import { openDevice } from '../fabric/open-device.ts'
import { type ProbeObservation, judgeGuarantees } from '../fabric/probe.ts'
import { parseDuration, parseName } from './arguments.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { writeReport } from './report-output.ts'
import { type Column, bytes, count, renderTable } from './table.ts'
import { type Paint, ProgressLine, type Terminal, painter } from './terminal.ts'

const DEFAULT_DURATION_SECONDS = 2

interface ProbeCommandOptions {
  readonly device?: string
  readonly duration: number
  readonly json?: boolean
}

/** Adds the command; its result goes to `done`. */
export function addProbeCommand(
  program: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  program
    .command('probe')
    .description('try to tear words and lines: does the device keep what its capabilities claim?')
    .option('-d, --device <name>', 'device, see `untorn devices` (default: chosen)', parseName)
    .option('-D, --duration <seconds>', 'of all READs', parseDuration, DEFAULT_DURATION_SECONDS)
    .option('--json', 'print one JSON object instead of the table')
    .action(async (options: ProbeCommandOptions) => done(await runCommand(options, terminal)))
}

async function runCommand(
  options: ProbeCommandOptions,
  terminal: Terminal,
): Promise<ExitStatusCode> {
  const progress = new ProgressLine(terminal)
  await using device = await openDevice(options.device)
  progress.show(`${device.choice}; starting the owner process`)
  let report: ProbeReport
  try {
    report = await runProbe({
      device,
      durationSeconds: options.duration,
      onProgress: (state) => progress.show(progressText(state)),
    })
  } finally {
    progress.clear()
  }
  const { choice } = device
  writeReport(terminal, options, report, () =>
    probeText(report, choice, painter(terminal, terminal.output)),
  )
  return refutesClaim(report) ? ExitStatus.Torn : ExitStatus.Fine
}

function progressText({ phase, phaseCount, pattern, lengthBytes, reads }: ProbeProgress): string {
  return `[${phase + 1}/${phaseCount}] ${pattern} ${bytes(lengthBytes)}: ${count(reads)} READs`
}

const columns: readonly Column[] = [
  { title: 'stored', align: 'left' },
  { title: 'READ' },
  { title: 'READs' },
  { title: 'passes' },
  { title: 'mixed' },
  { title: 'torn words in' },
  { title: 'torn lines in' },
  { title: 'ascending' },
  { title: 'descending' },
]

/** The report for people. */
export function probeText(report: ProbeReport, choice: string, paint: Paint): string {
  const { environment, observations, capabilities } = report
  const judgements = judgeGuarantees(capabilities.claimed, observations)
  const mixed = observations.some(({ mixedReads }) => mixedReads > 0)
  return [
    `untorn probe · ${choice}`,
    `${environment.cpu} · ${environment.kernel} · node ${environment.node}` +
      (environment.rdmaCore === null ? '' : ` · rdma-core ${environment.rdmaCore}`),
    'mixed: READs of more than one value; ascending, descending: READs that prove this order',
    '',
    renderTable(columns, observations.map(tableRow), paint),
    '',
    ...judgements.map(({ claimed, refuted, sentence }) => {
      const alarming = claimed && refuted
      const text = `${claimed ? 'claimed' : 'not claimed'}: ${sentence}`
      return alarming ? paint('red', text) : text
    }),
    mixed
      ? 'A probe can only refute: what was not seen to fail may fail all the same.'
      : 'No READ met a store of the owner: this run shows nothing.',
    refutesClaim(report)
      ? paint('red', 'REFUTED: the device does not keep what its capabilities claim')
      : paint('green', 'NOT REFUTED'),
  ].join('\n')
}

function tableRow(observation: ProbeObservation): readonly string[] {
  const orders = observation.pattern !== 'toggle'
  return [
    observation.pattern,
    bytes(observation.lengthBytes),
    count(observation.reads),
    count(observation.passes),
    count(observation.mixedReads),
    count(observation.tornWordReads),
    orders ? count(observation.tornLineReads) : '-',
    orders ? count(observation.ascendingReads) : '-',
    orders ? count(observation.descendingReads) : '-',
  ]
}
