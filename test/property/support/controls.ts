// Negative controls and what is checked in about them; used by their suite, and by the tests of the
// suite itself.
import fs from 'node:fs'
import { type MemoryKernels, loadHash, portableKernels } from '../../../src/protocols/index.ts'
import {
  type ControlCase,
  type ControlResult,
  controlCases,
  runControl,
} from '../../../src/simulation/controls/index.ts'
import { samplingPresetNames } from '../../../src/simulation/sampling-model.ts'

export const kernels: MemoryKernels = portableKernels(await loadHash())

export const controls: ReadonlyMap<string, ControlCase> = controlCases(kernels)

export const expectedFile = 'test/property/expected/negative-controls.json'
export const expected: Readonly<Record<string, ControlResult>> = JSON.parse(
  fs.readFileSync(expectedFile, 'utf8'),
) as Record<string, ControlResult>

export function controlNamed(name: string): ControlCase {
  const control = controls.get(name)
  if (control === undefined) throw new Error(`there is no control ${name}`)
  return control
}

export function expectedOf({ name }: ControlCase): ControlResult {
  const result = expected[name]
  if (result === undefined) throw new Error(`nothing is checked in about ${name}`)
  return result
}

export interface ControlReview {
  /** One sentence for each thing that is not as it is checked in, or as the table says. */
  readonly differences: readonly string[]
  readonly schedules: number
}

/** Explores a control as a whole: the suite is red unless there are no differences. */
export function reviewControl(control: ControlCase): ControlReview {
  let result: ControlResult
  try {
    result = runControl(control)
  } catch (error) {
    return { differences: [String(error)], schedules: 0 }
  }
  const differences: string[] = []
  const differ = (what: string, found: unknown, wanted: unknown): void => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)]
    if (is !== should) differences.push(`${control.name}, ${what}: ${is}, not ${should}`)
  }
  const wanted = expectedOf(control)
  for (const name of samplingPresetNames) {
    const { caught, schedules, states } = wanted.presets[name]
    differ(`under ${name}`, result.presets[name], { caught, schedules, states })
  }
  differ('weaker claims', result.weaker, wanted.weaker)
  const explored = samplingPresetNames.filter((name) => control.tooLarge?.(name) !== true)
  const caughtUnder = explored.filter((name) => result.presets[name].caught !== null)
  const claimed = explored.filter((name) => control.caughtUnder.includes(name))
  differ('caught under', caughtUnder, claimed)
  const counts = Object.values(result.presets).map(({ schedules }) => schedules)
  const schedules = [...counts, ...Object.values(result.weaker)].reduce((sum, each) => sum + each)
  return { differences, schedules }
}
