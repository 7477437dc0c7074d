// A fabric in memory, under the tests' control: operations are copies, done at once or held back,
// with a hook before each and statuses to order. Owner's stores and kernels in plain JavaScript.
import { OperationRing, RECORD_BYTES } from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import type {
  Accounting,
  AllocateOptions,
  Device,
  DeviceInfo,
  Endpoint,
  MemoryRegion,
  QueuePair,
  RegionDescriptor,
  RegionWindow,
  RemoteRegion,
} from '../../../src/fabric/contract.ts'
import type { NativeBinding } from '../../../src/native/binding.ts'
import type { LocalMemory } from '../../../src/fabric/local-memory.ts'
import { NativeLocalMemory, type NativeStores } from '../../../src/fabric/native-local-memory.ts'
import type {
  AtomicGranuleBytes,
  Capabilities,
  ProviderName,
} from '../../../src/fabric/capabilities.ts'

export const fakeNative: NativeStores & Pick<NativeBinding, 'deinterleave32'> = {
  storeFence(): void {},
  fullFence(): void {},
  storeRelease64(buffer: ArrayBuffer, word: number, low: number, high: number): void {
    new Uint32Array(buffer).set([low, high], 2 * word)
  },
  interleave32(target: Uint8Array, source: Uint8Array, tag: number): void {
    const to = new DataView(target.buffer, target.byteOffset, target.byteLength)
    const from = new DataView(source.buffer, source.byteOffset, source.byteLength)
    for (let at = 0; at < source.length; at += 4) {
      to.setUint32(2 * at, from.getUint32(at, true), true)
      to.setUint32(2 * at + 4, tag, true)
    }
  },
  deinterleave32(target: Uint8Array, source: Uint8Array, tag: number): boolean {
    const to = new DataView(target.buffer, target.byteOffset, target.byteLength)
    const from = new DataView(source.buffer, source.byteOffset, source.byteLength)
    let same = true
    for (let at = 0; at < target.length; at += 4) {
      to.setUint32(at, from.getUint32(2 * at, true), true)
      same &&= from.getUint32(2 * at + 4, true) === tag
    }
    return same
  },
}

export class FakeRegion implements MemoryRegion {
  readonly handle: number
  readonly bytes: Uint8Array
  readonly access = { remoteRead: true, remoteWrite: false, remoteAtomic: false }
  pins = 0
  closed = false
  readonly #device: FakeDevice

  constructor(device: FakeDevice, handle: number, bytes: number) {
    this.#device = device
    this.handle = handle
    this.bytes = new Uint8Array(Math.ceil(bytes / 64) * 64)
  }

  get byteLength(): number {
    return this.bytes.length
  }

  get descriptor(): RegionDescriptor {
    return { provider: 'simulation', lengthBytes: this.byteLength, access: 2, pid: this.handle }
  }

  window(): RegionWindow {
    throw new Error('this fake has no windows')
  }

  slice(offset: number, lengthBytes: number): Uint8Array {
    return this.bytes.subarray(offset, offset + lengthBytes)
  }

  localMemory(): LocalMemory {
    return new NativeLocalMemory(this.bytes, fakeNative)
  }

  async close(): Promise<void> {
    while (this.pins > 0) await new Promise((resolve) => setTimeout(resolve, 1))
    this.closed = true
    this.#device.regions.delete(this.handle)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

interface HeldChain {
  readonly run: () => number
  readonly resolve: (status: number) => void
  readonly landings: readonly FakeRegion[]
}

interface FakeOperation {
  readonly local: number
  readonly remote: number
  readonly localOffset: number
  readonly remoteOffset: number
  readonly length: number
  readonly flags: number
}

export class FakeQueuePair implements QueuePair {
  readonly endpoint: Endpoint = { provider: 'simulation' }
  readonly ring: OperationRing
  readonly state = 'ready'
  readonly vendorError = 0
  onReceive: QueuePair['onReceive'] = null
  /** Statuses that the next chains end with, before anything is copied. */
  readonly statuses: number[] = []
  /** Called before each READ is copied, with its number since the start. */
  beforeRead: ((index: number) => void) | null = null
  /** Chains stay in flight until `release`. */
  holding = false
  /** submit() answers with a promise although the chain has ended. */
  slow = false
  /** Operations of every chain so far. */
  readonly chains: (readonly FakeOperation[])[] = []
  reads = 0
  readonly #device: FakeDevice
  readonly #records = new ArrayBuffer(16 * RECORD_BYTES)
  readonly #held: HeldChain[] = []
  #lastId = 0
  #pending: Promise<number> = Promise.resolve(0)

  constructor(device: FakeDevice) {
    this.#device = device
    this.ring = new OperationRing(this.#records, new ArrayBuffer(64))
  }

  get inFlight(): number {
    return this.#held.length
  }

  connect(): void {}

  nextId(): number {
    return ++this.#lastId
  }

  submitAndPoll(): number {
    const operations = this.#take()
    if (operations.length === 0) throw new Error('nothing was pushed to this queue pair')
    const status = this.statuses.shift()
    if (status !== undefined && status !== Status.Pending) return status
    if (!this.holding && status === undefined) return this.#copy(operations)
    this.#pending = this.#hold(operations)
    return Status.Pending
  }

  submit(): number | Promise<number> {
    const status = this.submitAndPoll()
    if (status === Status.Pending) return this.settle()
    return this.slow ? Promise.resolve(status) : status
  }

  settle(): Promise<number> {
    return this.#pending
  }

  /** Completes the chains that are held, oldest first, copying now. */
  release(): void {
    for (const chain of this.#held.splice(0)) {
      chain.resolve(chain.run())
      for (const landing of chain.landings) landing.pins -= 1
    }
  }

  postReceives(): number {
    return 0
  }

  fail(): void {}

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #take(): FakeOperation[] {
    const words = new Uint32Array(this.#records)
    const doubles = new Float64Array(this.#records)
    const operations = Array.from({ length: this.ring.count }, (_, index) => ({
      flags: words[index * 16 + 1] ?? 0,
      local: words[index * 16 + 2] ?? 0,
      remote: words[index * 16 + 3] ?? 0,
      localOffset: doubles[index * 8 + 2] ?? 0,
      remoteOffset: doubles[index * 8 + 3] ?? 0,
      length: words[index * 16 + 8] ?? 0,
    }))
    this.ring.clear()
    this.chains.push(operations)
    return operations
  }

  #hold(operations: readonly FakeOperation[]): Promise<number> {
    const landings = operations.map((operation) => this.#region(operation.local))
    for (const landing of landings) landing.pins += 1
    return new Promise((resolve) => {
      this.#held.push({ run: () => this.#copy(operations), resolve, landings })
    })
  }

  #copy(operations: readonly FakeOperation[]): number {
    for (const { local, remote, localOffset, remoteOffset, length } of operations) {
      this.beforeRead?.(this.reads++)
      const from = this.#region(remote)
      const to = this.#region(local)
      if (from.closed || remoteOffset + length > from.byteLength) return Status.OutOfBounds
      to.bytes.set(from.bytes.subarray(remoteOffset, remoteOffset + length), localOffset)
    }
    return Status.Success
  }

  #region(handle: number): FakeRegion {
    const region = this.#device.regions.get(handle)
    if (region === undefined) throw new Error(`operation on region ${handle}, which is closed`)
    return region
  }
}

export class FakeDevice implements Device {
  readonly name = 'fake'
  readonly provider: ProviderName
  readonly info = {} as DeviceInfo
  readonly capabilities: Capabilities
  readonly choice = 'a test'
  readonly closed = false
  readonly regions: Map<number, FakeRegion> = new Map()
  #lastHandle = 0

  constructor(provider: ProviderName = 'shared-memory', granule: AtomicGranuleBytes = 8) {
    this.provider = provider
    this.capabilities = {
      atomicGranuleBytes: granule,
      evidence: [`granule ${granule}: the test says so`],
    } as unknown as Capabilities
  }

  allocate(bytes: number, _options?: AllocateOptions): FakeRegion {
    this.#lastHandle += 1
    const region = new FakeRegion(this, this.#lastHandle, bytes)
    this.regions.set(this.#lastHandle, region)
    return region
  }

  createQueuePair(): FakeQueuePair {
    return new FakeQueuePair(this)
  }

  importRegion(descriptor: RegionDescriptor): RemoteRegion {
    return {
      handle: descriptor.pid ?? 0,
      byteLength: descriptor.lengthBytes,
      access: { remoteRead: true, remoteWrite: false, remoteAtomic: false },
      close: () => true,
    }
  }

  accounting(): Accounting {
    throw new Error('not needed')
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
