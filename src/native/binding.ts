// The addon's whole surface. Everything TypeScript knows about the native side is in this file;
// `load.ts` finds and loads the binary. Data-path calls take no arguments and return one small
// integer: their inputs and outputs live in three shared buffers (see ../fabric/operation-ring.ts),
// because an argument costs more than the operation's share of the crossing. What begins with
// NativeDevice is also played by simulated devices (../simulation/device).
import type { ProviderName } from '../fabric/capabilities.ts'

/** What `listDevices` knows about one address of a port. */
export interface NativeGid {
  readonly index: number
  /** `IB`, `RoCE v1` or `RoCE v2`; `none` on shared memory. */
  readonly type: string
  /** IPv6 text form of the 16 bytes; IPv4-mapped ones read `::ffff:10.0.0.1`. */
  readonly address: string
  /** Network interface behind the GID, empty when unknown. */
  readonly interface: string
}

export interface NativePort {
  readonly number: number
  /** `active`, `down`, `init`, `armed` … as verbs names them, lower case. */
  readonly state: string
  readonly linkLayer: string
  /** Active path MTU, bytes. */
  readonly mtuBytes: number
  readonly lid: number
  readonly gids: readonly NativeGid[]
}

/** Raw attributes; ../fabric/capabilities.ts turns them into guarantees. */
export interface NativeDeviceInfo {
  readonly provider: ProviderName
  readonly name: string
  /** Kernel driver: `rxe`, `mlx5_core` …; `memfd` on shared memory. */
  readonly driver: string
  readonly firmware: string
  readonly ports: readonly NativePort[]
  readonly limits: NativeLimits
}

export interface NativeLimits {
  readonly queuePairsMax: number
  readonly queueDepthMax: number
  readonly regionsMax: number
  readonly regionBytesMax: number
  readonly scatterEntriesMax: number
  /** READs and atomics outstanding as initiator, per queue pair. */
  readonly readDepthMax: number
  readonly inlineBytesMax: number
  /** Largest message of a send; one-sided operations are bounded by the regions. */
  readonly sendBytesMax: number
  /** `none`, `hca` or `global`, as the device reports it. */
  readonly atomics: string
  /** Answer of ibv_query_qp_data_in_order for READ, 0 when it promises nothing or is absent. */
  readonly dataInOrder: number
}

/** Who may do what to a region: bit mask. */
export const NativeAccess = {
  localWrite: 1,
  remoteRead: 2,
  remoteWrite: 4,
  remoteAtomic: 8,
} as const

/** Plain data a peer needs to reach a region; travels as JSON over the control connection. */
export interface NativeRegionDescriptor {
  readonly provider: ProviderName
  readonly lengthBytes: number
  /** NativeAccess mask, localWrite excluded. */
  readonly access: number
  /** Shared memory: owner's process and the descriptor of its memfd there. */
  readonly pid?: number
  readonly fd?: number
  /**
   * Shared memory: inode of the memfd, so that a recycled pid or descriptor is noticed. Simulation:
   * identity of the fabric.
   */
  readonly inode?: string
  /** Shared memory: of a window its number, never used again in its region; absent: the whole. */
  readonly window?: number
  /** Verbs: remote key. Simulation: the key only. */
  readonly remoteKey?: number
  /**
   * Decimal text, 64 bits. Verbs: virtual address. Shared memory: of a window, its first byte in the
   * region.
   */
  readonly address?: string
}

/** Plain data a peer needs to connect a queue pair; travels as JSON. */
export interface NativeEndpoint {
  readonly provider: ProviderName
  /**
   * Shared memory: process, descriptors and inode of the inbox memfd and its doorbell pipe.
   * Simulation: identity of the fabric in `inode`.
   */
  readonly pid?: number
  readonly fd?: number
  readonly inode?: string
  readonly doorbellFd?: number
  /** Verbs; simulation the number only. */
  readonly queuePairNumber?: number
  readonly packetSequence?: number
  readonly lid?: number
  readonly gid?: string
  readonly gidIndex?: number
  readonly mtuBytes?: number
  readonly readDepth?: number
}

export interface NativeQueuePairOptions {
  readonly sendDepth: number
  readonly receiveDepth: number
  /** Verbs: port and index into its GID table. */
  readonly port: number
  readonly gidIndex: number
  /** Verbs: 0–31, 4.096 µs · 2^n; 14 = 67 ms. */
  readonly timeoutExponent: number
  readonly retryCount: number
  /** 0–6; 7 would mean for ever. */
  readonly rnrRetryCount: number
}

/** A part of a region, in bytes: multiples of 8. `access` is a NativeAccess mask. */
export interface NativeWindowOptions {
  readonly offset: number
  readonly lengthBytes: number
  readonly access: number
}

export interface NativeWindow {
  /** For `closeWindow`. */
  readonly handle: number
  readonly descriptor: NativeRegionDescriptor
}

export interface NativeRegion {
  /** Index into the device's region table, with a reuse tag in the upper bits; never 0. */
  readonly handle: number
  /** The same ArrayBuffer for the life of the region; detached by `close`. */
  readonly buffer: ArrayBuffer
  readonly descriptor: NativeRegionDescriptor
  /** Operations in flight that touch this region. */
  pins(): number
  openWindow(options: NativeWindowOptions): NativeWindow
  /** Invalidates the window's key; nothing when it is closed already. */
  closeWindow(handle: number): void
  /**
   * Deregisters and detaches, windows first. False, and nothing done, while operations are in flight.
   */
  close(): boolean
}

export interface NativeQueuePair {
  /** Operation records, `sendDepth + receiveDepth` × 64 bytes. */
  readonly records: ArrayBuffer
  /** Completion records, `sendDepth + receiveDepth` × 32 bytes. */
  readonly completions: ArrayBuffer
  /** Sixteen 32-bit control words. */
  readonly control: ArrayBuffer
  readonly endpoint: NativeEndpoint
  connect(remote: NativeEndpoint): void
  /** Checks every record, then posts all or none. Returns a status; 0 = all posted. */
  readonly submit: () => number
  /** Reaps completions into `completions` from index 0; returns how many. */
  readonly poll: () => number
  /** Posts the chain and spins until its last completion or the budget is spent. */
  readonly submitAndPoll: () => number
  /** Spins for the chain last submitted: returns like submitAndPoll. */
  readonly spin: () => number
  /** Asks for one wake-up at the next completion; poll once more before sleeping. */
  arm(): void
  /** Called on the loop after an armed completion, with all events acknowledged. Null: none. */
  onEvent(callback: (() => void) | null): void
  /** Keeps the event loop alive while true. */
  reference(on: boolean): void
  /** `init`, `ready`, `error`, `closed`. */
  state(): string
  /** Moves to the error state: everything in flight is flushed and will complete. */
  fail(): void
  /**
   * Moves to the error state, and says whether nothing that the peer posted touches memory of this
   * process once the queue pair is closed. False only where a peer executes its operations itself and
   * is amid one; asked again until it is true.
   */
  quiet(): boolean
  /**
   * Destroys the queue pair and drops all pins. Idempotent. What was in flight is in `completions`
   * afterwards, Flushed, counted by control word 3; `poll` returns 0 from then on.
   */
  close(): void
}

export interface NativeAccounting {
  readonly regions: number
  readonly regionBytes: number
  readonly windows: number
  readonly remoteRegions: number
  readonly queuePairs: number
  readonly operationsInFlight: number
}

export interface NativeDevice {
  readonly info: NativeDeviceInfo
  registerMemory(options: { bytes: number; access: number; hugePages: boolean }): NativeRegion
  createQueuePair(options: NativeQueuePairOptions): NativeQueuePair
  /** Maps or records a peer's region; returns a handle for `remoteRegion` fields. */
  importRegion(descriptor: NativeRegionDescriptor): number
  /** False, and nothing done, while operations are in flight. */
  releaseRemoteRegion(handle: number): boolean
  accounting(): NativeAccounting
  /** Closes queue pairs, then regions, then the device. Idempotent. */
  close(): void
}

/** Errors thrown on the control path carry these. */
export interface NativeErrorFields {
  /** `ERR_UNTORN_*`. */
  readonly code: string
  readonly errno?: number
  readonly syscall?: string
}

export interface NativeBinding {
  /** Whether the verbs provider was compiled, and if it cannot be loaded, why. */
  verbsStatus(): { readonly compiled: boolean; readonly loaded: boolean; readonly reason: string }
  listDevices(provider: ProviderName): readonly NativeDeviceInfo[]
  openDevice(provider: ProviderName, name: string): NativeDevice
  /** Orders earlier stores of this thread before later ones (dmb ishst; compiler-only on x86). */
  storeFence(): void
  /** Full fence: earlier stores before later loads (mfence; dmb ish). */
  fullFence(): void
  /** Release store of a 64-bit word given as two halves; `word` counts 8-byte words. */
  storeRelease64(buffer: ArrayBuffer, word: number, low: number, high: number): void
  /**
   * For each 4-byte unit u of source stores the aligned 64-bit word u | tag << 32, in one store.
   * Both views 8- resp. 4-byte aligned; target length = 2 × source length.
   */
  interleave32(target: Uint8Array, source: Uint8Array, tag: number): void
  /**
   * Inverse: writes the low halves to target; returns true iff every upper half equals `tag`.
   * The target's contents are undefined when it returns false.
   */
  deinterleave32(target: Uint8Array, source: Uint8Array, tag: number): boolean
  /** Copies in aligned 8-byte units (never rep movsb). Offsets and length multiples of 8. */
  copyWords(target: Uint8Array, source: Uint8Array): void
  /** Monotonic clock, nanoseconds. */
  nowNs(): number
  /**
   * Bench baseline: C++ seqlock reader over `buffer` in the plain layout; nanoseconds of each of
   * `samples.length` samples, a sample being `readsPerSample` reads.
   */
  benchSeqlockReader(
    buffer: ArrayBuffer,
    versionOffset: number,
    payloadOffset: number,
    payloadBytes: number,
    readsPerSample: number,
    samples: Float64Array,
  ): void
}
