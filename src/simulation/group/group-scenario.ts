// One owner with several regions, which it publishes to in a known order, and one reader of all of them
// together. Judged: what is returned of each region is a publication of it (torn, mislabelled); there was
// an instant at which all of them were the present ones (apart), and it was not before the read began
// (stale).
import { fingerprintOf } from '../choice-tape.ts'
import type { SnapshotGroup } from '../../protocols/group/snapshot-group.ts'
import type { Oracle } from '../oracle.ts'
import { certifiedPayload } from '../protocol/payloads.ts'
import type { OwnerUnderTest, ProtocolUnderTest } from '../protocol/protocol-under-test.ts'
import { RecordingMemory } from '../recording-memory.ts'
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
import { World } from '../world.ts'
import type { GroupLane } from './group-lane.ts'
import { GroupProgram } from './group-program.ts'

export interface GroupScenarioOptions {
  readonly model: SamplingChoice
  /** The regions that the owner publishes to after formatting, one publication each, in order. */
  readonly order: readonly number[]
  readonly createGroup: (count: number) => SnapshotGroup
  /** Attempts of one region's read or check, at most. Default 2. */
  readonly attemptsMax?: number
  /** Rounds, at most. Default 3. */
  readonly roundsMax?: number
  /** Publications become visible as a whole, in no smaller steps. */
  readonly onlyBursts?: boolean
}

interface GroupPublication {
  readonly version: number
  readonly payload: Uint8Array
  /** Its place in the order of all publications of the owner; formatting is 0 for every region. */
  readonly place: number
}

interface PublishedRegion {
  readonly memory: SimulatedMemory
  readonly publications: GroupPublication[]
}

const STEPS_MAX = 100_000

export class GroupScenario implements Scenario {
  readonly name: string
  readonly fingerprint: string
  readonly model: SamplingModel
  readonly coverage: Coverage = newCoverage()
  readonly #world: World
  readonly #owner: StoreBuffer
  readonly #regions: PublishedRegion[] = []
  /** Number of stores up to the end of each publication, by place; of formatting the first. */
  readonly #ends: number[] = []
  readonly #program: GroupProgram
  #violation: Violation | null = null
  /** Place of the last publication that was visible when the read began. */
  #baseline = 0

  constructor(protocols: readonly ProtocolUnderTest[], options: GroupScenarioOptions) {
    const names = protocols.map(({ name }) => name)
    this.name = `group of ${names.join(', ')}`
    this.fingerprint = fingerprintOf(JSON.stringify([names, options]))
    this.model = samplingModel(options.model)
    this.#world = new World(this.model, { reduces: true })
    this.#owner = this.#world.addCpu('owner')
    if (options.onlyBursts === true) {
      this.#owner.bursts = [1]
      this.#owner.onlyBursts = true
    }
    this.#record(protocols, options.order)
    const lanes = protocols.map((protocol, index) => ({
      memory: (this.#regions[index] as PublishedRegion).memory,
      queuePair: this.#world.addQueuePair(`qp ${index}`),
      payloadBytes: protocol.payloadBytes,
      createReader: () => protocol.createReader(index),
    }))
    this.#program = new GroupProgram(this.#world, lanes, {
      createGroup: options.createGroup,
      attemptsMax: options.attemptsMax ?? 2,
      roundsMax: options.roundsMax ?? 3,
      onBegin: () => (this.#baseline = this.#visiblePlace()),
      onRetry: () => (this.coverage.retries += 1),
      onResult: () => this.#judge(),
    })
    this.#world.addProgram(this.#program)
    this.#world.seal()
  }

  mix(hash: StateHash): void {
    this.#world.mix(hash)
    hash.mix(this.#baseline)
  }

  run(oracle: Oracle): RunEnd {
    const world = this.#world
    world.reset()
    world.oracle = oracle
    this.#violation = null
    this.#baseline = 0
    this.#program.reset()
    this.#owner.drainTo(this.#ends[0] as number)
    while (!this.#program.over && world.steps < STEPS_MAX && world.step());
    if (!this.#program.over && !world.cut) this.#violate('stuck', 'the group did not end')
    this.coverage.overlaps += world.overlaps
    return { violation: this.#violation, steps: world.steps, cut: world.cut }
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    const recorder = new TraceRecorder()
    this.#world.recorder = recorder
    recorder.actor(this.#owner.name)
    try {
      const end = this.run(oracle)
      return { end, trace: recorder.finish() }
    } finally {
      this.#world.recorder = null
    }
  }

  /** All regions are formatted before anything else is published. */
  #record(protocols: readonly ProtocolUnderTest[], order: readonly number[]): void {
    const buffer = this.#owner
    const owners = protocols.map((protocol, index): OwnerUnderTest => {
      const memory = this.#world.addMemory(`region ${index}`, protocol.regionBytes)
      const port = new RecordingMemory(buffer, memory, protocol.regionBytes)
      const owner = protocol.createOwner(port, index)
      const payload = certifiedPayload(protocol.payloadBytes, 0, index)
      owner.format(payload)
      this.#regions.push({ memory, publications: [] })
      return owner
    })
    for (const [index, owner] of owners.entries()) {
      const { payloadBytes } = protocols[index] as ProtocolUnderTest
      this.#note(index, owner, certifiedPayload(payloadBytes, 0, index), 0)
    }
    this.#ends.push(buffer.count)
    buffer.mark()
    for (const [at, index] of order.entries()) {
      const owner = owners[index] as OwnerUnderTest
      const { payloadBytes } = protocols[index] as ProtocolUnderTest
      const payload = certifiedPayload(payloadBytes, at + 1, index)
      const from = buffer.count
      owner.publish(payload)
      buffer.label(from, owner.version ?? 0)
      this.#note(index, owner, payload, at + 1)
      this.#ends.push(buffer.count)
      buffer.mark()
    }
    for (const { memory } of this.#regions) this.#world.foresee(memory, buffer)
  }

  #note(index: number, owner: OwnerUnderTest, payload: Uint8Array, place: number): void {
    const { publications } = this.#regions[index] as PublishedRegion
    publications.push({ version: owner.version ?? place + 1, payload, place })
  }

  #visiblePlace(): number {
    let place = 0
    while ((this.#ends[place + 1] ?? Infinity) <= this.#owner.prefix) place += 1
    return place
  }

  #judge(): void {
    this.coverage.results += 1
    let from = 0
    let until = Infinity
    const said: string[] = []
    for (const lane of this.#program.lanes) {
      const { publications } = this.#regions[lane.index] as PublishedRegion
      const found = this.#publicationOf(lane, publications)
      if (found < 0) return
      from = Math.max(from, (publications[found] as GroupPublication).place)
      until = Math.min(until, publications[found + 1]?.place ?? Infinity)
      said.push(`version ${lane.version} of region ${lane.index}`)
    }
    const together = said.join(' with ')
    if (from >= until) {
      this.#violate('apart', `${together} were returned, which were never present at one instant`)
    } else if (until <= this.#baseline) {
      this.#violate('stale', `${together} were returned, of which one was replaced before the read`)
    }
  }

  /** Index of the publication that a lane returned; -1, after a violation, when it is of none. */
  #publicationOf(lane: GroupLane, publications: readonly GroupPublication[]): number {
    const found = publications.findIndex(({ version }) => version === lane.version)
    const payload = publications[found]?.payload
    if (payload === undefined) {
      this.#violate('mislabelled', `region ${lane.index} never had version ${lane.version}`)
      return -1
    }
    if (Buffer.compare(payload, lane.bytes) === 0) return found
    this.#violate(
      'torn',
      `what was returned of region ${lane.index} is not version ${lane.version}`,
    )
    return -1
  }

  #violate(kind: string, message: string): void {
    this.#violation ??= { kind, message }
    this.#world.recorder?.say('act', 'judge', `${kind}: ${message}`)
  }
}
