// Checks a protocol: every world under every sampling model, strongest guarantees first. Invariants: a
// verdict rests only on schedules that were run; every counterexample was had a second time; without
// a bound of time, the same protocol, options and seed give the same check.
import { UntornError, argumentRangeError } from '../errors.ts'
import { formatTape, parseTape } from '../simulation/choice-tape.ts'
import type { Exploration, ExplorationVerdict } from '../simulation/exploration.ts'
import { explore } from '../simulation/explore.ts'
import { TapeOracle } from '../simulation/tape-oracle.ts'
import type { CheckSettings, CheckOptions, NamedModel } from './check-options.ts'
import { checkSettings } from './check-options.ts'
import { formatCheck } from './check-report.ts'
import { type CheckWorld, nameOfWorld } from './check-world.ts'
import { type CheckedProtocol, checkedProtocol } from './checked-protocol.ts'
import { CheckedScenario } from './checked-scenario.ts'
import { hasCode } from './has-code.ts'
import type { Fields } from './layout.ts'
import { preflight } from './preflight.ts'
import type {
  PresetCheck,
  ProtocolCheck,
  ProtocolCounterexample,
  WorldCheck,
} from './protocol-check.ts'
import type { Protocol } from './protocol.ts'
import { tellCounterexample } from './tell-counterexample.ts'

const schedulesMaxOfWorld = 10_000

/**
 * Checks a protocol under sampling models, and says of each whether it holds, and if not, shows why.
 * Takes a fraction of a second for a payload of two words; three or four words are plenty.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT naming the option or parameter;
 *   ERR_UNTORN_OUT_OF_BOUNDS, ERR_UNTORN_MISALIGNED a store or READ of the protocol's code
 * @throws UntornError ERR_UNTORN_BROKEN_PROTOCOL: its code throws, does not end, never accepts, or
 *   is not deterministic
 */
export function checkProtocol<const F extends Fields>(
  protocol: Protocol<F>,
  options: CheckOptions = {},
): ProtocolCheck {
  const settings = checkSettings(options)
  // Inside, fields are looked up by name, whatever names there are.
  const checked = checkedProtocol(protocol as unknown as Protocol)
  preflight(checked, settings.worlds)
  const presets =
    settings.replay === undefined
      ? checkModels(checked, settings)
      : replayTape(checked, settings, settings.replay)
  return conclude(checked, settings, presets)
}

function checkModels(
  protocol: CheckedProtocol,
  settings: CheckSettings,
): Record<string, PresetCheck> {
  const presets: Record<string, PresetCheck> = {}
  const endMs = performance.now() + settings.timeMs
  settings.models.forEach((model, index) => {
    // Who is done early leaves its time to those that follow.
    const leftMs = (endMs - performance.now()) / (settings.models.length - index)
    presets[model.name] = checkModel(protocol, settings, model, leftMs)
  })
  return presets
}

function checkModel(
  protocol: CheckedProtocol,
  settings: CheckSettings,
  model: NamedModel,
  timeMs: number,
): PresetCheck {
  const checks: WorldCheck[] = []
  const endMs = performance.now() + timeMs
  for (const [index, world] of settings.worlds.entries()) {
    const leftMs = (endMs - performance.now()) / (settings.worlds.length - index)
    const scenario = new CheckedScenario(protocol, world, model.model)
    const found = exploreWorld(scenario, world, settings.seed, Math.max(leftMs, 1))
    const name = nameOfWorld(world, index)
    const { verdict, complete, schedules, coverage } = found
    checks.push({ name, verdict, complete, schedules, coverage })
    if (found.counterexample === undefined) continue
    const counterexample = tellCounterexample({
      ...found.counterexample,
      scenario,
      preset: model.name,
      world: name,
    })
    return presetCheck(settings, checks, counterexample)
  }
  return presetCheck(settings, checks)
}

function exploreWorld(
  scenario: CheckedScenario,
  world: CheckWorld,
  seed: number,
  timeMs: number,
): Exploration {
  const { strategy = 'exhaustive', schedulesMax = schedulesMaxOfWorld } = world
  const { fingerprint } = scenario
  try {
    return explore(scenario, { strategy, schedulesMax, seed, timeMs, fingerprint })
  } catch (error) {
    if (hasCode(error)) throw error
    // The engine repeats itself; whoever does not is the protocol's code.
    throw new UntornError(
      'ERR_UNTORN_BROKEN_PROTOCOL',
      `the protocol’s code depends on something beside its calls and what landed: ${String(error)}`,
      { cause: error },
    )
  }
}

function presetCheck(
  settings: CheckSettings,
  worlds: readonly WorldCheck[],
  counterexample?: ProtocolCounterexample,
): PresetCheck {
  const exhaustive = settings.worlds.map(
    ({ strategy }) => (strategy ?? 'exhaustive') === 'exhaustive',
  )
  return {
    verdict: verdictOf(worlds),
    complete: worlds.every((world, index) => world.complete || exhaustive[index] === false),
    schedules: worlds.reduce((sum, world) => sum + world.schedules, 0),
    worlds,
    ...(counterexample === undefined ? {} : { counterexample }),
  }
}

/** One world in which it could have failed is enough to say that it holds. */
function verdictOf(worlds: readonly WorldCheck[]): ExplorationVerdict {
  if (worlds.some(({ verdict }) => verdict === 'violated')) return 'violated'
  return worlds.some(({ verdict }) => verdict === 'holds') ? 'holds' : 'unknown'
}

/** Runs one schedule, in the world and under the model that it was found in. */
function replayTape(
  protocol: CheckedProtocol,
  settings: CheckSettings,
  tape: string,
): Record<string, PresetCheck> {
  const parsed = parseTape(tape)
  for (const model of settings.models) {
    for (const [index, world] of settings.worlds.entries()) {
      const scenario = new CheckedScenario(protocol, world, model.model)
      if (parsed.fingerprint !== '' && parsed.fingerprint !== scenario.fingerprint) continue
      const { violation } = scenario.run(new TapeOracle(parsed.choices))
      const { results, overlaps, retries, faults } = scenario.coverage
      const held = results > 0 && overlaps + retries + faults > 0 ? 'holds' : 'unknown'
      const name = nameOfWorld(world, index)
      const check: WorldCheck = {
        name,
        verdict: violation === null ? held : 'violated',
        complete: false,
        schedules: 1,
        coverage: { ...scenario.coverage },
      }
      if (violation === null) return { [model.name]: presetCheck(settings, [check]) }
      const told = tellCounterexample({
        scenario,
        preset: model.name,
        world: name,
        violation,
        tape: formatTape(parsed.choices, scenario.fingerprint),
        choices: parsed.choices,
        shrunk: false,
      })
      return { [model.name]: presetCheck(settings, [check], told) }
    }
  }
  throw argumentRangeError(
    `the tape ${tape.slice(0, 40)} is of none of the worlds and models of this check: give the ` +
      'same protocol, presets and worlds',
  )
}

function conclude(
  protocol: CheckedProtocol,
  settings: CheckSettings,
  presets: Readonly<Record<string, PresetCheck>>,
): ProtocolCheck {
  const { expect, seed } = settings
  const entries = Object.entries(presets)
  const holds = (name: string): boolean => presets[name]?.verdict === 'holds'
  const besidesBytes = entries.filter(([name]) => name !== 'bytes')
  const sound = holds('minimal') && besidesBytes.every(([name]) => holds(name))
  const judged = 'minimal' in presets ? besidesBytes : entries
  const asExpected =
    expect.length === 0
      ? judged.every(([name]) => holds(name))
      : entries.every(([name, { verdict }]) =>
          expect.includes(name) ? verdict === 'violated' : verdict === 'holds',
        )
  const violated = entries.filter(([, { verdict }]) => verdict === 'violated')
  const [, shown] = violated.find(([name]) => !expect.includes(name)) ?? violated[0] ?? []
  const check = {
    protocol: protocol.name,
    seed,
    presets,
    sound,
    asExpected,
    ...(shown?.counterexample === undefined ? {} : { counterexample: shown.counterexample }),
  }
  return { ...check, report: formatCheck(check, expect) }
}
