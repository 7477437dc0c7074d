// The port of an owner under test: every store is checked before it is made, so that a mistake is
// told with the call and the field, and is logged, so that two recordings can be compared.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { BarrierName, LocalMemory } from '../protocols/local-memory.ts'
import { type Layout, nameOfOffset, wordBytes } from './layout.ts'

const barrierNames: readonly string[] = [
  'beforePayload',
  'beforePublish',
  'afterPublish',
  'beforeScan',
]

export class GuardedMemory implements LocalMemory {
  readonly lengthBytes: number
  readonly #memory: LocalMemory
  readonly #layout: Layout
  readonly #log: string[]

  /** `log` receives one line for each store and barrier. */
  constructor(memory: LocalMemory, layout: Layout, log: string[]) {
    this.lengthBytes = layout.regionBytes
    this.#memory = memory
    this.#layout = layout
    this.#log = log
  }

  storeWord(offset: number, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw argumentRangeError(
        `storeWord at ${this.#place(offset)}: a word is a safe integer from 0 up, not ` +
          String(value),
      )
    }
    this.#require('storeWord', offset, wordBytes, true)
    this.#log.push(`storeWord(${offset}, ${value})`)
    this.#memory.storeWord(offset, value)
  }

  storeWord64(offset: number, value: bigint): void {
    if (typeof value !== 'bigint') throw argumentTypeError('storeWord64 stores a bigint')
    this.#require('storeWord64', offset, wordBytes, true)
    this.#log.push(`storeWord64(${offset}, ${value}n)`)
    this.#memory.storeWord64(offset, value)
  }

  copyIn(offset: number, source: Uint8Array): void {
    requireBytes('copyIn', source)
    this.#require('copyIn', offset, source.length, false)
    this.#log.push(`copyIn(${offset}, ${source.join(' ')})`)
    this.#memory.copyIn(offset, source)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    requireBytes('storeTagged', source)
    if (source.length % 4 !== 0) {
      throw argumentRangeError(`storeTagged stores units of 4 bytes, not ${source.length} bytes`)
    }
    this.#require('storeTagged', offset, 2 * source.length, true)
    this.#log.push(`storeTagged(${offset}, ${source.join(' ')}, ${tag})`)
    this.#memory.storeTagged(offset, source, tag)
  }

  loadWord(offset: number): number {
    this.#require('loadWord', offset, wordBytes, true)
    return this.#memory.loadWord(offset)
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    this.#require('view', offset, lengthBytes, false)
    return this.#memory.view(offset, lengthBytes)
  }

  barrier(name: BarrierName): void {
    if (!barrierNames.includes(name)) {
      throw argumentRangeError(
        `a barrier is one of ${barrierNames.join(', ')}; got ${JSON.stringify(name)}`,
      )
    }
    this.#log.push(`barrier(${name})`)
    this.#memory.barrier(name)
  }

  #place(offset: number): string {
    const name = nameOfOffset(this.#layout, offset)
    return name === undefined ? String(offset) : `${offset} (${name})`
  }

  #require(call: string, offset: number, lengthBytes: number, aligned: boolean): void {
    if (!Number.isInteger(offset)) {
      throw argumentTypeError(`${call}: an offset is an integer, not ${String(offset)}`)
    }
    if (offset < 0 || lengthBytes < 0 || offset + lengthBytes > this.lengthBytes) {
      throw argumentRangeError(
        `the owner’s ${call} of ${lengthBytes} bytes at ${this.#place(offset)} reaches outside ` +
          `its region of ${this.lengthBytes} bytes`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (aligned && offset % wordBytes !== 0) {
      throw argumentRangeError(
        `the owner’s ${call} at ${this.#place(offset)} is not on a multiple of ${wordBytes}`,
        'ERR_UNTORN_MISALIGNED',
      )
    }
  }
}

function requireBytes(call: string, source: Uint8Array): void {
  if (!(source instanceof Uint8Array)) throw argumentTypeError(`${call} copies a Uint8Array`)
}
