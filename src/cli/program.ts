// The command line as a whole: commands, help, and what every failure ends with.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addDevicesCommand } from './devices-command.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { ExitStatus, type ExitStatusCode, UsageError, describeFailure } from './exit-status.ts'
import { addLatencyCommand } from './latency-command.ts'
import { addLitmusCommand } from './litmus-command.ts'
import { addProbeCommand } from './probe-command.ts'
import { addSimulationCommand } from './simulation-command.ts'
import { addSoakCommand } from './soak-command.ts'
import type { Terminal } from './terminal.ts'
import { addTornCommand } from './torn-command.ts'

const EXIT_HELP = `
Exit status: 0 fine; 1 a bench accepted torn bytes, observed what a model forbids or must not be, or
showed nothing, or a probe refuted a claim; 2 bad arguments; 3 failed.`

function packageVersion(): string {
  // The package's root is two folders up from the source, three from the compiled file.
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const text = readFileSync(new URL(path, import.meta.url), 'utf8')
      return String((JSON.parse(text) as { version?: unknown }).version)
    } catch {
      continue
    }
  }
  return 'unknown'
}

/** Commands of the program; each reports its status through `done`. */
export function buildProgram(terminal: Terminal, done: (status: ExitStatusCode) => void): Command {
  const program = new Command('untorn')
    .description('Consistent remote memory over RDMA: benches, devices, and what this host lacks.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.output.write(text),
      writeErr: (text) => void terminal.error.write(text),
    })
    .showHelpAfterError('(add --help for usage)')
    .addHelpText('after', EXIT_HELP)
  const bench = program
    .command('bench')
    .description('measure on real memory')
    .copyInheritedSettings(program)
  addTornCommand(bench, terminal, done)
  addLatencyCommand(bench, terminal, done)
  addLitmusCommand(bench, terminal, done)
  addSimulationCommand(bench, terminal, done)
  addSoakCommand(bench, terminal, done)
  addDevicesCommand(program, terminal, done)
  addProbeCommand(program, terminal, done)
  addDoctorCommand(program, terminal, done)
  return program
}

/** Runs one command line, arguments without `node` and the script; resolves to the exit status. */
export async function runProgram(
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitStatusCode> {
  let status: ExitStatusCode = ExitStatus.Fine
  const program = buildProgram(terminal, (result) => {
    status = result
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    // Commander has written its message already; help and version are no failures.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? ExitStatus.Fine : ExitStatus.Usage
    }
    terminal.error.write(`${describeFailure(error)}\n`)
    return error instanceof UsageError ? ExitStatus.Usage : ExitStatus.Failed
  }
}
