// A locked region over an ArrayBuffer, and parties whose operations are carried out at once. What
// production does, without a device. A party's chain can be cut off, as by a queue pair destroyed.
import type {
  LockAcquire,
  LockRelease,
  LockScheme,
  LockShape,
  ReaderMachine,
  RemoteMachine,
  RemoteSink,
  VerdictCode,
} from '../../../../src/protocols/index.ts'
import { Verdict } from '../../../../src/protocols/index.ts'
import { LoggedMemory, kernels, shapeOf } from './bench-region.ts'

/** One operation, in short. */
export interface PostedOperation {
  readonly kind: 'read' | 'write' | 'swap'
  readonly remoteOffset: number
  readonly lengthBytes: number
  readonly fenced: boolean
}

/** The queue pair of one party. */
export class InstantQueuePair implements RemoteSink {
  readonly memory: LoggedMemory
  landing: Uint8Array = new Uint8Array(0)
  readonly posted: PostedOperation[] = []
  chains = 0
  /** Bytes that are placed before the queue pair is destroyed; a compare-and-swap counts as 8. */
  bytesLeft: number = Infinity
  /** Called before each operation is carried out. */
  beforeOperation: ((operation: PostedOperation) => void) | undefined

  constructor(memory: LoggedMemory) {
    this.memory = memory
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.#note('read', remoteOffset, lengthBytes, fenced)
    if (this.bytesLeft === 0) return
    const bytes = this.memory.bytes.subarray(remoteOffset, remoteOffset + lengthBytes)
    if (bytes.length !== lengthBytes) throw new Error('a READ outside the region')
    this.landing.set(bytes, landingOffset)
  }

  write(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.#note('write', remoteOffset, lengthBytes, fenced)
    const placed = Math.min(lengthBytes, this.bytesLeft)
    this.bytesLeft -= placed
    if (remoteOffset + lengthBytes > this.memory.lengthBytes) throw new Error('a WRITE outside')
    this.memory.bytes.set(
      this.landing.subarray(landingOffset, landingOffset + placed),
      remoteOffset,
    )
  }

  compareAndSwap(
    landingOffset: number,
    remoteOffset: number,
    expected: bigint,
    desired: bigint,
    fenced: boolean,
  ): void {
    this.#note('swap', remoteOffset, 8, fenced)
    if (this.bytesLeft < 8) {
      this.bytesLeft = 0
      return
    }
    this.bytesLeft -= 8
    const remote = new DataView(this.memory.bytes.buffer)
    const found = remote.getBigUint64(remoteOffset, true)
    if (found === expected) remote.setBigUint64(remoteOffset, desired, true)
    const landing = new DataView(this.landing.buffer, this.landing.byteOffset)
    landing.setBigUint64(landingOffset, found, true)
  }

  /** One attempt; `undefined` when its chain was cut off. */
  attempt(machine: RemoteMachine): VerdictCode | undefined {
    this.posted.length = 0
    this.chains = 0
    machine.begin(this)
    for (;;) {
      this.chains += 1
      if (this.bytesLeft === 0) return undefined
      const verdict = machine.resume(this)
      if (verdict !== Verdict.More) return verdict
    }
  }

  #note(
    kind: PostedOperation['kind'],
    remoteOffset: number,
    lengthBytes: number,
    fenced: boolean,
  ): void {
    const operation = { kind, remoteOffset, lengthBytes, fenced }
    this.beforeOperation?.(operation)
    this.posted.push(operation)
  }
}

/** One party that may hold the lock, with a queue pair of its own. */
export class LockParty {
  readonly queuePair: InstantQueuePair
  readonly acquire: LockAcquire
  readonly release: LockRelease
  readonly holder: number

  constructor(memory: LoggedMemory, scheme: LockScheme, shape: LockShape, holder: number) {
    this.holder = holder
    this.queuePair = new InstantQueuePair(memory)
    this.acquire = scheme.createAcquire(shape, kernels, holder)
    this.release = scheme.createRelease(shape, kernels)
    this.queuePair.landing = new Uint8Array(this.acquire.landingBytes)
    this.acquire.bind(this.queuePair.landing)
    this.release.bind(this.queuePair.landing)
  }

  take(): VerdictCode | undefined {
    return this.queuePair.attempt(this.acquire)
  }

  publish(payload: Uint8Array): VerdictCode | undefined {
    this.release.publish(this.acquire.word, payload)
    return this.queuePair.attempt(this.release)
  }

  discard(): VerdictCode | undefined {
    this.release.discard(this.acquire.word)
    return this.queuePair.attempt(this.release)
  }
}

/** A region, its reader, and whoever repairs it. */
export class LockRegion {
  readonly memory: LoggedMemory
  readonly scheme: LockScheme
  readonly shape: LockShape
  readonly reader: ReaderMachine
  readonly readerQueuePair: InstantQueuePair

  constructor(scheme: LockScheme, payloadBytes: number, initial?: Uint8Array) {
    this.scheme = scheme
    this.shape = shapeOf(payloadBytes)
    this.memory = new LoggedMemory(scheme.regionBytes(payloadBytes))
    scheme.format(this.memory, this.shape, kernels, initial)
    this.reader = scheme.createReader(this.shape, kernels)
    this.readerQueuePair = new InstantQueuePair(this.memory)
    this.readerQueuePair.landing = new Uint8Array(this.reader.landingBytes)
    this.reader.bind(this.readerQueuePair.landing)
  }

  party(holder: number): LockParty {
    return new LockParty(this.memory, this.scheme, this.shape, holder)
  }

  get word(): bigint {
    return new DataView(this.memory.bytes.buffer).getBigUint64(8, true)
  }

  set word(value: bigint) {
    new DataView(this.memory.bytes.buffer).setBigUint64(8, value, true)
  }

  /** Ends the acquisition of `holder`; what came of it, and at which version. */
  repair(holder: number, bytesLeft: number = Infinity): [VerdictCode | undefined, number, number] {
    const machine = this.scheme.createRepair(this.shape, kernels)
    const queuePair = new InstantQueuePair(this.memory)
    queuePair.bytesLeft = bytesLeft
    queuePair.landing = new Uint8Array(machine.landingBytes)
    machine.bind(queuePair.landing)
    machine.start(holder)
    return [queuePair.attempt(machine), machine.outcome, machine.version]
  }

  /** One attempt at a whole read; payload and version, or the verdict. */
  read(knownVersion: number = 0): { bytes: Uint8Array; version: number } | VerdictCode | undefined {
    const lengthBytes = this.shape.payloadBytes
    const target = new Uint8Array(lengthBytes)
    this.reader.start({ target, offset: 0, lengthBytes, knownVersion })
    const verdict = this.readerQueuePair.attempt(this.reader)
    return verdict === Verdict.Done ? { bytes: target, version: this.reader.version } : verdict
  }
}
