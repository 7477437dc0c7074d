// A failing schedule run once more with everything recorded, for people.
import type { Violation } from '../simulation/scenario.ts'
import { formatReport } from '../simulation/report/text-report.ts'
import { renderTimeline } from '../simulation/report/svg-timeline.ts'
import { TapeOracle } from '../simulation/tape-oracle.ts'
import type { CheckedScenario } from './checked-scenario.ts'
import type { ProtocolCounterexample } from './protocol-check.ts'

export interface FailingSchedule {
  readonly scenario: CheckedScenario
  readonly preset: string
  readonly world: string
  readonly violation: Violation
  readonly tape: string
  readonly choices: readonly number[]
  readonly shrunk: boolean
}

export function tellCounterexample(failing: FailingSchedule): ProtocolCounterexample {
  const { scenario, preset, world, tape, shrunk } = failing
  const { end, trace } = scenario.trace(new TapeOracle(failing.choices))
  const violation = end.violation ?? failing.violation
  const scenarioName = `${scenario.name}, ${world}, under ${preset}`
  const run = { scenarioName, violation, tape, model: scenario.model, trace }
  return {
    preset,
    world,
    violation,
    tape,
    shrunk,
    trace,
    report: formatReport(run),
    svg: () => renderTimeline(run),
  }
}
