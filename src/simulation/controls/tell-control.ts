// Counterexamples as people look at them: a failed run with all that its report needs.
import { replay } from '../replay.ts'
import type { FailedRun } from '../report/failed-run.ts'
import type { SamplingPreset } from '../sampling-model.ts'
import type { ControlCase } from './control-case.ts'
import { caseName } from './control-worlds.ts'
import { smallestCounterexample } from './run-controls.ts'

/**
 * The run of `tape`, or of the smallest counterexample, of a control under a preset.
 * @throws RangeError ERR_UNTORN_ARGUMENT: the tape is of another control or preset
 * @throws Error when the run ends well
 */
export function failedRunOf(
  control: ControlCase,
  preset: SamplingPreset,
  tape: string = smallestCounterexample(control, preset).tape,
): FailedRun {
  const scenario = control.scenario(preset)
  const { end, trace } = replay(scenario, tape)
  const scenarioName = caseName(control.name, preset)
  const { violation } = end
  if (violation === null) throw new Error(`${scenarioName}: nothing is violated by ${tape}`)
  return { scenarioName, violation, tape, model: scenario.model, trace }
}
