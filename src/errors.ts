// Every error of the library has a code from this one table, which also generates docs/errors.md.

export interface ErrorEntry {
  readonly cause: string
  readonly remedy: string
}

/** Code → what causes it and what to do. */
export const errorTable = {
  ERR_UNTORN_ARGUMENT: {
    cause: 'An argument has the wrong type or is out of range.',
    remedy: 'The message names the argument and the accepted values.',
  },
  ERR_UNTORN_OUT_OF_BOUNDS: {
    cause: 'An offset and length reach past the end of a region.',
    remedy: 'Check them against the region’s byteLength.',
  },
  ERR_UNTORN_MISALIGNED: {
    cause: 'An atomic operation, or a word, is not on an 8-byte boundary.',
    remedy: 'Use offsets that are multiples of 8.',
  },
  ERR_UNTORN_ACCESS_DENIED: {
    cause: 'The region does not grant the right that the operation needs.',
    remedy: 'Have the owner publish or allocate the region with that right.',
  },
  ERR_UNTORN_CLOSED: {
    cause: 'The handle, or something it belongs to, was closed.',
    remedy: 'Open it again; a closed handle stays closed.',
  },
  ERR_UNTORN_BUSY: {
    cause: 'Operations still in flight use the memory; or a writer’s token is already taken.',
    remedy: 'Await them (or end the write in progress) and call again.',
  },
  ERR_UNTORN_RING_FULL: {
    cause: 'More operations were pushed than the ring holds.',
    remedy: 'Submit before pushing more, or create the queue pair with a larger sendDepth.',
  },
  ERR_UNTORN_QUEUE_FULL: {
    cause: 'The send or receive queue has no room for the chain.',
    remedy: 'Await completions, or create the queue pair with a larger depth.',
  },
  ERR_UNTORN_NATIVE_MISSING: {
    cause: 'The native addon is not built, or was built for another platform.',
    remedy: 'Run `npm rebuild untorn`; it needs a C++20 compiler and cmake.',
  },
  ERR_UNTORN_NO_DEVICE: {
    cause: 'No device of that name exists.',
    remedy: '`untorn devices` lists what there is.',
  },
  ERR_UNTORN_VERBS_UNAVAILABLE: {
    cause: 'An RDMA device was asked for, and the verbs provider was not compiled or cannot load.',
    remedy:
      'Install rdma-core (Debian: apt-get install libibverbs-dev ibverbs-providers) and run `npm rebuild untorn`.',
  },
  ERR_UNTORN_NO_GID: {
    cause: 'No GID of the device belongs to the address of the control connection.',
    remedy: 'Connect through an address of the RDMA interface, or pass `gidIndex`.',
  },
  ERR_UNTORN_MEMLOCK: {
    cause: 'Registration was refused because of the locked-memory limit.',
    remedy: 'Raise it: `ulimit -l unlimited`, or LimitMEMLOCK=infinity in the service unit.',
  },
  ERR_UNTORN_HUGE_PAGES: {
    cause: 'No huge pages are free.',
    remedy: 'Reserve some: `sysctl vm.nr_hugepages=N`, or allocate without hugePages.',
  },
  ERR_UNTORN_EXTERNAL_BUFFERS: {
    cause: 'This runtime does not allow external ArrayBuffers (Electron).',
    remedy: 'Run in Node.js.',
  },
  ERR_UNTORN_SYSTEM: {
    cause: 'A system call or a verbs call failed; errno and syscall are on the error.',
    remedy: 'Look up errno for that call.',
  },
  ERR_UNTORN_NOT_CONNECTED: {
    cause: 'The queue pair is not connected, or is in the error state.',
    remedy: 'Connect it; a queue pair in the error state has to be replaced.',
  },
  ERR_UNTORN_REMOTE: {
    cause: 'The device reported an operation as failed; `status` has its completion status.',
    remedy: 'The message names the operation, the status and its usual causes.',
  },
  ERR_UNTORN_PEER_LOST: {
    cause: 'The peer vanished: its control connection ended, or its memory stopped answering.',
    remedy: 'Call `peer.reconnect()`, or connect again.',
  },
  ERR_UNTORN_CONNECT: {
    cause: 'The control connection could not be made.',
    remedy: 'Check address, port and that the host listens; `cause` has the socket’s error.',
  },
  ERR_UNTORN_PROTOCOL: {
    cause: 'The other side of a control connection sent a frame that makes no sense.',
    remedy: 'Make sure that an untorn host listens there; the message says what was wrong.',
  },
  ERR_UNTORN_PROTOCOL_VERSION: {
    cause: 'The other side speaks another version of the control protocol.',
    remedy: 'Run the same major version of untorn on both sides.',
  },
  ERR_UNTORN_PROVIDER_MISMATCH: {
    cause: 'The two sides of a connection use devices of different providers.',
    remedy: 'Open the same kind of device on both sides: verbs on two machines, or one machine.',
  },
  ERR_UNTORN_FRAME_TOO_LARGE: {
    cause: 'A control frame announces more bytes than the limit.',
    remedy: 'Publish fewer regions per host, or find out who sends garbage.',
  },
  ERR_UNTORN_TIMEOUT: {
    cause: 'The other side did not answer within the time limit.',
    remedy:
      'Raise `timeoutMs`, or find out what holds it up; where reads keep timing out, call `peer.reconnect()`.',
  },
  ERR_UNTORN_ABORTED: {
    cause: 'The AbortSignal fired.',
    remedy: 'None needed; `cause` has the signal’s reason.',
  },
  ERR_UNTORN_NO_REGION: {
    cause: 'The host publishes no region of that name.',
    remedy: '`peer.regions()` lists what it publishes.',
  },
  ERR_UNTORN_REGION_EXISTS: {
    cause: 'The host already publishes a region of that name.',
    remedy: 'Close that one first, or choose another name.',
  },
  ERR_UNTORN_LAYOUT_MISMATCH: {
    cause: 'The region has another protocol, layout version, size or codec than asked for.',
    remedy: 'Open it as what the catalogue says it is.',
  },
  ERR_UNTORN_DECODE: {
    cause: 'A consistent snapshot is no value of the codec; `cause` has what the codec threw.',
    remedy:
      'Find out who publishes such bytes; the reader goes on, and raw bytes can still be read.',
  },
  ERR_UNTORN_UNSOUND: {
    cause: 'The strategy could accept torn bytes on this device.',
    remedy: 'Take one of the sound strategies that the message names, or let the chooser pick.',
  },
  ERR_UNTORN_BROKEN_PROTOCOL: {
    cause:
      'The code of a protocol under test threw, did not end, or did something else when run again; or a peer that may write to a region stored what no writer of its protocol stores.',
    remedy:
      'The message says which side did what; both sides must follow from their calls and from what landed, and from nothing else. Of a region that a peer has broken, close it and publish another.',
  },
  ERR_UNTORN_STALE_GENERATION: {
    cause: 'The region belongs to an earlier incarnation of its owner.',
    remedy: 'Open it again from the reconnected peer.',
  },
  ERR_UNTORN_WRITER_ACTIVE: {
    cause: 'Every attempt met the same write in progress; its owner may be dead or stopped.',
    remedy: 'Read again later; if it persists, restart the owner.',
  },
  ERR_UNTORN_RETRIES_EXHAUSTED: {
    cause: 'Writes kept overtaking the reader until its bound of attempts was spent.',
    remedy: 'Raise `attemptsMax`, slow the writer, or use a protocol whose readers never starve.',
  },
  ERR_UNTORN_LAPPED: {
    cause: 'The version asked for has been overwritten: so many were published after it.',
    remedy:
      'Read the present version, or publish with more slots; `missed` says how many are gone.',
  },
  ERR_UNTORN_HEAP_EXHAUSTED: {
    cause: 'The heap of an RCU cell has no free space: retired objects may still be pinned.',
    remedy:
      'Publish with a larger heap; `statistics` tells what is retired, and which reader holds it.',
  },
  ERR_UNTORN_LEASE_EXPIRED: {
    cause: 'A pin, or a lock, outlived its lease: what it protected may have been reclaimed.',
    remedy:
      'Pin again. Hold pins shorter than the lease, renew them, or publish with a longer one.',
  },
  ERR_UNTORN_EVICTED: {
    cause: 'The owner took back what it had granted: a lock, a pin, or room to write.',
    remedy: 'Ask again; what was in progress has been undone, or ended, by the owner.',
  },
  ERR_UNTORN_DENIED: {
    cause: 'The owner does not grant it: no room is left, or the region does not offer it.',
    remedy: 'The message says which option of the region allows it.',
  },
  ERR_UNTORN_UNKNOWN_OUTCOME: {
    cause: 'The connection broke while a change was in flight: it may have happened, or not.',
    remedy: 'Read the region to find out, then decide whether to try again.',
  },
} as const

export type ErrorCode = keyof typeof errorTable

export interface ErrorDetails {
  readonly cause?: unknown
  readonly errno?: number
  readonly syscall?: string
  /** Completion status, see fabric/status.ts. */
  readonly status?: number
}

/** Base class of everything this library throws, except misuse (TypeError, RangeError). */
export class UntornError extends Error {
  readonly code: ErrorCode
  readonly errno?: number
  readonly syscall?: string
  readonly status?: number

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    if (details.errno !== undefined) this.errno = details.errno
    if (details.syscall !== undefined) this.syscall = details.syscall
    if (details.status !== undefined) this.status = details.status
  }
}

/** Every attempt met the same odd version. */
export class WriterActive extends UntornError {
  readonly version: number
  /** When this read first saw it: performance.now() milliseconds of this process. */
  readonly since: number

  constructor(version: number, since: number, attempts: number) {
    super(
      'ERR_UNTORN_WRITER_ACTIVE',
      `all ${attempts} attempts met the same write in progress (version ${version})`,
    )
    this.version = version
    this.since = since
  }
}

/** The bound of attempts was spent while the version kept moving. */
export class RetriesExhausted extends UntornError {
  readonly attempts: number
  readonly lastVersion: number

  constructor(attempts: number, lastVersion: number) {
    super(
      'ERR_UNTORN_RETRIES_EXHAUSTED',
      `no consistent snapshot in ${attempts} attempts; the last version seen was ${lastVersion}`,
    )
    this.attempts = attempts
    this.lastVersion = lastVersion
  }
}

/** The version wanted is gone for ever. */
export class Lapped extends UntornError {
  readonly version: number
  /** Versions, from that one on, that are gone for certain. */
  readonly missed: number

  constructor(version: number, missed: number) {
    super(
      'ERR_UNTORN_LAPPED',
      `version ${version} has been overwritten; ${version + missed} is the oldest that may be left`,
    )
    this.version = version
    this.missed = missed
  }
}

/** Misuse: wrong type of argument. */
export function argumentTypeError(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_UNTORN_ARGUMENT' as const })
}

/** A refused argument as messages tell it: text in quotes, so that '8' is not taken for 8. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** Misuse: argument out of range. */
export function argumentRangeError(
  message: string,
  code: ErrorCode = 'ERR_UNTORN_ARGUMENT',
): RangeError {
  return Object.assign(new RangeError(message), { code })
}
