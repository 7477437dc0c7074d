// A window behind the addon's surface. Invariant: it never outlives its region, and holds it: whoever
// granted rights to a part of a region keeps the region from becoming garbage.
import type { NativeRegion, NativeWindow, NativeWindowOptions } from '../native/binding.ts'
import { rightsOf } from './access-mask.ts'
import type { AccessRights, RegionDescriptor, RegionWindow } from './contract.ts'

export class NativeRegionWindow implements RegionWindow {
  readonly offset: number
  readonly byteLength: number
  readonly access: Required<AccessRights>
  readonly #region: { readonly closed: boolean }
  readonly #native: NativeRegion
  readonly #window: NativeWindow
  #closed = false

  /** @throws UntornError ERR_UNTORN_MEMLOCK, ERR_UNTORN_ACCESS_DENIED, ERR_UNTORN_SYSTEM */
  constructor(
    region: { readonly closed: boolean },
    native: NativeRegion,
    options: NativeWindowOptions,
  ) {
    this.#region = region
    this.#native = native
    this.#window = native.openWindow(options)
    this.offset = options.offset
    this.byteLength = options.lengthBytes
    this.access = rightsOf(options.access)
  }

  get descriptor(): RegionDescriptor {
    return this.#window.descriptor
  }

  get closed(): boolean {
    return this.#closed || this.#region.closed
  }

  close(): void {
    if (this.closed) return
    this.#native.closeWindow(this.#window.handle)
    this.#closed = true
  }
}
