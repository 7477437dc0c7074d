// The simulator's bench: how many steps and schedules a second it explores in the seqlock's world,
// on one core. Beside it, in the same run, stand three floors that tell what limits it: a choice and
// the copy of a word without any world; a world whose CPUs only store; a world whose queue pairs
// only READ. Every row has its share of the time in turns, so that all are slowed down alike.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Opcode } from '../src/fabric/operation-ring.ts'
import { loadHash, portableKernels, seqlockStrategies } from '../src/protocols/index.ts'
import { explore } from '../src/simulation/explore.ts'
import { litmusSuite, runLitmusEntry } from '../src/simulation/litmus/index.ts'
import { ProtocolScenario } from '../src/simulation/protocol/protocol-scenario.ts'
import { seqlockProtocol } from '../src/simulation/protocol/seqlock-protocol.ts'
import { RandomNumbers } from '../src/simulation/random-numbers.ts'
import {
  type SamplingPreset,
  samplingModel,
  samplingPresetNames,
} from '../src/simulation/sampling-model.ts'
import { UniformOracle } from '../src/simulation/uniform-oracle.ts'
import { World } from '../src/simulation/world.ts'
import { describeEnvironment } from './support/environment.ts'
import {
  SIMULATION_SCHEMA,
  type SimulationReport,
  type SimulationRow,
} from './support/simulation-report.ts'

export interface SimulationBenchOptions {
  /** For each row, milliseconds. */
  readonly durationMs: number
  readonly seed: number
  readonly onProgress: (text: string) => void
}

/** What one turn of a row did. */
interface Turn {
  readonly steps: number
  readonly schedules: number
}

interface Subject {
  readonly name: string
  readonly preset: SamplingPreset | null
  readonly strategy: string
  /** Works for about so long. */
  turn(milliseconds: number): Turn
}

const TURNS = 5
const PAYLOAD_BYTES = 64
const STORES = 64
const STEPS_A_LOOK = 4096
const SCHEDULES_FOR_HEAP = 150
const MEASUREMENTS = 3

/** Runs the bench. */
export async function runSimulationBench(
  options: SimulationBenchOptions,
): Promise<SimulationReport> {
  const subjects = [
    choiceAndCopy(options.seed),
    storesOnly(options.seed),
    readsOnly(options.seed),
    ...(await seqlockWorlds(options.seed)),
  ]
  const totals = subjects.map(() => ({ steps: 0, schedules: 0, milliseconds: 0 }))
  // The first turn is for the compiler.
  for (let round = 0; round <= TURNS; round += 1) {
    subjects.forEach((subject, index) => {
      options.onProgress(`turn ${round} of ${TURNS}: ${subject.name}`)
      const start = performance.now()
      const turn = subject.turn(options.durationMs / TURNS)
      const total = totals[index] as (typeof totals)[number]
      if (round === 0) return
      total.milliseconds += performance.now() - start
      total.steps += turn.steps
      total.schedules += turn.schedules
    })
  }
  const rates = totals.map((total) => total.steps / (total.milliseconds / 1000))
  const floor = rates[0] as number
  const rows = subjects.map((subject, index): SimulationRow => {
    const { steps, schedules, milliseconds } = totals[index] as (typeof totals)[number]
    return {
      world: subject.name,
      preset: subject.preset,
      strategy: subject.strategy,
      stepsPerSecond: Math.round(rates[index] as number),
      schedulesPerSecond: Math.round(schedules / (milliseconds / 1000)),
      stepsPerSchedule: schedules === 0 ? 0 : steps / schedules,
      ratio: floor / (rates[index] as number),
    }
  })
  const heap = heapBytesPerStep(options.seed)
  options.onProgress('litmus suite')
  return {
    schema: SIMULATION_SCHEMA,
    environment: describeEnvironment(),
    seed: options.seed,
    rows,
    heapBytesPerStep: await heap,
    litmus: exploreSuite(),
  }
}

/** A choice and the copy of a word: what no simulator of this kind does without. */
function choiceAndCopy(seed: number): Subject {
  const random = new RandomNumbers(seed)
  const from = new Uint8Array(PAYLOAD_BYTES)
  const to = new Uint8Array(PAYLOAD_BYTES)
  return {
    name: 'floor: one choice, one word copied',
    preset: null,
    strategy: 'random',
    turn: (milliseconds) =>
      during(milliseconds, () => {
        for (let step = 0; step < STEPS_A_LOOK; step += 1) {
          const word = 8 * random.below(PAYLOAD_BYTES / 8)
          for (let at = word; at < word + 8; at += 1) to[at] = from[at] as number
        }
        return { steps: STEPS_A_LOOK, schedules: 0 }
      }),
  }
}

/** Two CPUs whose stores drain. */
function storesOnly(seed: number): Subject {
  const world = new World(samplingModel('sharedMemory'))
  const word = new Uint8Array(8)
  for (const name of ['one', 'other']) {
    const memory = world.addMemory(name, 8 * STORES)
    const cpu = world.addCpu(name)
    for (let index = 0; index < STORES; index += 1)
      cpu.store(memory, 8 * index, word.fill(index + 1))
  }
  world.seal()
  return worldSubject('floor: two CPUs that only store', world, seed, () => undefined)
}

/** Two queue pairs that READ again and again what nobody changes. */
function readsOnly(seed: number): Subject {
  const world = new World(samplingModel('sharedMemory'))
  const memory = world.addMemory('region', PAYLOAD_BYTES)
  const queuePairs = ['one', 'other'].map((name) => {
    const landing = world.addMemory(`landing ${name}`, PAYLOAD_BYTES)
    return { queuePair: world.addQueuePair(name), landing }
  })
  world.seal()
  return worldSubject('floor: two queue pairs that only READ', world, seed, () => {
    for (const { queuePair, landing } of queuePairs) {
      for (let index = 0; index < 4; index += 1) {
        queuePair.post(Opcode.Read, 0, 1, landing, 0, memory, 0, PAYLOAD_BYTES)
      }
    }
  })
}

function worldSubject(name: string, world: World, seed: number, begin: () => void): Subject {
  const oracle = new UniformOracle(new RandomNumbers(seed))
  return {
    name,
    preset: 'sharedMemory',
    strategy: 'random',
    turn: (milliseconds) =>
      during(milliseconds, () => {
        oracle.begin()
        world.reset()
        world.oracle = oracle
        begin()
        while (world.step());
        return { steps: world.steps, schedules: 1 }
      }),
  }
}

async function seqlockWorlds(seed: number): Promise<Subject[]> {
  const subjects: Subject[] = []
  const kernels = portableKernels(await loadHash())
  for (const scheme of [
    seqlockStrategies.fenced,
    seqlockStrategies.hash,
    seqlockStrategies.words,
  ]) {
    for (const preset of samplingPresetNames) {
      if (preset === 'bytes') continue
      for (const strategy of ['random', 'exhaustive'] as const) {
        const protocol = seqlockProtocol(scheme, kernels, { payloadBytes: PAYLOAD_BYTES })
        const scenario = seqlockWorld(protocol, preset)
        let round = seed
        subjects.push({
          name: `seqlock ${scheme.name}`,
          preset,
          strategy,
          turn: (timeMs) => {
            round += 1
            const { steps, schedules } = explore(scenario, {
              strategy,
              timeMs,
              seed: round,
              schedulesMax: 1e9,
            })
            return { steps, schedules }
          },
        })
      }
    }
  }
  return subjects
}

/** Three publications, two readers, one of which reads twice. */
function seqlockWorld(
  protocol: ReturnType<typeof seqlockProtocol>,
  preset: SamplingPreset,
): ProtocolScenario {
  return new ProtocolScenario(protocol, {
    model: preset,
    ownerSteps: [{ kind: 'publish' }, { kind: 'publish' }, { kind: 'publish' }],
    readers: [[{ kind: 'read' }, { kind: 'if-changed' }], [{ kind: 'read' }]],
    attemptsMax: 2,
  })
}

function during(milliseconds: number, work: () => Turn): Turn {
  const end = performance.now() + milliseconds
  let steps = 0
  let schedules = 0
  while (performance.now() < end) {
    const turn = work()
    steps += turn.steps
    schedules += turn.schedules
  }
  return { steps, schedules }
}

/**
 * Growth of the heap per step of the seqlock's world. Steps allocate nothing; what is left are the
 * reader machines, which every schedule makes anew.
 */
async function heapBytesPerStep(seed: number): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const kernels = portableKernels(await loadHash())
  const protocol = seqlockProtocol(seqlockStrategies.fenced, kernels, {
    payloadBytes: PAYLOAD_BYTES,
  })
  const scenario = seqlockWorld(protocol, 'minimal')
  const oracle = new UniformOracle(new RandomNumbers(seed))
  let least = Infinity
  for (let measurement = 0; measurement < MEASUREMENTS; measurement += 1) {
    collect()
    const before = process.memoryUsage().heapUsed
    let steps = 0
    for (let schedule = 0; schedule < SCHEDULES_FOR_HEAP; schedule += 1) {
      oracle.begin()
      steps += scenario.run(oracle).steps
    }
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / steps)
  }
  return Math.max(0, least)
}

function exploreSuite(): SimulationReport['litmus'] {
  const start = performance.now()
  let schedules = 0
  let states = 0
  let complete = true
  for (const entry of litmusSuite) {
    for (const result of Object.values(runLitmusEntry(entry).presets)) {
      schedules += result.schedules
      states += result.states
      complete &&= result.complete
    }
  }
  const seconds = (performance.now() - start) / 1000
  return { programs: litmusSuite.length, schedules, states, seconds, complete }
}
