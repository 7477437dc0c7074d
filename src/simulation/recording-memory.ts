// The owner's port in a simulated world: every store goes into a CPU's store buffer. Words are one
// store each, and relaxed: only barriers order them (the port's promise of release order is not
// used, so an argument that rests on it fails here). Copies are split into units of 1 or 8 bytes in
// any of three orders, because `copyIn` promises neither a granule nor an order.
import type { BarrierName, LocalMemory } from '../protocols/local-memory.ts'
import type { SimulatedMemory } from './simulated-memory.ts'
import type { StoreBuffer } from './store-buffer.ts'

/** How a copy is split: unit in bytes and order of the units. */
export interface CopyManner {
  readonly unitBytes: 1 | 8
  readonly order: 'ascending' | 'descending' | 'evens-first'
}

export const plainCopy: CopyManner = { unitBytes: 8, order: 'ascending' }

export class RecordingMemory implements LocalMemory {
  readonly lengthBytes: number
  manner: CopyManner = plainCopy
  readonly #buffer: StoreBuffer
  readonly #memory: SimulatedMemory
  /** What the owner stored, in its own order. */
  readonly #own: Uint8Array
  readonly #view: DataView
  readonly #word: Uint8Array = new Uint8Array(8)
  readonly #wordView: DataView = new DataView(this.#word.buffer)

  constructor(buffer: StoreBuffer, memory: SimulatedMemory, lengthBytes?: number) {
    this.#buffer = buffer
    this.#memory = memory
    this.lengthBytes = lengthBytes ?? memory.bytes.length
    this.#own = memory.bytes.slice(0, this.lengthBytes)
    this.#view = new DataView(this.#own.buffer)
  }

  storeWord(offset: number, value: number): void {
    this.storeWord64(offset, BigInt(value))
  }

  storeWord64(offset: number, value: bigint): void {
    if (offset % 8 !== 0) throw new Error(`a word at ${offset} is not aligned`)
    this.#wordView.setBigUint64(0, value, true)
    this.#store(offset, this.#word, `word := ${value}`)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    if (offset % 8 !== 0 || source.length % 4 !== 0) throw new Error('tagged words are aligned')
    for (const at of this.#unitStarts(0, source.length, 4)) {
      this.#word.set(source.subarray(at, at + 4))
      this.#wordView.setUint32(4, tag, true)
      this.#store(offset + 2 * at, this.#word, `tag ${tag}, payload bytes ${at} to ${at + 4}`)
    }
  }

  copyIn(offset: number, source: Uint8Array): void {
    const { unitBytes } = this.manner
    for (const at of this.#unitStarts(offset, source.length, unitBytes)) {
      const end = Math.min(source.length, at + unitBytes - ((offset + at) % unitBytes))
      this.#store(offset + at, source.subarray(at, end), 'copied bytes')
    }
  }

  loadWord(offset: number): number {
    return Number(this.#view.getBigUint64(offset, true))
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.#own.subarray(offset, offset + lengthBytes)
  }

  /**
   * Orders stores, whatever its name. That `beforeScan` also holds back loads means nothing here: this
   * port loads only what the owner stored itself; see `refresh`.
   */
  barrier(_name: BarrierName): void {
    this.#buffer.barrier()
  }

  /** Takes what peers have written over into the owner's own view; what waits stays as it is. */
  refresh(): void {
    this.#buffer.load(this.#memory, 0, this.#own)
  }

  /** Where units start, relative to the source; units are aligned in memory. */
  #unitStarts(offset: number, lengthBytes: number, unitBytes: number): number[] {
    const starts: number[] = []
    for (let at = 0; at < lengthBytes; at += unitBytes - ((offset + at) % unitBytes)) {
      starts.push(at)
    }
    if (this.manner.order === 'descending') return starts.reverse()
    if (this.manner.order === 'ascending') return starts
    const even = starts.filter((_, index) => index % 2 === 0)
    return [...even, ...starts.filter((_, index) => index % 2 === 1)]
  }

  #store(offset: number, bytes: Uint8Array, note: string): void {
    if (offset < 0 || offset + bytes.length > this.lengthBytes) {
      throw new Error(`a store of ${bytes.length} bytes at ${offset} is outside the region`)
    }
    this.#own.set(bytes, offset)
    this.#buffer.store(this.#memory, offset, bytes, note)
  }
}
