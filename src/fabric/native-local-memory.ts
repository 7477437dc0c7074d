// Seam 3 in production: an owner's stores go to registered memory. Small words and tags are stored
// by native code, because JavaScript promises neither one store for 64 bits nor an order outside
// SharedArrayBuffers; payload is copied by a typed array. Invariant: no store leaves the region.
import type { NativeBinding } from '../native/binding.ts'
import type { BarrierName, LocalMemory } from './local-memory.ts'
import { storeOrderOf } from './store-order.ts'

/** The native helpers behind the port. */
export type NativeStores = Pick<
  NativeBinding,
  'storeRelease64' | 'interleave32' | 'storeFence' | 'fullFence'
>

const WORD_BYTES = 8
const TWO_32 = 0x1_0000_0000

/**
 * Whether the CPU keeps all stores in order (total store order). Then a barrier between stores has
 * only a compiler to hold back: V8 does not move a typed-array store across the call into native
 * code that every publishing word is, nor glibc's memmove a non-temporal one across its own sfence.
 */
const storesInOrder: boolean = storeOrderOf(process.arch) === 'tso'

export class NativeLocalMemory implements LocalMemory {
  readonly lengthBytes: number
  readonly #native: NativeStores
  readonly #buffer: ArrayBuffer
  readonly #bytes: Uint8Array
  readonly #halves: Uint32Array
  /** For taking a bigint apart without making new ones. */
  readonly #long: BigUint64Array = new BigUint64Array(1)
  readonly #longHalves: Uint32Array = new Uint32Array(this.#long.buffer)
  /** The last target of `storeTagged`: writes of one region are all alike. */
  #tagged: Uint8Array

  /** @param bytes a whole region of registered memory, 8-byte aligned in its buffer */
  constructor(bytes: Uint8Array, native: NativeStores) {
    this.#native = native
    this.#buffer = bytes.buffer as ArrayBuffer
    this.#bytes = bytes
    this.#halves = new Uint32Array(this.#buffer, bytes.byteOffset, bytes.length >>> 2)
    this.#tagged = bytes.subarray(0, 0)
    this.lengthBytes = bytes.length
  }

  storeWord(offset: number, value: number): void {
    this.#store(offset, value >>> 0, Math.floor(value / TWO_32))
  }

  storeWord64(offset: number, value: bigint): void {
    this.#long[0] = value
    this.#store(offset, this.#longHalves[0] as number, this.#longHalves[1] as number)
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.#bytes.set(source, offset)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    const length = 2 * source.length
    if (
      this.#tagged.byteOffset !== this.#bytes.byteOffset + offset ||
      this.#tagged.length !== length
    ) {
      this.#tagged = this.view(offset, length)
    }
    this.#native.interleave32(this.#tagged, source, tag)
  }

  loadWord(offset: number): number {
    // V8 may keep what it loaded only until the next call into native code, such as a barrier's.
    const half = offset >>> 2
    return (this.#halves[half + 1] as number) * TWO_32 + (this.#halves[half] as number)
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    if (offset < 0 || offset + lengthBytes > this.lengthBytes) {
      throw new RangeError(`[${offset}, +${lengthBytes}) is outside the region`)
    }
    return this.#bytes.subarray(offset, offset + lengthBytes)
  }

  storeView(offset: number, lengthBytes: number): Uint8Array {
    return this.view(offset, lengthBytes)
  }

  barrier(name: BarrierName): void {
    // Also where stores stay in order: a later load may pass them everywhere. The call into native
    // code keeps V8 from using values that it loaded before.
    if (name === 'beforeScan') this.#native.fullFence()
    else if (!storesInOrder) this.#native.storeFence()
  }

  #store(offset: number, low: number, high: number): void {
    this.#native.storeRelease64(
      this.#buffer,
      (this.#bytes.byteOffset + offset) / WORD_BYTES,
      low,
      high,
    )
  }
}
