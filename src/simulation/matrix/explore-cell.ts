// Explores one strategy in one cell of the safety matrix, world after world, until one is violated.
// Invariant: bounds count schedules, never time, so the same code gives the same numbers anywhere.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { SafetyCell, SafetyVerdict } from '../../regions/safety-cell.ts'
import type { Exploration } from '../exploration.ts'
import { explore } from '../explore.ts'
import { ProtocolScenario } from '../protocol/protocol-scenario.ts'
import type { ProtocolUnderTest } from '../protocol/protocol-under-test.ts'
import { replay } from '../replay.ts'
import { analyseTearing } from '../report/tearing.ts'
import { sentenceCase } from '../report/sentence.ts'
import { modelOf } from './cells.ts'
import { type MatrixSubject, type MatrixWorld, worldApplies } from './matrix-subject.ts'

/** Schedules after which a world counts as too large to explore all of them. */
const EXHAUSTIVE_MAX = 20_000
/** Schedules sampled of a world that is too large, unless it says otherwise. */
const SAMPLES = 2000

/** What breaks a strategy. */
export interface CellCounterexample {
  readonly world: string
  /** Kind of the violation: `torn`, `mislabelled`, … */
  readonly kind: string
  /** One sentence. */
  readonly sentence: string
  /** Text of the tape; replays in the world's scenario. */
  readonly tape: string
  /** Schedules of that world run until it was found. */
  readonly schedules: number
}

export interface CellResult {
  readonly verdict: SafetyVerdict
  /** Worlds explored; up to the violated one. */
  readonly worlds: number
  /** Schedules of exhaustive explorations that ended, all worlds together. */
  readonly schedules: number
  /** Different states they met where schedules part. */
  readonly states: number
  /** Worlds too large for that. */
  readonly sampledWorlds: readonly string[]
  /** Schedules sampled in those. */
  readonly samples: number
  readonly counterexample?: CellCounterexample
}

/** The scenario of a world in a cell; what tapes are replayed in. */
export function scenarioOf(
  subject: MatrixSubject,
  cell: SafetyCell,
  world: MatrixWorld,
  kernels: MemoryKernels,
): ProtocolScenario {
  const { ownerSteps, reads, attemptsMax } = world
  const protocol = subject.underTest(world, kernels)
  return new ProtocolScenario(multiplied(protocol, world.publications ?? []), {
    model: modelOf(cell),
    ownerSteps,
    readers: [reads],
    attemptsMax,
    close: world.close === true,
    ...(world.atOnce === true ? { bursts: [1], onlyBursts: true } : {}),
  })
}

/** Explores `subject` in `cell`. */
export function exploreCell(
  subject: MatrixSubject,
  cell: SafetyCell,
  kernels: MemoryKernels,
): CellResult {
  const sampledWorlds: string[] = []
  let worlds = 0
  let schedules = 0
  let states = 0
  let samples = 0
  for (const world of subject.worlds) {
    if (!worldApplies(world, subject.strategy, cell)) continue
    const { exhaustive, sampled } = exploreWorld(subject, cell, world, kernels)
    worlds += 1
    if (exhaustive?.complete === true) {
      schedules += exhaustive.schedules
      states += exhaustive.states
    }
    if (sampled !== null) {
      sampledWorlds.push(world.name)
      samples += sampled.schedules
    }
    const violated = [exhaustive, sampled].find((found) => found?.verdict === 'violated')
    const counts = { worlds, schedules, states, sampledWorlds, samples }
    if (violated?.counterexample !== undefined) {
      const scenario = scenarioOf(subject, cell, world, kernels)
      const counterexample = counterexampleOf(world, scenario, violated)
      return { verdict: 'unsound', ...counts, counterexample }
    }
  }
  const verdict = sampledWorlds.length === 0 ? 'sound' : 'sampled'
  return { verdict, worlds, schedules, states, sampledWorlds, samples }
}

/** All schedules if they are few enough, else samples of them. */
function exploreWorld(
  subject: MatrixSubject,
  cell: SafetyCell,
  world: MatrixWorld,
  kernels: MemoryKernels,
): { readonly exhaustive: Exploration | null; readonly sampled: Exploration | null } {
  const scenario = scenarioOf(subject, cell, world, kernels)
  const schedulesMax = subject.tooLarge(world, cell) ? 0 : (world.schedulesMax ?? EXHAUSTIVE_MAX)
  let exhaustive: Exploration | null = null
  if (schedulesMax > 0) {
    exhaustive = explore(scenario, { strategy: 'exhaustive', schedulesMax })
    if (exhaustive.verdict === 'violated') return { exhaustive, sampled: null }
    if (exhaustive.complete) return { exhaustive: meaningful(exhaustive), sampled: null }
  }
  const sampled = explore(scenario, { strategy: 'mixed', schedulesMax: world.samples ?? SAMPLES })
  return { exhaustive: null, sampled: meaningful(sampled) }
}

/** @throws Error when nothing in the world could have failed: it then has no place in that cell */
function meaningful(exploration: Exploration): Exploration {
  if (exploration.verdict !== 'unknown') return exploration
  throw new Error(`${exploration.scenario}: no READ met a write, so this says nothing`)
}

function counterexampleOf(
  world: MatrixWorld,
  scenario: ProtocolScenario,
  exploration: Exploration,
): CellCounterexample {
  const { violation, tape } = exploration.counterexample as NonNullable<
    Exploration['counterexample']
  >
  const { trace } = replay(scenario, tape)
  return {
    world: world.name,
    kind: violation.kind,
    sentence: sentenceCase(analyseTearing(trace, violation).sentence),
    tape,
    schedules: exploration.schedules,
  }
}

/** A protocol whose owner step number i is `counts[i]` publications; steps beyond are one. */
function multiplied(protocol: ProtocolUnderTest, counts: readonly number[]): ProtocolUnderTest {
  if (counts.length === 0) return protocol
  return {
    ...protocol,
    createOwner: (memory, incarnation) => {
      const owner = protocol.createOwner(memory, incarnation)
      let step = 0
      return {
        get version() {
          return owner.version
        },
        format: (payload) => owner.format(payload),
        publish: (payload) => {
          for (let count = counts[step] ?? 1; count > 0; count -= 1) owner.publish(payload)
          step += 1
        },
      }
    },
  }
}
