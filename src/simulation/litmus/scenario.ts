// A litmus program in a simulated world. Its end state is the outcome; nothing is a violation. Every
// outcome is kept, so that whoever runs all schedules holds the exact set.
//
// Bytes that no instruction can make other than 0 are read and written by nobody here: sampling or
// placing a constant commutes with everything. So where only the lowest byte of each word can
// change, a word cannot be torn, and granules of 1 byte show what granules of 8 show, with far fewer
// schedules. `exact: true` leaves this out; a test compares the two.
import type { Oracle } from '../oracle.ts'
import type { SamplingModel } from '../sampling-model.ts'
import { type Coverage, newCoverage, type RunEnd, type Scenario } from '../scenario.ts'
import type { StateHash } from '../state-hash.ts'
import { TraceRecorder } from '../trace-recorder.ts'
import type { Trace } from '../trace.ts'
import { World } from '../world.ts'
import { CpuThread } from './cpu-thread.ts'
import { WORD_BYTES } from './layout.ts'
import type { OutcomeValues } from './outcome.ts'
import { PeerThread } from './peer-thread.ts'
import type { LitmusProgram } from './program.ts'
import { type ThreadHost, wordAt } from './thread-host.ts'

const STEPS_MAX = 100_000

export interface LitmusScenarioOptions {
  /**
   * Whether to read and write also the bytes that are 0 in every schedule: the same outcomes, from
   * more schedules. Off by default.
   */
  readonly exact?: boolean
  /**
   * Whether to leave out schedules that differ only in when unchanging memory is sampled: the same
   * outcomes, as `SampleOrder` argues, sooner where one READ has many granules. Off by default.
   */
  readonly reduces?: boolean
}

export class LitmusScenario implements Scenario {
  readonly name: string
  readonly coverage: Coverage = newCoverage()
  /** Outcome of the run that ended last; null when it was cut. */
  outcome: OutcomeValues | null = null
  readonly #program: LitmusProgram
  readonly #world: World
  readonly #host: ThreadHost
  readonly #cpus: readonly CpuThread[]
  readonly #peers: readonly PeerThread[]

  constructor(program: LitmusProgram, model: SamplingModel, options: LitmusScenarioOptions = {}) {
    this.name = `litmus ${JSON.stringify([program, model])}`
    this.#program = program
    const liveBytes = options.exact === true ? WORD_BYTES : liveBytesOf(program)
    const whole = liveBytes === 1 && model.atomicGranuleBytes === 1
    const world = new World(whole ? { ...model, atomicGranuleBytes: WORD_BYTES } : model, {
      reduces: options.reduces === true,
    })
    const { offsets, lengthBytes } = program.layout
    const memory = world.addMemory('owner', Math.max(lengthBytes, WORD_BYTES))
    this.#world = world
    this.#host = { world, memory, offsets, signals: new Set(), liveBytes }
    this.#cpus = program.cpus.map((cpu) => {
      return new CpuThread(cpu, world.addCpu(`${cpu.name} stores`), this.#host)
    })
    this.#peers = program.peers.map((peer) => new PeerThread(peer, this.#host))
    for (const thread of this.#threads()) world.addProgram(thread)
    world.seal()
  }

  run(oracle: Oracle): RunEnd {
    const world = this.#world
    world.reset()
    world.oracle = oracle
    this.#host.signals.clear()
    for (const thread of this.#threads()) thread.reset()
    world.run(STEPS_MAX)
    this.outcome = null
    if (!world.cut) {
      if (this.#threads().some((thread) => !thread.ended)) {
        throw new Error(`litmus program '${this.#program.name}' got stuck`)
      }
      this.outcome = this.#values()
      this.coverage.results += 1
    }
    this.coverage.overlaps += world.overlaps
    return { violation: null, steps: world.steps, cut: world.cut }
  }

  mix(hash: StateHash): void {
    this.#world.mix(hash)
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    const recorder = new TraceRecorder()
    for (const { name } of this.#threads()) recorder.actor(name)
    this.#world.recorder = recorder
    try {
      const end = this.run(oracle)
      return { end, trace: recorder.finish() }
    } finally {
      this.#world.recorder = null
    }
  }

  #threads(): readonly (CpuThread | PeerThread)[] {
    return [...this.#cpus, ...this.#peers]
  }

  #values(): OutcomeValues {
    const { memory, offsets } = this.#host
    const values: Record<string, number> = {}
    for (const name of this.#program.registers) {
      const loaded = this.#cpus.map((cpu) => cpu.registers.get(name))
      const landed = this.#peers.map((peer) => peer.register(name))
      values[name] = [...loaded, ...landed].find((value) => value !== undefined) as number
    }
    for (const name of this.#program.final) {
      values[`~${name}`] = wordAt(memory.bytes, offsets[name] as number)
    }
    return values
  }
}

/**
 * Bytes of a word, from its lowest, that the program can make other than 0. Errs upwards: sums
 * count all addends, and where bytes of different values may mix, their sum may carry once more.
 */
export function liveBytesOf(program: LitmusProgram): number {
  let largest = 0
  let addends = 0
  for (const each of [...program.cpus, ...program.peers].flatMap((thread) => thread.instructions)) {
    if (each.kind === 'put' && typeof each.source !== 'string') {
      largest = Math.max(largest, ...each.source)
    }
    if (each.kind === 'compareAndSwap') largest = Math.max(largest, each.desired)
    if (each.kind === 'store') largest = Math.max(largest, each.value * 256 ** each.offsetBytes)
    if (each.kind === 'fetchAndAdd') addends += each.addend
  }
  const bytes = bytesNeeded(largest + addends)
  return bytes === 1 || addends === 0 ? bytes : Math.min(WORD_BYTES, bytes + 1)
}

function bytesNeeded(value: number): number {
  let bytes = 1
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) bytes += 1
  return bytes
}
