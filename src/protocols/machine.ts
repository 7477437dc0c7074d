// Seam 2: sans-I/O reader machines. A machine fills operations, is resumed when they have landed,
// and ends with a verdict. It never posts, waits, sleeps or reads a clock; three drivers (spinning,
// asynchronous, simulated) run the same machine, so what is checked is what ships.

/** Where a machine puts the operations of its next chain. Offsets and lengths in bytes. */
export interface OperationSink {
  /**
   * One remote READ into the machine's landing memory.
   * @param fenced wait until all earlier READs of the chain have finished sampling
   */
  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void
}

/**
 * The same for machines that change remote memory. Offsets are those of the region, whatever windows
 * of it the machine's peer was given.
 */
export interface RemoteSink extends OperationSink {
  /**
   * One WRITE out of the machine's landing memory, which may be read until the chain has ended.
   * @param fenced wait until all earlier READs and atomics of the chain have finished
   */
  write(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void
  /** One compare-and-swap of an aligned 64-bit word; what it found there lands. */
  compareAndSwap(
    landingOffset: number,
    remoteOffset: number,
    expected: bigint,
    desired: bigint,
    fenced: boolean,
  ): void
}

export const Verdict = {
  /** The sink holds another chain of this attempt: submit it, then resume. */
  More: 0,
  /** The attempt met a writer: back off, then begin again. */
  Retry: 1,
  /** `target` and `version` hold a consistent snapshot. */
  Done: 2,
  /**
   * Nothing newer has been published: the region still has the version that the caller knows, or the
   * version that it wants does not exist yet.
   */
  Unchanged: 3,
  /** The owner closed the region for ever. */
  Closed: 4,
  /** The version that the caller wants has been overwritten for ever; see `missed`. */
  Lapped: 5,
  /** What protected the operation, a lease, ran out before it ended: nothing that landed counts. */
  Expired: 6,
} as const

export type VerdictCode = (typeof Verdict)[keyof typeof Verdict]

/** Why an attempt did not succeed; statistics and typed failures are made of these. */
export const Evidence = {
  None: 0,
  /** The version was odd: a write was in progress. */
  WriterActive: 1,
  /** The bytes were of more than one version, or could not be proven to be of one. */
  Torn: 2,
  /** So many versions were published meanwhile that the one being read was overwritten. */
  Lapped: 3,
} as const

export type EvidenceCode = (typeof Evidence)[keyof typeof Evidence]

/** What to read: the whole payload or a part of it, always under one version. */
export interface ReadRequest {
  /**
   * Receives `lengthBytes` payload bytes, from its index 0 on, when the verdict is Done; its
   * contents are undefined after any other verdict.
   */
  target: Uint8Array
  offset: number
  lengthBytes: number
  /** Version the caller already holds; 0 when it wants bytes in any case. */
  knownVersion: number
  /**
   * Read this version, not the present one; 0 or absent: the present one. `knownVersion` is then
   * ignored. Machines that keep no earlier versions never see it set.
   */
  wantedVersion?: number
}

/**
 * One reader of one incarnation of one region. A machine remembers versions it has seen, so a
 * region that was published again (another generation) needs a new machine.
 */
export interface ReaderMachine {
  /** Bytes of landing memory the machine needs. */
  readonly landingBytes: number
  /**
   * The whole payload where it lands, from `bind` on; null when it lands interleaved with marks. As
   * the target of a request from offset 0 it is filled without a copy.
   */
  readonly payloadView: Uint8Array | null
  /** Version of the last snapshot (Done, Unchanged), or the last one seen. */
  readonly version: number
  /** Why the last attempt ended with Retry. */
  readonly evidence: EvidenceCode
  /**
   * After Lapped, verdict or evidence: how many versions, from the one that was to be read on, are
   * gone for certain; otherwise 0. Machines that keep no earlier versions leave it out.
   */
  readonly missed?: number
  /**
   * After Done: bytes of the snapshot, where the owner decides how many. Their request is for as many
   * as there may be. Machines of payloads of a fixed size leave it out.
   */
  readonly resultBytes?: number
  /**
   * Gives the machine its landing memory, once, before the first `start`: at least `landingBytes`
   * bytes, 64-byte aligned, written only by the operations it asked for.
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS too short, ERR_UNTORN_MISALIGNED
   */
  bind(landing: Uint8Array): void
  /**
   * Sets a new request. The request object is kept, not copied.
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS outside the payload or the target
   * @throws TypeError ERR_UNTORN_ARGUMENT before `bind`
   */
  start(request: ReadRequest): void
  /** Fills the first chain of a fresh attempt; nothing of an earlier attempt is reused. */
  begin(sink: OperationSink): void
  /** Looks at what landed. */
  resume(sink: OperationSink): VerdictCode
}

/**
 * One operation of a user on remote memory that a machine carries out: acquire, release, pin, swap.
 * As with reads, an attempt that met somebody else ends with Retry, and `begin` tries anew.
 */
export interface RemoteMachine {
  /** Bytes of landing memory the machine needs; also where its WRITEs come from. */
  readonly landingBytes: number
  /** Why the last attempt ended with Retry. */
  readonly evidence: EvidenceCode
  /** The last version seen, for failures and statistics. */
  readonly version: number
  /** As `ReaderMachine.bind`. */
  bind(landing: Uint8Array): void
  /** Fills the first chain of an attempt. */
  begin(sink: RemoteSink): void
  /** Looks at what landed. */
  resume(sink: RemoteSink): VerdictCode
}
