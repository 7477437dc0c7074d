// A region of a simulated device behind the addon's surface. Invariant: closing invalidates the key
// before the memory goes, and neither happens while operations of this device use it.
import type {
  NativeRegion,
  NativeRegionDescriptor,
  NativeWindow,
  NativeWindowOptions,
} from '../../native/binding.ts'
import type { LocalSlot } from './slots.ts'

/** What a region needs of its device. */
export interface RegionHome {
  findRegion(handle: number): LocalSlot | undefined
  /** @throws UntornError ERR_UNTORN_CLOSED */
  openWindow(region: RegionSurface, options: NativeWindowOptions): NativeWindow
  closeWindow(region: RegionSurface, handle: number): void
  /** Invalidates key and handle. */
  removeRegion(region: RegionSurface): void
}

export class RegionSurface implements NativeRegion {
  readonly handle: number
  readonly buffer: ArrayBuffer
  readonly descriptor: NativeRegionDescriptor
  readonly #home: RegionHome

  constructor(
    home: RegionHome,
    handle: number,
    buffer: ArrayBuffer,
    descriptor: NativeRegionDescriptor,
  ) {
    this.#home = home
    this.handle = handle
    this.buffer = buffer
    this.descriptor = descriptor
  }

  pins(): number {
    return this.#home.findRegion(this.handle)?.pins ?? 0
  }

  openWindow(options: NativeWindowOptions): NativeWindow {
    return this.#home.openWindow(this, options)
  }

  closeWindow(handle: number): void {
    this.#home.closeWindow(this, handle)
  }

  close(): boolean {
    const slot = this.#home.findRegion(this.handle)
    if (slot === undefined) return true
    if (slot.pins !== 0) return false
    this.#home.removeRegion(this)
    // Moving the bytes elsewhere is how plain JavaScript detaches a buffer.
    structuredClone(this.buffer, { transfer: [this.buffer] })
    return true
  }
}
