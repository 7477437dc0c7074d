// The port of an owner that looks at memory while others change it: stores wait in the store buffer of
// its CPU, loads see them first and then memory. Where correctness may depend on when a load happens,
// it is a step of its own: a script looks at most once at what peers write in one act. Invariant: a
// look behind a full fence happens only when all stores before the fence are visible.
import type { BarrierName, LocalMemory } from '../../fabric/local-memory.ts'
import { type CopyManner, RecordingMemory, plainCopy } from '../recording-memory.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import type { World } from '../world.ts'
import type { Span } from './connection.ts'

export interface LiveMemoryHost {
  readonly name: string
  readonly world: World
  /** A number that the program has learnt. */
  observe(value: number): void
}

export class LiveMemory implements LocalMemory {
  readonly lengthBytes: number
  /**
   * A word that the CPU stores to with a locked instruction only: in one step, with everything that it
   * stored before. -1: none.
   */
  lockedOffset = -1
  readonly #buffer: StoreBuffer
  readonly #memory: SimulatedMemory
  readonly #stores: RecordingMemory
  readonly #shared: readonly Span[]
  readonly #host: LiveMemoryHost
  readonly #word: Uint8Array = new Uint8Array(8)
  readonly #wordView: DataView = new DataView(this.#word.buffer)
  /** Stores that have to be visible before the program goes on. */
  #fencedAt = 0
  #looks = 0
  /** Loads that were taken in earlier acts, by offset. */
  readonly #taken = new Map<number, bigint>()

  /** @param shared what peers change: each look at it is a step of its own */
  constructor(
    buffer: StoreBuffer,
    memory: SimulatedMemory,
    shared: readonly Span[],
    host: LiveMemoryHost,
  ) {
    this.lengthBytes = memory.bytes.length
    this.#buffer = buffer
    this.#memory = memory
    this.#shared = shared
    this.#host = host
    this.#stores = new RecordingMemory(buffer, memory)
  }

  /** How copies are split. */
  set manner(manner: CopyManner) {
    this.#stores.manner = manner
  }

  /** Whether the program may go on: all stores before its last full fence are visible. */
  get passes(): boolean {
    return this.#buffer.prefix >= this.#fencedAt || this.#buffer.empty
  }

  reset(): void {
    this.#stores.manner = plainCopy
    this.#fencedAt = 0
    this.#looks = 0
    this.#taken.clear()
  }

  /** An act begins. */
  act(): void {
    this.#looks = 0
  }

  /**
   * Something is handed to the NIC, which is a store: under total store order it comes after all stores
   * before it. A weak CPU promises that behind a full fence only.
   */
  post(): void {
    const { empty, count } = this.#buffer
    if (this.#host.world.model.cpu === 'tso' && !empty) this.#fencedAt = count
  }

  storeWord(offset: number, value: number): void {
    this.#storing().storeWord(offset, value)
  }

  storeWord64(offset: number, value: bigint): void {
    this.#storing().storeWord64(offset, value)
    if (offset === this.lockedOffset) this.#buffer.drainTo(this.#buffer.count)
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.#storing().copyIn(offset, source)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    this.#storing().storeTagged(offset, source, tag)
  }

  loadWord(offset: number): number {
    return Number(this.loadWord64(offset))
  }

  /** Loads a word now, for the next `loadWord` of it. */
  take(offset: number): void {
    this.#taken.set(offset, this.loadWord64(offset))
  }

  /** As `loadWord`, of a word of any value. */
  loadWord64(offset: number): bigint {
    const taken = this.#taken.get(offset)
    this.#taken.delete(offset)
    if (taken !== undefined) return taken
    this.#look(offset, 8)
    this.#buffer.load(this.#memory, offset, this.#word)
    this.#learn(this.#word)
    return this.#wordView.getBigUint64(0, true)
  }

  /** A copy of what the CPU sees now: it does not follow later stores. */
  view(offset: number, lengthBytes: number): Uint8Array {
    this.#look(offset, lengthBytes)
    const bytes = new Uint8Array(lengthBytes)
    this.#buffer.load(this.#memory, offset, bytes)
    this.#learn(bytes)
    return bytes
  }

  barrier(name: BarrierName): void {
    this.#buffer.barrier()
    if (name === 'beforeScan' && !this.#buffer.empty) this.#fencedAt = this.#buffer.count
  }

  /** A buffer that is empty may begin to count anew. */
  #storing(): RecordingMemory {
    if (this.#buffer.empty) this.#fencedAt = 0
    return this.#stores
  }

  #look(offset: number, lengthBytes: number): void {
    const { name, world } = this.#host
    const end = offset + lengthBytes
    if (offset < 0 || end > this.lengthBytes) {
      throw new Error(`${name} loads ${lengthBytes} bytes at ${offset}, outside the region`)
    }
    if (this.#shared.some(({ from, to }) => offset < to && end > from)) {
      this.#looks += 1
      if (this.#looks > 1) throw new Error(`${name} looks twice in one act`)
      if (!this.passes) throw new Error(`${name} looks behind a fence that has not passed`)
    }
    world.recorder?.touch('load', name, this.#memory, offset, lengthBytes, {
      readsFrom: this.#memory.storedIn(offset, lengthBytes),
    })
  }

  #learn(bytes: Uint8Array): void {
    for (const byte of bytes) this.#host.observe(byte)
  }
}
