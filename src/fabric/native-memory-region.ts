// Registered memory behind the addon's surface. Invariants: the native registration outlives every
// operation in flight and every view; `bytes` is detached the moment the region closes.
import { setTimeout as delay } from 'node:timers/promises'
import { UntornError, argumentRangeError } from '../errors.ts'
import type { NativeRegion } from '../native/binding.ts'
import type {
  AccessRights,
  MemoryRegion,
  RegionDescriptor,
  RegionWindow,
  RemoteRegion,
} from './contract.ts'
import { accessMask, rightsOf } from './access-mask.ts'
import type { LocalMemory } from './local-memory.ts'
import { NativeRegionWindow } from './native-region-window.ts'

/** Between two looks at the pins of a region that wants to close. */
const PIN_POLL_MS = 1
const CLOSE_TIMEOUT_MS = 5000
/** So that no word has half its bytes under other rights. */
const WINDOW_UNIT_BYTES = 8

/** A view keeps its region registered: whoever holds bytes holds the region. */
const regionOfBuffer = new WeakMap<ArrayBuffer, NativeMemoryRegion>()

/** The region that owns a view's memory, when it is registered memory of this process. */
export function regionOf(view: Uint8Array): MemoryRegion | undefined {
  return view.buffer instanceof ArrayBuffer ? regionOfBuffer.get(view.buffer) : undefined
}

const leaks = new FinalizationRegistry<{ open: boolean; readonly text: string }>((mark) => {
  if (!mark.open) return
  process.emitWarning(`${mark.text} was garbage-collected without close()`, {
    type: 'UntornWarning',
    code: 'UNTORN_REGION_LEAKED',
    detail: 'Peers that still hold its key now fail. Call region.close(), or use `await using`.',
  })
})

/** Makes the port of an owner's stores to a region of one provider's memory. */
export type PortFactory = (region: NativeRegion) => LocalMemory

export class NativeMemoryRegion implements MemoryRegion {
  readonly handle: number
  readonly bytes: Uint8Array
  readonly access: Required<AccessRights>
  readonly descriptor: RegionDescriptor
  readonly #native: NativeRegion
  readonly #createPort: PortFactory
  readonly #drain: () => void
  readonly #mark: { open: boolean; readonly text: string }
  #closing: Promise<void> | undefined

  /** @param drain reaps completions of the device's queue pairs, so that pins can fall */
  constructor(
    native: NativeRegion,
    deviceName: string,
    createPort: PortFactory,
    drain: () => void,
  ) {
    this.#native = native
    this.#createPort = createPort
    this.#drain = drain
    this.handle = native.handle
    this.bytes = new Uint8Array(native.buffer)
    this.descriptor = native.descriptor
    this.access = rightsOf(native.descriptor.access)
    this.#mark = { open: true, text: `a region of ${this.byteLength} bytes on ${deviceName}` }
    leaks.register(this, this.#mark)
    regionOfBuffer.set(native.buffer, this)
  }

  get byteLength(): number {
    return this.bytes.byteLength
  }

  get pins(): number {
    return this.#mark.open ? this.#native.pins() : 0
  }

  get closed(): boolean {
    return !this.#mark.open
  }

  slice(offset: number, lengthBytes: number): Uint8Array {
    this.#assertInside(offset, lengthBytes)
    return this.bytes.subarray(offset, offset + lengthBytes)
  }

  #assertInside(offset: number, lengthBytes: number): void {
    if (this.closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
    const inside =
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(lengthBytes) &&
      offset >= 0 &&
      lengthBytes >= 0 &&
      offset + lengthBytes <= this.byteLength
    if (!inside) {
      throw argumentRangeError(
        `[${offset}, ${offset} + ${lengthBytes}) is not inside the region's ${this.byteLength} bytes`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
  }

  window(offset: number, lengthBytes: number, rights: AccessRights): RegionWindow {
    this.#assertInside(offset, lengthBytes)
    if (lengthBytes === 0) {
      throw argumentRangeError('a window has 8 bytes at least', 'ERR_UNTORN_OUT_OF_BOUNDS')
    }
    if (offset % WINDOW_UNIT_BYTES !== 0 || lengthBytes % WINDOW_UNIT_BYTES !== 0) {
      throw argumentRangeError(
        `a window begins and ends on multiples of 8; got ${offset} and ${lengthBytes} bytes`,
        'ERR_UNTORN_MISALIGNED',
      )
    }
    const access = accessMask(rights)
    return new NativeRegionWindow(this, this.#native, { offset, lengthBytes, access })
  }

  localMemory(): LocalMemory {
    if (this.closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
    return this.#createPort(this.#native)
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (!this.#mark.open) return Promise.resolve()
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS).finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!this.#native.close()) {
      if (performance.now() >= deadline) {
        throw new UntornError(
          'ERR_UNTORN_BUSY',
          `${this.#native.pins()} operations still use the region after ${timeoutMs} ms; ` +
            'close their queue pair first',
        )
      }
      await delay(PIN_POLL_MS)
      this.#drain()
    }
    this.#mark.open = false
  }

  /** The device went away and took the registration with it. */
  deviceClosed(): void {
    this.#mark.open = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

export class NativeRemoteRegion implements RemoteRegion {
  readonly handle: number
  readonly byteLength: number
  readonly access: Required<AccessRights>
  readonly #release: (handle: number) => boolean
  #open = true

  constructor(handle: number, descriptor: RegionDescriptor, release: (handle: number) => boolean) {
    this.handle = handle
    this.byteLength = descriptor.lengthBytes
    this.access = rightsOf(descriptor.access)
    this.#release = release
  }

  close(): boolean {
    if (this.#open && !this.#release(this.handle)) return false
    this.#open = false
    return true
  }
}
