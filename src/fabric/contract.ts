// Seam 1: the fabric contract. Three providers implement it through one surface (native-*.ts over
// ../native/binding.ts): verbs and shared-memory in the addon, simulation in TypeScript. One suite,
// test/contract, runs against all of them.
import type {
  NativeAccounting,
  NativeDeviceInfo,
  NativeEndpoint,
  NativeRegionDescriptor,
} from '../native/binding.ts'
import type { Capabilities, ProviderName } from './capabilities.ts'
import type { LocalMemory } from './local-memory.ts'
import type { OperationRing } from './operation-ring.ts'

export type DeviceInfo = NativeDeviceInfo
/** Plain data that lets a peer reach a region. */
export type RegionDescriptor = NativeRegionDescriptor
/** Plain data that lets a peer connect a queue pair. */
export type Endpoint = NativeEndpoint
export type Accounting = NativeAccounting

/** Rights a region grants. Least right by default: peers may do nothing. */
export interface AccessRights {
  readonly remoteRead?: boolean
  readonly remoteWrite?: boolean
  readonly remoteAtomic?: boolean
}

export interface AllocateOptions extends AccessRights {
  /** Back the region with huge pages; fails with ERR_UNTORN_HUGE_PAGES when none are free. */
  readonly hugePages?: boolean
}

export interface QueuePairOptions {
  /** Operations in flight, at most. Default 128. */
  readonly sendDepth?: number
  /** Receives posted, at most. Default 64. */
  readonly receiveDepth?: number
  /** The control connection's own address: chooses port and GID. Verbs only. */
  readonly localAddress?: string
  readonly port?: number
  readonly gidIndex?: number
  /** Verbs: 4.096 µs · 2^n before a packet is sent again. Default 14 = 67 ms. */
  readonly timeoutExponent?: number
  /** 0–6, default 6. Seven would mean "for ever" on some devices, and no loop here is unbounded. */
  readonly retryCount?: number
  /** 0–6. Default 6. */
  readonly rnrRetryCount?: number
  /** Microseconds an asynchronous submit spins before it sleeps. Default 5; 0 disables. */
  readonly spinUs?: number
}

/** A completion that belongs to no chain: a receive, or a signalled operation inside a chain. */
export interface ReceiveCompletion {
  readonly id: number
  readonly status: number
  readonly opcode: number
  readonly lengthBytes: number
  readonly immediate: number
}

export interface MemoryRegion extends AsyncDisposable {
  /** For operation records. */
  readonly handle: number
  /** The whole region; length 0 once closed. */
  readonly bytes: Uint8Array
  readonly byteLength: number
  readonly access: Required<AccessRights>
  readonly descriptor: RegionDescriptor
  /** Operations in flight that touch this region. */
  readonly pins: number
  readonly closed: boolean
  /**
   * A part of the region, sharing its lifetime. Bytes.
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS
   */
  slice(offset: number, lengthBytes: number): Uint8Array
  /**
   * Grants rights to a part of the region by another key: so that a peer may, say, read all of it and
   * write its own row only. Bytes; multiples of 8. Closing the region closes its windows. A region on
   * shared memory has 120 windows at most.
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS, ERR_UNTORN_MISALIGNED
   * @throws UntornError ERR_UNTORN_CLOSED, ERR_UNTORN_MEMLOCK, ERR_UNTORN_ACCESS_DENIED (the device
   *   has no atomics), ERR_UNTORN_SYSTEM
   */
  window(offset: number, lengthBytes: number, rights: AccessRights): RegionWindow
  /**
   * The port of the owner's stores to this region: peers see them in the order that its barriers ask
   * for. Stores through `bytes` have no promised order.
   * @throws UntornError ERR_UNTORN_CLOSED
   */
  localMemory(): LocalMemory
  /**
   * Deregisters and detaches `bytes`, waiting for operations in flight first. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when they do not end within `timeoutMs` (default 5000)
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

/** A part of a region that peers reach by a key of its own, with rights of its own. */
export interface RegionWindow {
  /** First byte of the window in its region. */
  readonly offset: number
  readonly byteLength: number
  readonly access: Required<AccessRights>
  /** To be imported like a region: its offset 0 is the window's first byte. */
  readonly descriptor: RegionDescriptor
  readonly closed: boolean
  /**
   * Invalidates the key: operations that use it fail from now on. One that a peer on shared memory has
   * begun may still end: what must not be written any more needs the peer's queue pair closed first.
   * Idempotent.
   */
  close(): void
}

export interface RemoteRegion {
  /** For operation records. */
  readonly handle: number
  readonly byteLength: number
  readonly access: Required<AccessRights>
  /** Forgets the mapping. False, and nothing done, while operations are in flight. Idempotent. */
  close(): boolean
}

export interface QueuePair extends AsyncDisposable {
  readonly endpoint: Endpoint
  /** `push` operations here, then submit: both happen in one synchronous stretch. */
  readonly ring: OperationRing
  readonly state: 'init' | 'ready' | 'error' | 'closed'
  /** @throws UntornError when the endpoint is of another provider, or unreachable */
  connect(remote: Endpoint): void
  /** An id for the records of the next chain; never 0, wraps at 2³². */
  nextId(): number
  /**
   * Submits what the ring holds as one chain and spins until its last operation completed or
   * `budgetUs` is spent. Returns the first failing status of the chain, 0 when all succeeded, or
   * Status.Pending: then the chain is still in flight and `settle()` gives its end.
   * The last record is made signalled and ChainEnd by this call. Never throws.
   */
  submitAndPoll(budgetUs: number): number
  /**
   * The same without blocking: a status at once when it ended while spinning, else a promise of
   * one. The promise never rejects; closing the queue pair resolves it with Status.Flushed.
   */
  submit(): number | Promise<number>
  /** Promise of the end of the chain that submitAndPoll left pending. */
  settle(): Promise<number>
  /** Posts what the ring holds (only Receive records) and returns a status at once. */
  postReceives(): number
  /** Called for every receive completion, on the event loop: never within a call, may submit. */
  onReceive: ((completion: ReceiveCompletion) => void) | null
  /** Operations in flight. */
  readonly inFlight: number
  /** Verbs vendor error of the last failed completion, for messages. */
  readonly vendorError: number
  /** Moves to the error state: everything in flight ends with Status.Flushed. */
  fail(): void
  /**
   * Flushes what is in flight, then destroys; once it resolves, nothing that the peer posted to its end
   * touches memory of this process any more. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when a peer on shared memory was stopped amid an operation
   *   and neither ends it within `timeoutMs` (default 5000) nor is seen to be dead; may be called
   *   again
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

export interface Device extends AsyncDisposable {
  readonly name: string
  readonly provider: ProviderName
  readonly info: DeviceInfo
  readonly capabilities: Capabilities
  /** Why `openDevice` chose this one. */
  readonly choice: string
  readonly closed: boolean
  /**
   * Own page-aligned memory, zeroed and registered. `bytes` is rounded up to 64.
   * @throws UntornError ERR_UNTORN_MEMLOCK, ERR_UNTORN_HUGE_PAGES, ERR_UNTORN_SYSTEM
   */
  allocate(bytes: number, options?: AllocateOptions): MemoryRegion
  createQueuePair(options?: QueuePairOptions): QueuePair
  importRegion(descriptor: RegionDescriptor): RemoteRegion
  accounting(): Accounting
  /** Closes queue pairs, regions and the device, in that order. Idempotent. */
  close(): Promise<void>
}
