// A protocol in the world: owners whose stores drain, readers whose READs sample, faults, and a
// judge. Invariant: everything a run does follows from the oracle's answers.
//
// What results are judged by is in reader-judge.ts. Judged here: a machine keeps its contract, and a
// reader ends within its bound (stuck).
import { argumentTypeError } from '../../errors.ts'
import { Evidence, Verdict } from '../../protocols/machine.ts'
import { fingerprintOf } from '../choice-tape.ts'
import type { Oracle } from '../oracle.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import { type SamplingChoice, type SamplingModel, samplingModel } from '../sampling-model.ts'
import {
  type Coverage,
  type RunEnd,
  type Scenario,
  type Violation,
  newCoverage,
} from '../scenario.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StateHash } from '../state-hash.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import { TraceRecorder } from '../trace-recorder.ts'
import type { Trace } from '../trace.ts'
import { World, benignOracle } from '../world.ts'
import { FaultProgram, type FaultPlan, noFaults } from './fault-program.ts'
import { type OwnerStep, type OwnerTrace, recordOwner } from './owner-trace.ts'
import { type PayloadOracle, certifiedPayload } from './payloads.ts'
import type { ProtocolUnderTest } from './protocol-under-test.ts'
import type { ReadOutcome, RunOutcome } from './read-outcome.ts'
import { ReaderJudge, isClosed, lastPublished } from './reader-judge.ts'
import { ReadEnd, type ReadPlan, ReaderProgram, readEndNames } from './reader-program.ts'

export interface ProtocolScenarioOptions {
  readonly model: SamplingChoice
  /** What the first owner does after formatting. Default: two publications. */
  readonly ownerSteps?: readonly OwnerStep[]
  /** The first owner closes the region in the end. */
  readonly close?: boolean
  /** One list of reads for each reader. Default: one reader, one read. */
  readonly readers?: readonly (readonly ReadPlan[])[]
  /** Attempts of one read, at most. Default 2. */
  readonly attemptsMax?: number
  readonly payloadOf?: PayloadOracle
  readonly faults?: Partial<FaultPlan>
  /** So many publications may become visible in one step. */
  readonly bursts?: readonly number[]
  /** Publications become visible as a whole, in no smaller steps. */
  readonly onlyBursts?: boolean
  /** Readers may begin before the region was formatted. */
  readonly blank?: boolean
  /** The owner stops for ever after so many stores, which are visible from the beginning. */
  readonly frozenAfter?: number
  /** Nothing becomes visible while an operation is in flight: where even wrong protocols work. */
  readonly quiescent?: boolean
  /** False: also schedules that differ only in when unchanging memory is sampled. */
  readonly reduces?: boolean
  /** Also replays that can show nothing new: see `replaysMatter`. */
  readonly allReplays?: boolean
  /**
   * When all reads have ended, faults heal: an owner that was to be restarted is, broken connections
   * are made again, and everything stored becomes visible. Then each reader reads once more; where
   * an owner lives, one attempt must bring its last version, or Closed where it has closed.
   */
  readonly recovers?: boolean
  /**
   * A restarted owner formats the memory of the dead one anew, and nobody is cut off: stricter than
   * any session, whose generations have memory of their own. For protocols whose words are encoded
   * by keys of the generation.
   */
  readonly restartsInPlace?: boolean
  /**
   * As `readers`, of the restarted owner: they begin when it has started, formatted or, in place, not.
   * Need `faults` with a crash and a restart, which then happen in every run.
   */
  readonly successors?: readonly (readonly ReadPlan[])[]
  /** Told what came of every run that was not cut. */
  readonly observe?: (outcome: RunOutcome) => void
  readonly stepsMax?: number
}

interface Incarnation {
  readonly memory: SimulatedMemory
  readonly buffer: StoreBuffer
  readonly trace: OwnerTrace
}

const STEPS_MAX = 100_000
const twoWrites: readonly OwnerStep[] = [{ kind: 'publish' }, { kind: 'publish' }]
const oneRead: readonly (readonly ReadPlan[])[] = [[{ kind: 'read' }]]

export class ProtocolScenario implements Scenario {
  readonly name: string
  readonly fingerprint: string
  readonly model: SamplingModel
  readonly coverage: Coverage = newCoverage()
  readonly readers: readonly ReaderProgram[]
  readonly #protocol: ProtocolUnderTest
  readonly #world: World
  readonly #incarnations: Incarnation[] = []
  readonly #queuePairs: SimulatedQueuePair[] = []
  readonly #faults: FaultProgram
  readonly #options: ProtocolScenarioOptions
  readonly #judge: ReaderJudge
  readonly #reads: ReadOutcome[] = []
  #violation: Violation | null = null
  /** All reads have ended, faults have healed, and each reader reads once more. */
  #recovering = false

  constructor(protocol: ProtocolUnderTest, options: ProtocolScenarioOptions) {
    this.name = protocol.name
    const { name, regionBytes, payloadBytes } = protocol
    this.fingerprint = fingerprintOf(JSON.stringify([name, regionBytes, payloadBytes, options]))
    this.#protocol = protocol
    this.#options = options
    this.model = samplingModel(options.model)
    const faults = { ...noFaults, ...options.faults }
    const calm = Object.values(faults).every((count) => count === 0)
    this.#world = new World(this.model, {
      reduces: calm && options.reduces !== false,
      allReplays: options.allReplays === true,
    })
    this.#judge = new ReaderJudge(protocol.versionsKept ?? 1, (kind, message) =>
      this.#violate(kind, message),
    )
    const steps = options.ownerSteps ?? twoWrites
    this.#record('owner', 0, steps, options.close === true)
    // A restarted owner publishes under a new generation, in memory of its own.
    if (faults.restarts > 0) this.#record('restarted owner', 1, [{ kind: 'publish' }], false)
    const { readers = oneRead, successors = [] } = options
    if (successors.length > 0 && (faults.crashes === 0 || faults.restarts === 0)) {
      throw argumentTypeError('successors begin after a crash and a restart: allow both as faults')
    }
    const plans = [...readers, ...successors]
    this.readers = plans.map((reads, index) =>
      this.#addReader(index, reads, faults, index < readers.length ? 0 : 1),
    )
    for (const reader of this.readers) this.#world.addProgram(reader)
    this.#faults = new FaultProgram(faults, {
      world: this.#world,
      readers: this.readers,
      queuePairs: this.#queuePairs,
      incarnations: this.#incarnations,
      inPlace: options.restartsInPlace === true,
      mayDieIdle: options.restartsInPlace === true || successors.length > 0,
    })
    this.#world.addProgram(this.#faults)
    this.#world.seal()
  }

  /** What the owner of an incarnation did. */
  ownerTrace(incarnation = 0): OwnerTrace {
    return (this.#incarnations[incarnation] as Incarnation).trace
  }

  mix(hash: StateHash): void {
    this.#world.mix(hash)
  }

  run(oracle: Oracle): RunEnd {
    const world = this.#world
    this.#reset()
    world.oracle = oracle
    this.#goOn()
    if (this.#options.recovers === true && this.#violation === null && !world.cut) this.#recover()
    this.coverage.overlaps += world.overlaps
    this.coverage.faults += this.#faults.happened
    const { observe } = this.#options
    if (observe !== undefined && !world.cut) {
      // Who ended first says nothing: readers share nothing but memory that they do not change.
      const reads = this.readers.flatMap(({ name }) =>
        this.#reads.filter((read) => read.reader === name),
      )
      observe({ reads, violation: this.#violation?.kind ?? null })
    }
    return { violation: this.#violation, steps: world.steps, cut: world.cut }
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    const recorder = new TraceRecorder()
    this.#world.recorder = recorder
    for (const { buffer } of this.#incarnations) recorder.actor(buffer.name)
    try {
      const end = this.run(oracle)
      return { end, trace: recorder.finish() }
    } finally {
      this.#world.recorder = null
    }
  }

  #record(name: string, incarnation: number, steps: readonly OwnerStep[], close: boolean): void {
    const inPlace = this.#options.restartsInPlace === true
    const shared = inPlace ? this.#incarnations[0]?.memory : undefined
    const { regionBytes } = this.#protocol
    const memoryName = incarnation === 0 ? 'region' : `region of ${name}`
    const memory = shared ?? this.#world.addMemory(memoryName, regionBytes)
    const buffer = this.#world.addCpu(name)
    buffer.bursts = this.#options.bursts ?? []
    buffer.onlyBursts = this.#options.onlyBursts === true
    const payloadOf = this.#options.payloadOf ?? certifiedPayload
    const script = { steps, close, payloadOf, incarnation }
    const trace = recordOwner(this.#protocol, buffer, memory, script)
    if (!inPlace) this.#world.foresee(memory, buffer)
    this.#incarnations.push({ memory, buffer, trace })
  }

  #addReader(
    index: number,
    plans: readonly ReadPlan[],
    faults: FaultPlan,
    home: number,
  ): ReaderProgram {
    const name = `r${index + 1}`
    const depth = 2 * (this.#protocol.chainLengthMax ?? 8)
    const queuePair = this.#world.addQueuePair(`${name}.qp`, { depth })
    this.#queuePairs.push(queuePair)
    return new ReaderProgram(name, this.#world, queuePair, this.#binding(home), {
      make: (incarnation) => this.#protocol.createReader(incarnation),
      plans,
      attemptsMax: this.#options.attemptsMax ?? 2,
      payloadBytes: this.#protocol.payloadBytes,
      slots: faults.timeOuts > 0 ? 2 : 1,
      mayBegin: () => this.#faults.incarnation >= home,
      events: {
        began: (reader) => this.#began(reader),
        ended: (reader, end) => this.#ended(reader, end),
        retried: (reader) => this.#retried(reader),
        stuck: (reader, message) => this.#violate('stuck', `${reader.name} ${message}`),
      },
    })
  }

  #binding(incarnation: number): { memory: SimulatedMemory; incarnation: number } {
    const { memory } = this.#incarnations[incarnation] as Incarnation
    return { memory, incarnation }
  }

  #reset(): void {
    this.#violation = null
    this.#recovering = false
    this.#reads.length = 0
    this.#world.reset()
    this.#world.oracle = benignOracle
    for (const reader of this.readers) reader.reset()
    this.#faults.reset()
    const { blank, frozenAfter } = this.#options
    this.#incarnations.forEach(({ buffer, trace }, index) => {
      if (index === 0 && blank !== true) buffer.drainTo(trace.formatEnd)
      // The next owner does nothing before it is started.
      if (index > 0) buffer.frozen = true
    })
    const [first] = this.#incarnations
    if (first !== undefined && frozenAfter !== undefined) {
      first.buffer.drainTo(frozenAfter)
      first.buffer.crash()
    }
  }

  /** Steps until all reads have ended, or something is violated, or the oracle has enough. */
  #goOn(): void {
    const world = this.#world
    const stepsMax = this.#options.stepsMax ?? STEPS_MAX
    while (world.steps < stepsMax && this.#violation === null && !this.#over()) {
      if (this.#options.quiescent === true && !this.#recovering) this.#quieten()
      if (!world.step()) break
    }
    if (this.#violation === null && !world.cut && !this.#over()) this.#strand(stepsMax)
  }

  /** What a quiet region is read like does not depend on the schedule: the benign one will do. */
  #recover(): void {
    const index = this.#faults.heal()
    const present = this.#incarnations[index]
    if (present === undefined) return
    this.#recovering = true
    this.#world.oracle = benignOracle
    const { buffer, trace } = present
    buffer.frozen = false
    if (!buffer.crashed) buffer.drainTo(trace.end)
    this.readers.forEach((reader, at) => {
      const queuePair = this.#queuePairs[at] as SimulatedQueuePair
      if (queuePair.failed || reader.incarnation !== index) {
        if (!queuePair.failed) queuePair.fail()
        queuePair.reset()
        reader.rebind(this.#binding(index))
      }
      reader.readLast()
    })
    this.#goOn()
  }

  #over(): boolean {
    return this.readers.every((reader) => reader.over)
  }

  #quieten(): void {
    const busy = this.#queuePairs.some((queuePair) => queuePair.pending > 0)
    for (const { buffer } of this.#incarnations) buffer.frozen = busy
  }

  #strand(stepsMax: number): void {
    const waiting = this.readers.filter((reader) => !reader.over).map((reader) => reader.name)
    const steps = this.#world.steps
    const bound = steps >= stepsMax ? `${stepsMax} steps` : `${steps} steps, nothing can go on`
    this.#violate('stuck', `${waiting.join(', ')} did not end within ${bound}`)
  }

  #violate(kind: string, message: string): void {
    this.#violation ??= { kind, message }
    this.#world.recorder?.say('act', 'judge', `${kind}: ${message}`)
  }

  #began(reader: ReaderProgram): void {
    const owner = this.#incarnations[reader.incarnation] as Incarnation
    reader.baseline = lastPublished(owner)
    reader.endedBefore = isClosed(owner) || this.#isStoredOver(reader)
  }

  /** Another generation has begun to use the memory of this reader's. */
  #isStoredOver(reader: ReaderProgram): boolean {
    if (this.#options.restartsInPlace !== true) return false
    const next = this.#incarnations[reader.incarnation + 1]
    return next !== undefined && next.buffer.drained > 0
  }

  #retried(reader: ReaderProgram): void {
    this.coverage.retries += 1
    if (reader.machine.evidence === Evidence.None) {
      this.#violate('stuck', `${reader.name} failed an attempt without evidence`)
    }
  }

  #ended(reader: ReaderProgram, end: number): void {
    const owner = this.#incarnations[reader.incarnation] as Incarnation
    let note = `ends: ${readEndNames[end] ?? ''}`
    if (end === ReadEnd.Verdict) {
      this.coverage.results += 1
      note = this.#judge.judge(reader, owner)
    }
    this.#world.recorder?.say('act', reader.name, note)
    if (end === ReadEnd.Exhausted && reader.attempts < reader.attemptsMax) {
      this.#violate('stuck', `${reader.name} gave up too early`)
    }
    if (this.#options.observe !== undefined) this.#note(reader, end)
    if (!this.#recovering) this.#faults.readEnded(reader, end)
    else if (!owner.buffer.crashed) this.#requireRecovery(reader, end)
  }

  /** Nobody writes, and the connection works: one attempt has to do. */
  #requireRecovery(reader: ReaderProgram, end: number): void {
    const owner = this.#incarnations[reader.incarnation] as Incarnation
    const expected = isClosed(owner) ? Verdict.Closed : Verdict.Done
    if (end === ReadEnd.Verdict && reader.verdict === expected) return
    this.#violate('stuck', `${reader.name} could not read a quiet region`)
  }

  #note(reader: ReaderProgram, end: number): void {
    const { attempts, baseline, incarnation, machine, name, verdict } = reader
    this.#reads.push({
      reader: name,
      end: readEndNames[end] ?? 'verdict',
      verdict,
      version: machine.version,
      evidence: machine.evidence,
      attempts,
      baseline,
      incarnation,
      seen: reader.seen,
    })
    // States that led to different notes are different, or pruning would forget some.
    const { evidence, version } = machine
    for (const noted of [end, verdict, version, evidence, attempts, baseline, incarnation]) {
      reader.remember(noted)
    }
  }
}
