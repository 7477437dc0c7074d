// A protocol in the world: owners whose stores drain, readers whose READs sample, faults, and a
// judge. Invariant: everything a run does follows from the oracle's answers.
//
// Judged of every result: it is of one publication and says so (torn, mislabelled); that one is no
// older than the last published before the read began (stale), nor than what the same reader
// returned before (backwards); Closed is said after the owner closed, and nothing else (closed); a
// machine keeps its contract, and a reader ends within its bound (stuck).
import { Evidence, Verdict } from '../../protocols/machine.ts'
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
import { publicationOf } from './judge.ts'
import { type OwnerStep, type OwnerTrace, recordOwner } from './owner-trace.ts'
import { type PayloadOracle, certifiedPayload } from './payloads.ts'
import type { ProtocolUnderTest } from './protocol-under-test.ts'
import { ReadEnd, type ReadPlan, ReaderProgram } from './reader-program.ts'

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
  readonly model: SamplingModel
  readonly coverage: Coverage = newCoverage()
  readonly readers: readonly ReaderProgram[]
  readonly #protocol: ProtocolUnderTest
  readonly #world: World
  readonly #incarnations: Incarnation[] = []
  readonly #queuePairs: SimulatedQueuePair[] = []
  readonly #faults: FaultProgram
  readonly #options: ProtocolScenarioOptions
  #violation: Violation | null = null

  constructor(protocol: ProtocolUnderTest, options: ProtocolScenarioOptions) {
    this.name = protocol.name
    this.#protocol = protocol
    this.#options = options
    this.model = samplingModel(options.model)
    const faults = { ...noFaults, ...options.faults }
    const calm = Object.values(faults).every((count) => count === 0)
    this.#world = new World(this.model, { reduces: calm && options.reduces !== false })
    const steps = options.ownerSteps ?? twoWrites
    this.#record('owner', 0, steps, options.close === true)
    // A restarted owner publishes under a new generation, in memory of its own.
    if (faults.restarts > 0) this.#record('restarted owner', 1, [{ kind: 'publish' }], false)
    const plans = options.readers ?? oneRead
    this.readers = plans.map((reads, index) => this.#addReader(index, reads, faults))
    for (const reader of this.readers) this.#world.addProgram(reader)
    this.#faults = new FaultProgram(faults, {
      world: this.#world,
      readers: this.readers,
      queuePairs: this.#queuePairs,
      incarnations: this.#incarnations,
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
    const stepsMax = this.#options.stepsMax ?? STEPS_MAX
    while (world.steps < stepsMax && this.#violation === null && !this.#over()) {
      if (this.#options.quiescent === true) this.#quieten()
      if (!world.step()) break
    }
    const stranded = this.#violation === null && !world.cut && !this.#over()
    if (stranded) this.#strand(stepsMax)
    this.coverage.overlaps += world.overlaps
    this.coverage.faults += this.#faults.happened
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
    const memory = this.#world.addMemory(
      incarnation === 0 ? 'region' : `region of ${name}`,
      this.#protocol.regionBytes,
    )
    const buffer = this.#world.addCpu(name)
    buffer.bursts = this.#options.bursts ?? []
    buffer.onlyBursts = this.#options.onlyBursts === true
    const payloadOf = this.#options.payloadOf ?? certifiedPayload
    const script = { steps, close, payloadOf, incarnation }
    const trace = recordOwner(this.#protocol, buffer, memory, script)
    this.#world.foresee(memory, buffer)
    this.#incarnations.push({ memory, buffer, trace })
  }

  #addReader(index: number, plans: readonly ReadPlan[], faults: FaultPlan): ReaderProgram {
    const name = `r${index + 1}`
    const depth = 2 * (this.#protocol.chainLengthMax ?? 8)
    const queuePair = this.#world.addQueuePair(`${name}.qp`, { depth })
    this.#queuePairs.push(queuePair)
    return new ReaderProgram(name, this.#world, queuePair, this.#binding(0), {
      make: (incarnation) => this.#protocol.createReader(incarnation),
      plans,
      attemptsMax: this.#options.attemptsMax ?? 2,
      payloadBytes: this.#protocol.payloadBytes,
      slots: faults.timeOuts > 0 ? 2 : 1,
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
    this.#world.reset()
    this.#world.oracle = benignOracle
    for (const reader of this.readers) reader.reset(this.#binding(0))
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
    const { buffer, trace } = this.#incarnations[reader.incarnation] as Incarnation
    const { publications } = trace
    let last = -1
    while ((publications[last + 1]?.end ?? Infinity) <= buffer.prefix) last += 1
    reader.baseline = last
    reader.closedBefore = trace.closeStart < trace.end && buffer.prefix === trace.end
  }

  #retried(reader: ReaderProgram): void {
    this.coverage.retries += 1
    if (reader.machine.evidence === Evidence.None) {
      this.#violate('stuck', `${reader.name} failed an attempt without evidence`)
    }
  }

  #ended(reader: ReaderProgram, end: number): void {
    const note = end === ReadEnd.Verdict ? this.#judge(reader) : 'ends with a typed failure'
    this.#world.recorder?.say('act', reader.name, note)
    if (end === ReadEnd.Exhausted && reader.attempts < (this.#options.attemptsMax ?? 2)) {
      this.#violate('stuck', `${reader.name} gave up too early`)
    }
    this.#faults.readEnded(reader, end)
  }

  /** Judges a verdict; returns what to say of it in a report. */
  #judge(reader: ReaderProgram): string {
    this.coverage.results += 1
    const { buffer, trace } = this.#incarnations[reader.incarnation] as Incarnation
    if (reader.verdict === Verdict.Closed) {
      const closing = trace.closeStart < trace.end && buffer.drained > trace.closeStart
      if (!closing) this.#violate('closed', `${reader.name}: the owner had not closed`)
      return 'returns Closed'
    }
    const { machine, request } = reader
    if (reader.closedBefore) {
      this.#violate(
        'closed',
        `${reader.name} returned version ${machine.version} of a closed region`,
      )
    }
    if (reader.verdict === Verdict.Unchanged) return this.#judgeUnchanged(reader)
    const numbered = trace.publications[0]?.version !== undefined
    const version = numbered ? machine.version : undefined
    const found = publicationOf(trace, {
      reader: reader.name,
      target: request.target,
      offset: request.offset,
      lengthBytes: request.lengthBytes,
      version,
    })
    if (typeof found !== 'number') {
      this.#violate(found.kind, found.message)
      return `returns version ${version ?? '?'} (${found.kind})`
    }
    this.#judgeAge(reader, found)
    return `returns version ${trace.publications[found]?.version ?? `#${found}`}`
  }

  #judgeUnchanged(reader: ReaderProgram): string {
    const { machine, request } = reader
    const { publications } = (this.#incarnations[reader.incarnation] as Incarnation).trace
    if (machine.version !== request.knownVersion || request.knownVersion === 0) {
      const asked = `asked about ${request.knownVersion}`
      this.#violate('mislabelled', `${reader.name} says unchanged at ${machine.version}, ${asked}`)
    }
    const index = publications.findIndex(({ version }) => version === machine.version)
    this.#judgeAge(reader, index)
    return `returns Unchanged at version ${machine.version}`
  }

  #judgeAge(reader: ReaderProgram, found: number): void {
    const { publications } = (this.#incarnations[reader.incarnation] as Incarnation).trace
    const name = (index: number): string => String(publications[index]?.version ?? `#${index}`)
    if (found < reader.baseline) {
      const before = `though ${name(reader.baseline)} was published before the read began`
      this.#violate('stale', `${reader.name} returned version ${name(found)}, ${before}`)
    }
    const last = reader.newest
    if (found < last) {
      this.#violate('backwards', `${reader.name} returned ${name(found)} after ${name(last)}`)
    }
    reader.newest = Math.max(last, found)
    reader.returned = publications[found]?.version ?? 0
  }
}
