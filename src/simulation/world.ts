// A simulated world: memories, CPUs with store buffers, queue pairs, programs. `step` lets one of
// them do one thing, chosen by the oracle; there is no clock and no other nondeterminism. Invariant:
// the state is exactly what `mix` mixes, plus what the contents of programs add to it.
import { SLOTS_MAX } from './atomic-steps.ts'
import { ChoiceLabel, type Oracle } from './oracle.ts'
import type { Program } from './program.ts'
import { SimulatedQueuePair } from './queue-pair.ts'
import type { QueuePairHost } from './queue-pair-host.ts'
import { type SamplingModel, replaysMatter } from './sampling-model.ts'
import { SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'
import { type BufferHost, StoreBuffer } from './store-buffer.ts'
import type { TraceRecorder } from './trace-recorder.ts'

const DEPTH = 16
const NICS_MAX = 64

/** Every choice benign: what a world does when nothing is against it. */
export const benignOracle: Oracle = { choose: () => 0, schedule: () => 0 }

/** Something that can take a step. */
interface Actor {
  options(): number
  take(): void
  mix(hash: StateHash): void
}

export interface WorldOptions {
  /**
   * Leaves out schedules that differ only in when unchanging memory is sampled (SampleOrder says
   * why that is sound). For worlds whose landing memory nobody looks at early, without faults.
   */
  readonly reduces?: boolean
  readonly landing?: 'direct' | 'pieces'
  /**
   * Leaves out schedules that differ only in when a WRITE is fetched: `meddled` says whether that
   * mattered.
   */
  readonly fetchesAtPost?: boolean
  /**
   * Also replays that can show nothing new: see `replaysMatter`. Whoever looks at landing memory
   * before the completion needs them: it sees what the first execution landed, then the second.
   */
  readonly allReplays?: boolean
}

export interface SimulatedQueuePairOptions {
  /** Number of the responder's NIC, 0 to 63: its atomics exclude each other. Default 0. */
  readonly nic?: number
  /** Operations in flight, at most: 1 to 65536. Default 16. */
  readonly depth?: number
}

export class World implements QueuePairHost, BufferHost {
  readonly model: SamplingModel
  readonly landing: 'direct' | 'pieces'
  readonly reduces: boolean
  readonly fetchesAtPost: boolean
  readonly replaysMax: number
  meddled = false
  desperate = false
  oracle: Oracle = benignOracle
  recorder: TraceRecorder | null = null
  steps = 0
  motion = 0
  overlaps = 0
  /** The oracle ended the run. */
  cut = false
  readonly atomicUnits: Int32Array = new Int32Array(NICS_MAX)
  readonly #memories: SimulatedMemory[] = []
  /** The only CPU that stores to a memory, by the memory's index. */
  readonly #storers: (StoreBuffer | undefined)[] = []
  readonly #storesVisible = (memory: SimulatedMemory): number => {
    const storer = this.#storers[memory.index]
    if (storer === undefined) return -1
    return storer.crashed ? Infinity : storer.prefix
  }
  readonly #buffers: StoreBuffer[] = []
  readonly #queuePairs: SimulatedQueuePair[] = []
  readonly #actors: Actor[] = []
  #enabled: Int32Array = new Int32Array(8)
  #current = 0
  #memoryCount = 0

  constructor(model: SamplingModel, options: WorldOptions = {}) {
    this.model = model
    this.landing = options.landing ?? 'direct'
    this.reduces = options.reduces ?? false
    this.fetchesAtPost = options.fetchesAtPost ?? false
    const all = options.allReplays === true && model.replay !== 'off'
    this.replaysMax = all || replaysMatter(model) ? model.replaysMax : 0
  }

  get actorCount(): number {
    return this.#actors.length
  }

  /** Memory of a host; in `buffer`, whose length is a multiple of 8, if one is given. */
  addMemory(name: string, lengthBytes: number, buffer?: ArrayBuffer): SimulatedMemory {
    const memory = new SimulatedMemory(
      name,
      this.#memoryCount,
      lengthBytes,
      this.model.atomicGranuleBytes,
      buffer,
    )
    this.#memoryCount += 1
    this.#memories.push(memory)
    return memory
  }

  /** Forgets a memory that nothing uses any more. */
  removeMemory(memory: SimulatedMemory): void {
    memory.valid = false
    const index = this.#memories.indexOf(memory)
    if (index >= 0) this.#memories.splice(index, 1)
  }

  /** A CPU: its store buffer. */
  addCpu(name: string): StoreBuffer {
    const buffer = new StoreBuffer(name, this.#actors.length, this.model.cpu, this)
    this.#buffers.push(buffer)
    this.#add(buffer)
    return buffer
  }

  addQueuePair(name: string, options: SimulatedQueuePairOptions = {}): SimulatedQueuePair {
    const { nic = 0, depth = DEPTH } = options
    if (!(nic >= 0 && nic < NICS_MAX)) throw new Error(`there is no NIC ${nic} in a world`)
    if (!(depth > 0 && depth <= SLOTS_MAX)) throw new Error(`a queue pair of depth ${depth}`)
    const queuePair = new SimulatedQueuePair(name, this.#actors.length, nic, depth, this)
    this.#queuePairs.push(queuePair)
    this.#add(queuePair)
    return queuePair
  }

  addProgram(program: Program): void {
    this.#add({
      options: () => (program.ready() ? 1 : 0),
      take: () => program.act(),
      mix: (hash) => program.mix(hash),
    })
  }

  /**
   * Nobody but `buffer` will store to `memory`, and all of that has been recorded: what is sampled
   * after its last change need not be a choice.
   */
  foresee(memory: SimulatedMemory, buffer: StoreBuffer): void {
    this.#storers[memory.index] = buffer
    buffer.foresee(memory)
  }

  /** Contents of memories and stores recorded so far are the beginning of every run. */
  seal(): void {
    for (const memory of this.#memories) memory.seal()
    for (const buffer of this.#buffers) buffer.seal()
  }

  /** Back to the beginning. Programs reset themselves. */
  reset(): void {
    const recording = this.recorder !== null
    for (const memory of this.#memories) memory.reset(recording)
    for (const buffer of this.#buffers) buffer.reset()
    for (const queuePair of this.#queuePairs) queuePair.reset()
    this.atomicUnits.fill(0)
    this.steps = 0
    this.motion = 0
    this.overlaps = 0
    this.meddled = false
    this.cut = false
    this.#current = 0
  }

  /** The actor that steps next if the schedule does not say otherwise. */
  touched(actor: number): void {
    this.#current = actor
  }

  /** One step of one actor. False when none can go on, or the oracle ended the run. */
  step(): boolean {
    const actors = this.#actors
    const enabled = this.#enabled
    if (this.reduces && this.#settle()) return true
    let count = this.#enable()
    if (count === 0 && this.reduces) {
      this.desperate = true
      count = this.#enable()
    }
    if (count === 0) {
      this.desperate = false
      return false
    }
    // Also where one actor alone can go on, but in several ways: a state to be recognised.
    const sole = count === 1 && (actors[enabled[0] as number] as Actor).options() === 1
    const index = sole ? 0 : this.oracle.schedule(enabled, count)
    if (index < 0) {
      this.cut = true
      this.desperate = false
      return false
    }
    this.#current = enabled[index] as number
    this.steps += 1
    if (this.recorder !== null) this.recorder.step = this.steps
    ;(actors[this.#current] as Actor).take()
    this.desperate = false
    return true
  }

  /** Lists the actors that can take a step, the present one first. */
  #enable(): number {
    const actors = this.#actors
    const enabled = this.#enabled
    let count = 0
    for (let at = this.#current; at < actors.length; at += 1) {
      if ((actors[at] as Actor).options() > 0) enabled[count++] = at
    }
    for (let at = 0; at < this.#current; at += 1) {
      if ((actors[at] as Actor).options() > 0) enabled[count++] = at
    }
    return count
  }

  /** A sample whose time does not matter, as a step without a choice. */
  #settle(): boolean {
    for (const queuePair of this.#queuePairs) {
      if (queuePair.pending === 0) continue
      this.steps += 1
      if (this.recorder !== null) this.recorder.step = this.steps
      if (queuePair.settle(this.#storesVisible)) return true
      this.steps -= 1
    }
    return false
  }

  /** Steps until none is possible, the run is cut, or `stepsMax` were taken in this run. */
  run(stepsMax: number): void {
    while (this.steps < stepsMax && this.step());
  }

  /** A choice of a program's own. */
  choose(count: number): number {
    return count < 2 ? 0 : this.oracle.choose(count, ChoiceLabel.Scenario)
  }

  /** Mixes the present state into a hash. */
  mix(hash: StateHash): void {
    for (const memory of this.#memories) {
      const { words } = memory
      for (let at = 0; at < words.length; at += 1) hash.mix(words[at] as number)
      hash.mix(memory.valid ? 1 : 0)
    }
    // Who holds an atomic unit follows from the operations in flight.
    for (const actor of this.#actors) actor.mix(hash)
  }

  #add(actor: Actor): void {
    this.#actors.push(actor)
    if (this.#actors.length > this.#enabled.length) {
      this.#enabled = new Int32Array(2 * this.#actors.length)
    }
  }
}
