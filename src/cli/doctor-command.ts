// `untorn doctor`: is everything in place, and if not, what puts it right.
import type { Command } from 'commander'
import { type DoctorCheck, runDoctorChecks } from './doctor-checks.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { writeReport } from './report-output.ts'
import { type Paint, type Style, type Terminal, painter } from './terminal.ts'

export const DOCTOR_SCHEMA = 'untorn.doctor/1'

const styles: Readonly<Record<DoctorCheck['status'], Style>> = {
  ok: 'green',
  missing: 'yellow',
  broken: 'red',
}

/** Adds the command; its result, failed when something is broken, goes to `done`. */
export function addDoctorCommand(
  program: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  program
    .command('doctor')
    .description('look at what RDMA needs on this host, and say what is missing')
    .option('--json', 'print one JSON object')
    .action((options: { readonly json?: boolean }) => {
      const checks = runDoctorChecks()
      const report = { schema: DOCTOR_SCHEMA, checks }
      writeReport(terminal, options, report, () =>
        doctorText(checks, painter(terminal, terminal.output)),
      )
      const broken = checks.some((check) => check.status === 'broken')
      done(broken ? ExitStatus.Failed : ExitStatus.Fine)
    })
}

/** The report for people: a line for each check, and under it the remedy where one is needed. */
export function doctorText(checks: readonly DoctorCheck[], paint: Paint): string {
  return checks
    .flatMap((check) => {
      const mark = paint(styles[check.status], check.status.padEnd(7))
      const first = `${mark}  ${check.name.padEnd(10)}  ${check.found}`
      return check.remedy === undefined ? [first] : [first, `${' '.repeat(21)}→ ${check.remedy}`]
    })
    .join('\n')
}
