// One region's part in a joint read: a machine, a queue pair, where it lands, and what it returned last.
import { OperationFlags, Opcode } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import {
  type OperationSink,
  type ReaderMachine,
  type ReadRequest,
  Verdict,
} from '../../protocols/machine.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import { StateHash } from '../state-hash.ts'
import type { World } from '../world.ts'

/** One of the regions that are read together. */
export interface GroupRegion {
  readonly memory: SimulatedMemory
  readonly queuePair: SimulatedQueuePair
  readonly payloadBytes: number
  readonly createReader: () => ReaderMachine
}

export class GroupLane implements OperationSink {
  readonly index: number
  /** The payload of `version`. */
  readonly bytes: Uint8Array
  version = 0
  reading = false
  attempts = 0
  onEnd: (verdict: number) => void = () => undefined
  onRetry: () => boolean = () => false
  readonly #region: GroupRegion
  readonly #landing: SimulatedMemory
  readonly #history: StateHash = new StateHash()
  readonly #request: ReadRequest
  #machine: ReaderMachine
  #chain = 0
  #outstanding = 0
  #status: number = Status.Success

  constructor(world: World, region: GroupRegion, index: number) {
    this.index = index
    this.#region = region
    this.#machine = region.createReader()
    this.#landing = world.addMemory(`landing ${index}`, this.#machine.landingBytes)
    this.bytes = new Uint8Array(region.payloadBytes)
    const target = new Uint8Array(region.payloadBytes)
    this.#request = { target, offset: 0, lengthBytes: target.length, knownVersion: 0 }
    region.queuePair.onComplete = (id, status) => this.#completed(id, status)
  }

  reset(): void {
    this.#machine = this.#region.createReader()
    this.#machine.bind(this.#landing.bytes)
    this.#history.reset()
    this.#chain = 0
    this.#outstanding = 0
    this.version = 0
    this.reading = false
    this.attempts = 0
  }

  /** Begins a read, or a check whether the region still has `known`. */
  look(known: number): void {
    this.reading = true
    this.attempts = 0
    this.#request.knownVersion = known
    this.#machine.start(this.#request)
    this.#attempt()
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.#outstanding += 1
    this.#region.queuePair.post(
      Opcode.Read,
      fenced ? OperationFlags.Fence : 0,
      this.#chain,
      this.#landing,
      landingOffset,
      this.#region.memory,
      remoteOffset,
      lengthBytes,
    )
  }

  mix(hash: StateHash): void {
    hash.mix(this.#history.low)
    hash.mix(this.#history.high)
    hash.mix(this.#chain + (this.reading ? 0x10000 : 0))
    hash.mix(this.#outstanding + 0x100 * this.attempts)
    hash.mix(this.version)
  }

  #attempt(): void {
    this.attempts += 1
    this.#openChain()
    this.#machine.begin(this)
  }

  #openChain(): void {
    this.#chain += 1
    this.#status = Status.Success
  }

  #completed(id: number, status: number): void {
    if (id !== this.#chain || !this.reading) return
    this.#outstanding -= 1
    if (status !== Status.Success) this.#status = status
    if (this.#outstanding > 0) return
    if (this.#status !== Status.Success) throw new Error(`a READ of the group ended with ${status}`)
    const { words } = this.#landing
    for (let at = 0; at < words.length; at += 1) this.#history.mix(words[at] as number)
    this.#openChain()
    const verdict = this.#machine.resume(this)
    if (verdict === Verdict.More) return
    if (verdict === Verdict.Retry) {
      if (this.onRetry()) this.#attempt()
      return
    }
    this.reading = false
    this.version = this.#machine.version
    if (verdict === Verdict.Done) this.bytes.set(this.#request.target)
    this.onEnd(verdict)
  }
}
