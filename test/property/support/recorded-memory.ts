// An owner's port that records its stores. A single owner's stores do not depend on what remote
// readers do, so they are recorded once and drained later between the steps of READs.
//
// Words are one store each, and relaxed: only barriers order them (the port's promise of release
// order is not used, so an argument that rests on it would fail here). Copies are split into units
// of 1 or 8 bytes in any of three orders, because copyIn promises neither granule nor order.
import type { BarrierName, LocalMemory } from '../../../src/protocols/index.ts'

/** How a copy is split: unit in bytes and order of the units. */
export interface CopyManner {
  readonly unitBytes: 1 | 8
  readonly order: 'ascending' | 'descending' | 'evens-first'
}

export const plainCopy: CopyManner = { unitBytes: 8, order: 'ascending' }

export class RecordedMemory implements LocalMemory {
  readonly lengthBytes: number
  /** One entry for each store: where, what, and how many barriers came before it. */
  readonly offsets: number[] = []
  readonly values: Uint8Array[] = []
  readonly epochs: number[] = []
  manner: CopyManner = plainCopy
  readonly #own: Uint8Array
  #epoch = 0

  constructor(lengthBytes: number) {
    this.lengthBytes = lengthBytes
    this.#own = new Uint8Array(lengthBytes)
  }

  storeWord(offset: number, value: number): void {
    this.storeWord64(offset, BigInt(value))
  }

  storeWord64(offset: number, value: bigint): void {
    if (offset % 8 !== 0) throw new Error(`a word at ${offset} is not aligned`)
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, value, true)
    this.#record(offset, bytes)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    if (offset % 8 !== 0 || source.length % 4 !== 0) throw new Error('tagged words are aligned')
    for (const at of this.#unitStarts(source.length, 4)) {
      const bytes = new Uint8Array(8)
      bytes.set(source.subarray(at, at + 4))
      new DataView(bytes.buffer).setUint32(4, tag, true)
      this.#record(offset + 2 * at, bytes)
    }
  }

  copyIn(offset: number, source: Uint8Array): void {
    for (const at of this.#unitStarts(source.length, this.manner.unitBytes)) {
      this.#record(offset + at, source.slice(at, at + this.manner.unitBytes))
    }
  }

  loadWord(offset: number): number {
    return Number(new DataView(this.#own.buffer).getBigUint64(offset, true))
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.#own.subarray(offset, offset + lengthBytes)
  }

  barrier(_name: BarrierName): void {
    this.#epoch += 1
  }

  #unitStarts(lengthBytes: number, unitBytes: number): number[] {
    const starts: number[] = []
    for (let at = 0; at < lengthBytes; at += unitBytes) starts.push(at)
    if (this.manner.order === 'descending') return starts.reverse()
    if (this.manner.order === 'ascending') return starts
    const even = starts.filter((_, index) => index % 2 === 0)
    return [...even, ...starts.filter((_, index) => index % 2 === 1)]
  }

  #record(offset: number, bytes: Uint8Array): void {
    if (offset < 0 || offset + bytes.length > this.lengthBytes) {
      throw new Error(`a store of ${bytes.length} bytes at ${offset} is outside the region`)
    }
    this.#own.set(bytes, offset)
    this.offsets.push(offset)
    this.values.push(bytes)
    this.epochs.push(this.#epoch)
  }
}
