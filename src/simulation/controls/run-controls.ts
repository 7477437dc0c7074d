// Explores negative controls under every preset: the golden matrix of who is caught where, and what
// it takes. Invariant: a result depends on controls and models alone, never on time or chance; the
// seeds of what is measured at random are given.
import { explore } from '../explore.ts'
import type { Counterexample, Exploration, ExploreOptions } from '../exploration.ts'
import { type SamplingPreset, samplingPresetNames } from '../sampling-model.ts'
import type { ControlCase } from './control-case.ts'

/** One control under one preset, in its small world. */
export interface ControlCell {
  /** Kind of the first violation; null when there is none. */
  readonly caught: string | null
  /** Schedules until then, in the order of the case; all there are when there is none; 0: not explored. */
  readonly schedules: number
  readonly states: number
  /** Caught by strategy `mixed` in so many schedules or fewer, with every seed that was tried. */
  readonly mixedWithin?: number
}

export interface ControlResult {
  readonly presets: Readonly<Record<SamplingPreset, ControlCell>>
  /** Weaker claim → schedules that show that it holds; all there are. */
  readonly weaker: Readonly<Record<string, number>>
}

const notExplored: ControlCell = { caught: null, schedules: 0, states: 0 }
const depthFirst: ExploreOptions = { strategy: 'exhaustive' }

/** Seeds with which `mixedWithin` is measured: 0, 1, 2, … */
export const measuredSeeds = 50

/**
 * So many schedules are enough for a seed that was not measured, times `mixedWithin`. The slowest of
 * 50 takes about 4.5 times the mean, so a miss within 4 times as many has a probability near e⁻¹⁸.
 */
export const mixedMargin = 4

/**
 * Explores one control as a whole under every preset.
 * @throws Error when an exploration proves nothing: it is neither complete nor violated
 */
export function runControl(control: ControlCase): ControlResult {
  const cells = samplingPresetNames.map((preset) => [preset, runCell(control, preset)] as const)
  const weaker = control.weaker.map((each) => {
    const { claim } = each
    const { counterexample, schedules } = exploreWhole(`${control.name}: ${claim}`, each.scenario())
    if (counterexample === undefined) return [claim, schedules] as const
    throw new Error(`${control.name} ${claim}: ${counterexample.violation.message}`)
  })
  return {
    presets: Object.fromEntries(cells) as Record<SamplingPreset, ControlCell>,
    weaker: Object.fromEntries(weaker),
  }
}

/** One control under one preset, as a whole. */
export function runCell(control: ControlCase, preset: SamplingPreset): ControlCell {
  if (control.tooLarge?.(preset) === true) return notExplored
  const name = `${control.name} under ${preset}`
  const options = control.order?.(preset) ?? depthFirst
  const exploration = exploreWhole(name, control.scenario(preset), options)
  const { counterexample, schedules, states, verdict } = exploration
  if (verdict === 'unknown') throw new Error(`${control.name} under ${preset}: nothing overlapped`)
  return { caught: counterexample?.violation.kind ?? null, schedules, states }
}

function exploreWhole(
  name: string,
  scenario: Parameters<typeof explore>[0],
  options: ExploreOptions = depthFirst,
): Exploration {
  const exploration = explore(scenario, { ...options, shrinkRunsMax: 0 })
  if (exploration.complete || exploration.counterexample !== undefined) return exploration
  throw new Error(`${name}: not all explored`)
}

/** Schedules that strategy `mixed` takes to catch a control, with the slowest of the seeds. */
export function measureMixed(control: ControlCase, preset: SamplingPreset): number {
  const scenario = control.scenario(preset)
  let slowest = 0
  for (let seed = 0; seed < measuredSeeds; seed += 1) {
    const { counterexample, schedules } = explore(scenario, { seed, shrinkRunsMax: 0 })
    if (counterexample === undefined) {
      throw new Error(`${control.name} under ${preset}: not caught with seed ${seed}`)
    }
    slowest = Math.max(slowest, schedules)
  }
  return slowest
}

/** The result with what is measured at random. */
export function measureControl(control: ControlCase, result: ControlResult): ControlResult {
  const cells = samplingPresetNames.map((preset) => {
    const cell = result.presets[preset]
    if (cell.caught === null || control.isRare?.(preset) === true) return [preset, cell] as const
    return [preset, { ...cell, mixedWithin: measureMixed(control, preset) }] as const
  })
  return { ...result, presets: Object.fromEntries(cells) as ControlResult['presets'] }
}

/**
 * The smallest counterexample of a control under a preset: found as `runCell` finds it, then shrunk.
 * @throws Error when there is none
 */
export function smallestCounterexample(
  control: ControlCase,
  preset: SamplingPreset,
): Counterexample {
  const options = control.order?.(preset) ?? depthFirst
  const { counterexample } = explore(control.scenario(preset), options)
  if (counterexample !== undefined) return counterexample
  throw new Error(`${control.name} is right under ${preset}`)
}
