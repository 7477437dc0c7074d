// One schedule of a protocol, for properties whose worlds and schedules are generated.
import { type CheckWorld, requireWorld } from './check-world.ts'
import { formatTape } from '../simulation/choice-tape.ts'
import { type SamplingChoice, samplingModel } from '../simulation/sampling-model.ts'
import type { Coverage, Violation } from '../simulation/scenario.ts'
import { TapeOracle } from '../simulation/tape-oracle.ts'
import { checkedProtocol } from './checked-protocol.ts'
import { CheckedScenario } from './checked-scenario.ts'
import type { Fields } from './layout.ts'
import type { Protocol } from './protocol.ts'
import { tellCounterexample } from './tell-counterexample.ts'

export interface ScheduleOptions {
  /** A preset, or a model of parameters. Default `minimal`. */
  readonly under?: SamplingChoice
  readonly world?: CheckWorld
  /** Naturals: every array of them is a schedule, and the empty one has no preemption. */
  readonly choices: readonly number[]
}

export interface ScheduleResult {
  readonly violation: Violation | null
  /** The schedule as text. */
  readonly tape: string
  /** Whether the schedule could have shown anything. */
  readonly coverage: Readonly<Coverage>
  /** What happened, step by step; empty where nothing was violated. */
  readonly report: string
}

/**
 * Runs one schedule. For `fc.property(worldArbitrary(), tapeArbitrary(), …)`.
 * @throws as `checkProtocol`
 */
export function runSchedule<const F extends Fields>(
  protocol: Protocol<F>,
  options: ScheduleOptions,
): ScheduleResult {
  const { under = 'minimal', world = {}, choices } = options
  requireWorld(world)
  const checked = checkedProtocol(protocol as unknown as Protocol)
  const scenario = new CheckedScenario(checked, world, samplingModel(under))
  const { violation } = scenario.run(new TapeOracle(choices))
  const coverage = { ...scenario.coverage }
  const tape = formatTape(choices, scenario.fingerprint)
  if (violation === null) return { violation, tape, coverage, report: '' }
  const preset = typeof under === 'string' ? under : 'the given model'
  const told = {
    scenario,
    preset,
    world: world.name ?? 'the given world',
    violation,
    tape,
    choices,
  }
  const { report } = tellCounterexample({ ...told, shrunk: false })
  return { violation, tape, coverage, report }
}
