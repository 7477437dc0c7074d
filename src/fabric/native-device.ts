// A device behind the addon's surface, be it the addon's or a simulated one. Owns its queue pairs and
// regions, and closes them in the only order that is safe: queue pairs (nothing is in flight any
// more), regions, device.
import { UntornError, argumentRangeError } from '../errors.ts'
import type { NativeDevice } from '../native/binding.ts'
import type { Capabilities, ProviderName } from './capabilities.ts'
import { chooseGid } from './choose-gid.ts'
import type {
  Accounting,
  AllocateOptions,
  Device,
  DeviceInfo,
  MemoryRegion,
  QueuePair,
  QueuePairOptions,
  RegionDescriptor,
  RemoteRegion,
} from './contract.ts'
import { accessMask } from './access-mask.ts'
import { NativeMemoryRegion, NativeRemoteRegion, type PortFactory } from './native-memory-region.ts'
import { NativeBackedQueuePair } from './native-queue-pair.ts'

/** Regions end on a cache line, so that no line has two owners. */
const REGION_UNIT_BYTES = 64

const defaults = {
  sendDepth: 128,
  receiveDepth: 64,
  timeoutExponent: 14,
  retryCount: 6,
  rnrRetryCount: 6,
  spinUs: 5,
}

export class NativeBackedDevice implements Device {
  readonly name: string
  readonly provider: ProviderName
  readonly info: DeviceInfo
  readonly capabilities: Capabilities
  readonly choice: string
  readonly #native: NativeDevice
  readonly #createPort: PortFactory
  readonly #queuePairs = new Set<NativeBackedQueuePair>()
  /** Weak: a region that nobody holds must be able to become garbage, and be warned about. */
  readonly #regions = new Set<WeakRef<NativeMemoryRegion>>()
  #closed = false
  #closing: Promise<void> | undefined

  /** @param createPort makes the ports of owners' stores, which differ between the providers */
  constructor(
    native: NativeDevice,
    capabilities: Capabilities,
    choice: string,
    createPort: PortFactory,
  ) {
    this.#native = native
    this.#createPort = createPort
    this.info = native.info
    this.name = native.info.name
    this.provider = native.info.provider
    this.capabilities = capabilities
    this.choice = choice
  }

  get closed(): boolean {
    return this.#closed
  }

  allocate(bytes: number, options: AllocateOptions = {}): MemoryRegion {
    this.#assertOpen()
    const max = this.info.limits.regionBytesMax
    if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > max) {
      throw argumentRangeError(`bytes must be an integer from 1 to ${max}; got ${bytes}`)
    }
    const native = this.#native.registerMemory({
      bytes: Math.ceil(bytes / REGION_UNIT_BYTES) * REGION_UNIT_BYTES,
      access: accessMask(options),
      hugePages: options.hugePages === true,
    })
    const region = new NativeMemoryRegion(native, this.name, this.#createPort, () => this.#drain())
    this.#forgetGarbage()
    this.#regions.add(new WeakRef(region))
    return region
  }

  createQueuePair(options: QueuePairOptions = {}): QueuePair {
    this.#assertOpen()
    const { sendDepth, receiveDepth, timeoutExponent, retryCount, rnrRetryCount, spinUs } = {
      ...defaults,
      ...options,
    }
    const depthMax = this.info.limits.queueDepthMax
    assertInteger('sendDepth', sendDepth, 1, depthMax)
    assertInteger('receiveDepth', receiveDepth, 1, depthMax)
    assertInteger('timeoutExponent', timeoutExponent, 0, 31)
    assertInteger('retryCount', retryCount, 0, 6)
    assertInteger('rnrRetryCount', rnrRetryCount, 0, 6)
    assertInteger('spinUs', spinUs, 0, 1_000_000)
    const { port, gidIndex } = chooseGid(this.info, options)
    const native = this.#native.createQueuePair({
      sendDepth,
      receiveDepth,
      port,
      gidIndex,
      timeoutExponent,
      retryCount,
      rnrRetryCount,
    })
    const queuePair = new NativeBackedQueuePair(native, spinUs, () => {
      this.#queuePairs.delete(queuePair)
    })
    this.#queuePairs.add(queuePair)
    return queuePair
  }

  importRegion(descriptor: RegionDescriptor): RemoteRegion {
    this.#assertOpen()
    const handle = this.#native.importRegion(descriptor)
    return new NativeRemoteRegion(
      handle,
      descriptor,
      (released) => this.#closed || this.#native.releaseRemoteRegion(released),
    )
  }

  accounting(): Accounting {
    this.#assertOpen()
    return this.#native.accounting()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      this.#closing = undefined
      throw error
    })
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#closed = true
    // All of them, also where one of them has a peer that cannot be waited for.
    const ends = await Promise.allSettled([...this.#queuePairs].map((each) => each.close()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    for (const reference of this.#regions) {
      const region = reference.deref()
      await region?.close()
      region?.deviceClosed()
    }
    this.#regions.clear()
    this.#native.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #drain(): void {
    for (const queuePair of this.#queuePairs) queuePair.drain()
  }

  #forgetGarbage(): void {
    for (const reference of this.#regions) {
      if (reference.deref()?.closed ?? true) this.#regions.delete(reference)
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', `${this.name} is closed`)
  }
}

function assertInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw argumentRangeError(`${name} must be an integer from ${min} to ${max}; got ${value}`)
}
