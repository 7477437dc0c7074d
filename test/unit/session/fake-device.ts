// A device without memory for tests of sessions: queue pairs that remember whom they were connected
// to, operations that stay in flight until the test, or a failing queue pair, ends them.
import type { Capabilities, ProviderName } from '../../../src/fabric/capabilities.ts'
import type {
  Device,
  DeviceInfo,
  Endpoint,
  MemoryRegion,
  QueuePair,
  QueuePairOptions,
  RegionDescriptor,
  RemoteRegion,
} from '../../../src/fabric/contract.ts'
import { OperationRing } from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import type {
  BindingSource,
  CatalogueEntry,
  ClaimHandler,
  ClaimHolder,
  Grant,
  OwnerHandle,
  PublishContext,
  RegionSpec,
} from '../../../src/regions/contract.ts'
import { UntornError } from '../../../src/errors.ts'

export class FakeQueuePair implements QueuePair {
  readonly endpoint: Endpoint
  readonly ring: OperationRing = new OperationRing(new ArrayBuffer(64), new ArrayBuffer(64))
  readonly options: QueuePairOptions
  state: 'init' | 'ready' | 'error' | 'closed' = 'init'
  remote: Endpoint | undefined
  onReceive: null = null
  vendorError = 0
  readonly #pending = new Set<(status: number) => void>()
  #id = 0

  constructor(provider: ProviderName, number: number, options: QueuePairOptions) {
    this.endpoint = { provider, queuePairNumber: number }
    this.options = options
  }

  get inFlight(): number {
    return this.#pending.size
  }

  connect(remote: Endpoint): void {
    this.remote = remote
    this.state = 'ready'
  }

  nextId(): number {
    this.#id += 1
    return this.#id
  }

  submitAndPoll(): number {
    return this.state === 'ready' ? Status.Success : Status.NotConnected
  }

  submit(): number | Promise<number> {
    if (this.state !== 'ready') return Status.Flushed
    return new Promise((resolve) => this.#pending.add(resolve))
  }

  settle(): Promise<number> {
    return Promise.resolve(Status.Success)
  }

  postReceives(): number {
    return Status.Success
  }

  /** Ends everything in flight. */
  complete(status: number): void {
    for (const resolve of this.#pending) resolve(status)
    this.#pending.clear()
  }

  fail(): void {
    this.state = 'error'
    this.complete(Status.Flushed)
  }

  /** Set by a test: so many closes fail, because the peer is stopped amid an operation. */
  busyCloses = 0
  /** Set by a test: closing waits for this. */
  closing: Promise<void> = Promise.resolve()

  async close(): Promise<void> {
    await this.closing
    if (this.busyCloses > 0) {
      this.busyCloses -= 1
      throw new UntornError('ERR_UNTORN_BUSY', 'the peer is stopped')
    }
    this.state = 'closed'
    this.complete(Status.Flushed)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export class FakeDevice implements Device {
  readonly name: string = 'fake'
  readonly provider: ProviderName
  readonly info: DeviceInfo = {} as DeviceInfo
  readonly capabilities: Capabilities = {} as Capabilities
  readonly choice: string = 'the only one'
  readonly queuePairs: FakeQueuePair[] = []
  readonly imported: Set<number> = new Set()
  /** Set by a test: closing an import fails as long as this says so. */
  busy = false
  closed = false
  #next = 1

  constructor(provider: ProviderName = 'shared-memory') {
    this.provider = provider
  }

  allocate(): MemoryRegion {
    throw new Error('sessions allocate nothing')
  }

  createQueuePair(options: QueuePairOptions = {}): FakeQueuePair {
    if (this.closed) throw Object.assign(new Error('closed'), { code: 'ERR_UNTORN_CLOSED' })
    const queuePair = new FakeQueuePair(this.provider, this.#next++, options)
    this.queuePairs.push(queuePair)
    return queuePair
  }

  importRegion(descriptor: RegionDescriptor): RemoteRegion {
    const handle = this.#next++
    this.imported.add(handle)
    return {
      handle,
      byteLength: descriptor.lengthBytes,
      access: { remoteRead: true, remoteWrite: false, remoteAtomic: false },
      close: () => {
        if (this.busy) return false
        this.imported.delete(handle)
        return true
      },
    }
  }

  /** The queue pairs that are neither closed nor broken. */
  live(): FakeQueuePair[] {
    return this.queuePairs.filter((queuePair) => queuePair.state === 'ready')
  }

  accounting(): ReturnType<Device['accounting']> {
    throw new Error('sessions do not ask')
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.all(this.queuePairs.map((queuePair) => queuePair.close())).then(() => {})
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export class FakeOwner implements OwnerHandle {
  closed = false
  readonly #context: PublishContext
  readonly entry: CatalogueEntry
  #closing: Promise<void> | undefined

  constructor(context: PublishContext, entry: CatalogueEntry) {
    this.#context = context
    this.entry = entry
  }

  close(): Promise<void> {
    this.#closing ??= this.#context.withdraw().then(() => {
      this.closed = true
      this.#context.onClosed()
    })
    return this.#closing
  }
}

let generations = 1

export function fakeEntry(name: string, generation: number = generations++): CatalogueEntry {
  return {
    name,
    protocol: 'seqlock',
    strategy: 'hash',
    layoutVersion: 1,
    capacityBytes: 64,
    generation,
    rights: ['read'],
    hashKey: '1f',
    region: { provider: 'shared-memory', lengthBytes: 128, access: 2, pid: 1, fd: 3, inode: '77' },
    parameters: {},
    schema: '',
  }
}

export function fakeRegion(generation?: number, claims?: ClaimHandler): RegionSpec<FakeOwner> {
  return {
    protocol: 'seqlock',
    publish: (context) => {
      const entry = fakeEntry(context.name, generation)
      const owner = new FakeOwner(context, entry)
      return claims === undefined ? { entry, owner } : { entry, owner, claims }
    },
  }
}

/** Grants what `grant` says, and remembers who holds what. */
export class FakeClaims implements ClaimHandler {
  readonly held: ClaimHolder[] = []
  readonly over: ClaimHolder[] = []
  grant: (holder: ClaimHolder) => Grant

  constructor(grant: (holder: ClaimHolder) => Grant = () => ({ windows: [], parameters: {} })) {
    this.grant = grant
  }

  claim(holder: ClaimHolder): Grant {
    const grant = this.grant(holder)
    this.held.push(holder)
    return grant
  }

  ended(holder: ClaimHolder): void {
    this.over.push(holder)
  }
}

/** Reads nothing, but ends the way a real reader would. */
export class FakeReader {
  readonly source: BindingSource
  readonly entry: CatalogueEntry
  closed = false

  constructor(source: BindingSource, entry: CatalogueEntry) {
    this.source = source
    this.entry = entry
  }

  /** The remote handle it read from. */
  async read(): Promise<number> {
    const recovery = this.source.recovery()
    if (recovery !== null) await recovery
    const binding = this.source.current()
    if (binding instanceof UntornError) throw binding
    const status = await binding.queuePair.submit()
    if (status !== Status.Success) throw this.source.transportFailed(status)
    return binding.remoteHandle
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.source.release()
  }
}

export function openFakeReader(
  source: BindingSource,
  entry: CatalogueEntry,
  options?: { refuse?: UntornError },
): FakeReader {
  if (options?.refuse !== undefined) throw options.refuse
  return new FakeReader(source, entry)
}
