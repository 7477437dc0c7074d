// A transfer whose receiver looks at memory to find out that it has arrived. Nobody else stores
// anything: what goes wrong here goes wrong without any writer to meet. Two directions:
//  - read: the bytes of a READ land while its poster looks at its landing memory, which it marked;
//  - write: a peer's WRITE is placed while the owner looks at its region, which begins as zeros.
// A receiver waits for the last byte, which is the control, or for what really says that all has
// arrived: the READ's completion; a flag in a second WRITE of the same queue pair.
import { Opcode, OperationFlags } from '../../fabric/operation-ring.ts'
import type { Oracle } from '../oracle.ts'
import type { Program } from '../program.ts'
import { certifiedPayload } from '../protocol/payloads.ts'
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
import { TraceRecorder } from '../trace-recorder.ts'
import type { Trace } from '../trace.ts'
import { World, benignOracle } from '../world.ts'

export interface LastByteOptions {
  readonly name: string
  readonly model: SamplingChoice
  readonly direction: 'read' | 'write'
  /** Bytes transferred, a multiple of 8. */
  readonly lengthBytes: number
  /** What the receiver takes for the end: the last byte, or what does say so. */
  readonly waitsFor: 'last-byte' | 'completion'
}

const MARK = Uint8Array.of(0)
const FLAG_BYTES = 8
/** A payload whose last byte is neither a mark nor what landing memory is poisoned with. */
const PAYLOAD_COUNT = 1

export class LastByteScenario implements Scenario {
  readonly name: string
  readonly model: SamplingModel
  readonly coverage: Coverage = newCoverage()
  readonly #options: LastByteOptions
  readonly #world: World
  readonly #queuePair: SimulatedQueuePair
  readonly #payload: Uint8Array
  /** Where the bytes come from, and where they arrive. */
  readonly #source: SimulatedMemory
  readonly #target: SimulatedMemory
  #posted = false
  #completed = false
  #taken = false
  /** Of the target, when the operation had just been posted. */
  #changesBefore = 0
  #violation: Violation | null = null

  constructor(options: LastByteOptions) {
    this.name = options.name
    this.#options = options
    this.model = samplingModel(options.model)
    const world = new World(this.model, { landing: 'pieces' })
    this.#world = world
    const { direction, lengthBytes } = options
    const reads = direction === 'read'
    this.#payload = certifiedPayload(lengthBytes, PAYLOAD_COUNT)
    const region = world.addMemory('region', lengthBytes + FLAG_BYTES)
    const peer = world.addMemory(reads ? 'landing' : 'source', lengthBytes + FLAG_BYTES)
    this.#source = reads ? region : peer
    this.#target = reads ? peer : region
    this.#source.bytes.set(this.#payload)
    this.#source.bytes.fill(1, lengthBytes)
    this.#queuePair = world.addQueuePair('peer.qp')
    this.#queuePair.onComplete = () => {
      this.#completed = this.#queuePair.inFlight === 0
    }
    world.addProgram(this.#poster())
    world.addProgram(this.#receiver())
    world.seal()
  }

  run(oracle: Oracle): RunEnd {
    const world = this.#world
    this.#violation = null
    this.#posted = false
    this.#completed = false
    this.#taken = false
    world.oracle = benignOracle
    world.reset()
    world.oracle = oracle
    while (!this.#taken && world.step());
    if (!this.#taken && !world.cut) this.#violate('stuck', 'the receiver saw no end')
    return { violation: this.#violation, steps: world.steps, cut: world.cut }
  }

  mix(hash: StateHash): void {
    this.#world.mix(hash)
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    const recorder = new TraceRecorder()
    this.#world.recorder = recorder
    try {
      const end = this.run(oracle)
      return { end, trace: recorder.finish() }
    } finally {
      this.#world.recorder = null
    }
  }

  #poster(): Program {
    return {
      name: 'peer',
      ready: () => !this.#posted,
      act: () => this.#post(),
      mix: (hash) => hash.mix((this.#posted ? 1 : 0) + (this.#completed ? 2 : 0)),
    }
  }

  /** The peer itself where it READs, the owner where the peer WRITEs. */
  #receiver(): Program {
    return {
      name: this.#options.direction === 'read' ? 'poller' : 'owner',
      ready: () => this.#posted && !this.#taken && this.#arrived(),
      act: () => this.#take(),
      mix: (hash) => hash.mix(this.#taken ? 1 : 0),
    }
  }

  #post(): void {
    const { direction, lengthBytes, waitsFor } = this.#options
    const reads = direction === 'read'
    const post = (opcode: number, id: number, offset: number, length: number): void => {
      const [local, remote] = reads ? [this.#target, this.#source] : [this.#source, this.#target]
      const flags = OperationFlags.Signalled
      this.#queuePair.post(opcode, flags, id, local, offset, remote, offset, length)
    }
    post(reads ? Opcode.Read : Opcode.Write, 1, 0, lengthBytes)
    if (reads) {
      // Posting leaves landing memory undefined: the mark says that the last byte is still to come.
      this.#target.store(lengthBytes - 1, MARK, 0, 1, this.#world.steps)
    } else if (waitsFor === 'completion') {
      post(Opcode.Write, 2, lengthBytes, FLAG_BYTES)
    }
    this.#posted = true
    this.#changesBefore = this.#target.changes
  }

  #arrived(): boolean {
    const { direction, lengthBytes, waitsFor } = this.#options
    if (waitsFor === 'last-byte') return this.#target.bytes[lengthBytes - 1] !== MARK[0]
    return direction === 'read' ? this.#completed : this.#target.bytes[lengthBytes] !== 0
  }

  #take(): void {
    this.#taken = true
    this.coverage.results += 1
    // It landed in several steps, between which the receiver could have looked.
    if (this.#target.changes - this.#changesBefore > 1) this.coverage.overlaps += 1
    const { lengthBytes } = this.#options
    const words: string[] = []
    let torn = false
    for (let from = 0; from < lengthBytes; from += 8) {
      const arrived = this.#same(from)
      torn ||= !arrived
      words.push(arrived ? 'arrived' : 'missing')
    }
    const { name } = this.#receiver()
    const end = this.#options.waitsFor === 'last-byte' ? 'the last byte' : 'the end'
    this.#world.recorder?.say('act', name, `sees ${end}, takes all ${lengthBytes} bytes`)
    if (torn) this.#violate('torn', `${name} took words ${words.join(', ')}`)
  }

  #same(from: number): boolean {
    for (let at = from; at < from + 8; at += 1) {
      if (this.#target.bytes[at] !== this.#payload[at]) return false
    }
    return true
  }

  #violate(kind: string, message: string): void {
    this.#violation = { kind, message }
    this.#world.recorder?.say('act', 'judge', `${kind}: ${message}`)
  }
}
