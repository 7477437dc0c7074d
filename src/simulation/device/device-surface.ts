// A simulated host behind the addon's surface: one CPU with a store buffer, one NIC, its regions and
// queue pairs. Invariants: handles and keys are never recycled; closing ends queue pairs first, then
// regions; a crashed host makes nothing visible any more and answers nobody.
import { UntornError } from '../../errors.ts'
import type {
  NativeAccounting,
  NativeDevice,
  NativeDeviceInfo,
  NativeEndpoint,
  NativeQueuePairOptions,
  NativeRegionDescriptor,
  NativeWindow,
  NativeWindowOptions,
} from '../../native/binding.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import type { World } from '../world.ts'
import type { Directory } from './directory.ts'
import type { EnginePool } from './engine-pool.ts'
import { HANDLES_MAX, HandleTable, type HandleTags } from './handle-table.ts'
import { OwnerPort } from './owner-port.ts'
import type { Pump } from './pump.ts'
import type { QueuePairHome } from './queue-pair-home.ts'
import { QueuePairSurface } from './queue-pair-surface.ts'
import { type RegionHome, RegionSurface } from './region-surface.ts'
import type { LocalSlot, RemoteSlot } from './slots.ts'

/** What the devices of one fabric share. */
export interface FabricParts {
  readonly world: World
  readonly pump: Pump
  readonly directory: Directory<QueuePairSurface>
  readonly engines: EnginePool
  readonly tags: HandleTags
}

interface OwnSlot extends LocalSlot {
  readonly remoteKey: number
}

interface WindowSlot {
  readonly region: RegionSurface
  readonly remoteKey: number
}

export class DeviceSurface implements NativeDevice, QueuePairHome, RegionHome {
  readonly info: NativeDeviceInfo
  readonly nic: number
  readonly cpu: StoreBuffer
  readonly pump: Pump
  readonly locals: HandleTable<OwnSlot>
  readonly remotes: HandleTable<RemoteSlot>
  readonly sendBytesMax: number
  readonly #parts: FabricParts
  readonly #queuePairs = new Set<QueuePairSurface>()
  readonly #regions = new Set<RegionSurface>()
  readonly #windows: HandleTable<WindowSlot>
  #regionBytes = 0
  #crashed = false
  #closed = false

  constructor(parts: FabricParts, info: NativeDeviceInfo, nic: number) {
    this.#parts = parts
    this.info = info
    this.nic = nic
    this.pump = parts.pump
    this.cpu = parts.world.addCpu(info.name)
    this.locals = new HandleTable(parts.tags)
    this.remotes = new HandleTable(parts.tags)
    this.#windows = new HandleTable(parts.tags)
    this.sendBytesMax = info.limits.sendBytesMax
  }

  get queuePairs(): ReadonlySet<QueuePairSurface> {
    return this.#queuePairs
  }

  registerMemory(options: { bytes: number; access: number }): RegionSurface {
    this.#assertUsable()
    if (this.locals.full) throw tooMany('regions')
    const { world, directory } = this.#parts
    const buffer = new ArrayBuffer(options.bytes)
    const name = `${this.info.name} region ${this.locals.used}`
    const memory = world.addMemory(name, options.bytes, buffer)
    const descriptor = directory.addRegion({
      memory,
      start: 0,
      lengthBytes: options.bytes,
      access: options.access,
      // A descriptor travels in a message, and sending one is a full fence.
      onImport: () => this.fence(),
    })
    const slot = {
      memory,
      access: options.access,
      lengthBytes: options.bytes,
      pins: 0,
      remoteKey: descriptor.remoteKey,
    }
    const region = new RegionSurface(this, this.locals.insert(slot), buffer, descriptor)
    this.#regions.add(region)
    this.#regionBytes += options.bytes
    return region
  }

  /** The port of the owner's stores to a region. */
  port(handle: number): OwnerPort {
    const slot = this.locals.find(handle)
    if (slot === undefined) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
    return new OwnerPort(this.cpu, slot.memory, () => this.locals.find(handle) === slot)
  }

  openWindow(region: RegionSurface, options: NativeWindowOptions): NativeWindow {
    const slot = this.locals.find(region.handle)
    if (slot === undefined) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
    if (this.#windows.full) throw tooMany('windows')
    const descriptor = this.#parts.directory.addRegion({
      memory: slot.memory,
      start: options.offset,
      lengthBytes: options.lengthBytes,
      access: options.access,
      onImport: () => this.fence(),
    })
    return { handle: this.#windows.insert({ region, remoteKey: descriptor.remoteKey }), descriptor }
  }

  closeWindow(region: RegionSurface, handle: number): void {
    const slot = this.#windows.find(handle)
    if (slot?.region !== region) return
    this.#parts.directory.removeRegion(slot.remoteKey)
    this.#windows.remove(handle)
  }

  createQueuePair(options: NativeQueuePairOptions): QueuePairSurface {
    this.#assertUsable()
    const queuePair = this.#parts.directory.addQueuePair(
      (endpoint) => new QueuePairSurface(this, endpoint, options),
    )
    this.#queuePairs.add(queuePair)
    return queuePair
  }

  importRegion(descriptor: NativeRegionDescriptor): number {
    this.#assertUsable()
    if (this.remotes.full) throw tooMany('imported regions')
    const { lengthBytes, access } = descriptor
    const found = this.#parts.directory.findRegion(descriptor)
    return this.remotes.insert({ ...found, access, lengthBytes, pins: 0 })
  }

  releaseRemoteRegion(handle: number): boolean {
    this.#assertOpen()
    const slot = this.remotes.find(handle)
    if (slot === undefined) return true
    if (slot.pins !== 0) return false
    this.remotes.remove(handle)
    return true
  }

  accounting(): NativeAccounting {
    this.#assertOpen()
    let operationsInFlight = 0
    for (const queuePair of this.#queuePairs) operationsInFlight += queuePair.inFlight
    return {
      regions: this.locals.used,
      regionBytes: this.#regionBytes,
      windows: this.#windows.used,
      remoteRegions: this.remotes.used,
      queuePairs: this.#queuePairs.size,
      operationsInFlight,
    }
  }

  close(): void {
    if (this.#closed) return
    for (const queuePair of [...this.#queuePairs]) queuePair.close()
    for (const region of [...this.#regions]) region.close()
    for (const { handle } of this.remotes.entries()) this.remotes.remove(handle)
    this.#closed = true
  }

  /**
   * The host dies: stores that are not visible never will be, its queue pairs break, its memory is
   * gone, and nobody answers its peers. What its process does afterwards reaches nobody.
   */
  crash(): void {
    this.#crashed = true
    this.cpu.crash()
    for (const queuePair of this.#queuePairs) queuePair.fail()
    for (const { slot } of this.locals.entries()) slot.memory.valid = false
  }

  fence(): void {
    if (!this.cpu.crashed && !this.cpu.frozen) this.cpu.drainTo(this.cpu.count)
  }

  findRegion(handle: number): LocalSlot | undefined {
    return this.locals.find(handle)
  }

  removeRegion(region: RegionSurface): void {
    const slot = this.locals.find(region.handle)
    if (slot === undefined) return
    // Deregistering is a call into the kernel: what was stored before it is visible.
    this.fence()
    for (const { handle, slot: window } of this.#windows.entries()) {
      if (window.region === region) this.closeWindow(region, handle)
    }
    this.#parts.directory.removeRegion(slot.remoteKey)
    this.#parts.world.removeMemory(slot.memory)
    this.locals.remove(region.handle)
    this.#regions.delete(region)
    this.#regionBytes -= slot.lengthBytes
  }

  findQueuePair(endpoint: NativeEndpoint): QueuePairSurface {
    return this.#parts.directory.findQueuePair(endpoint)
  }

  addQueuePair(nic: number, sendDepth: number): SimulatedQueuePair {
    return this.#parts.engines.take(nic, sendDepth)
  }

  removeQueuePair(engine: SimulatedQueuePair): void {
    this.#parts.engines.give(engine)
  }

  closed(queuePair: QueuePairSurface): void {
    this.pump.forget(queuePair)
    this.#parts.directory.removeQueuePair(queuePair.endpoint)
    this.#queuePairs.delete(queuePair)
  }

  #assertOpen(): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the device is closed')
  }

  #assertUsable(): void {
    this.#assertOpen()
    if (!this.#crashed) return
    throw new UntornError('ERR_UNTORN_SYSTEM', `the simulated host ${this.info.name} has crashed`)
  }
}

function tooMany(what: string): UntornError {
  const message = `the device has ${HANDLES_MAX} ${what} already; close some`
  return new UntornError('ERR_UNTORN_SYSTEM', message)
}
