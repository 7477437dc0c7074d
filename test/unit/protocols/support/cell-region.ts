// One RCU cell over an ArrayBuffer, its owner, and as many readers and writers as a test wants;
// operations are executed as they are posted. What production does, without a device.
import {
  type CellBase,
  type CellOwner,
  type CellOwnerOptions,
  type CellReader,
  type CellScheme,
  type CellShape,
  type CellWriter,
  type OwnerSwap,
  type PinnedReader,
  type ReaderMachine,
  type ReaderRow,
  type ReadRequest,
  type RemoteMachine,
  type RemoteSink,
  Verdict,
  type VerdictCode,
  cellRegionBytes,
  soundCell,
} from '../../../../src/protocols/index.ts'
import { LoggedMemory, kernels } from './bench-region.ts'

export function cellShape(change: Partial<CellShape> = {}): CellShape {
  return {
    objectBytesMax: 200,
    spanCount: 4,
    readers: 3,
    writers: 0,
    generation: 0x0102_0304,
    hashKey: 0x1122_3344_5566_7788n,
    ...change,
  }
}

export interface PostedOperation {
  readonly kind: 'read' | 'write' | 'swap'
  readonly remoteOffset: number
  readonly lengthBytes: number
  readonly fenced: boolean
}

/** Executes each operation at once, over a region and the landing memory of one machine. */
export class InstantSink implements RemoteSink {
  readonly landing: Uint8Array
  /** Operations since the last attempt began. */
  readonly posted: PostedOperation[] = []
  chains = 0
  /** Called before each operation is executed. */
  before: ((operation: PostedOperation) => void) | undefined
  readonly #memory: LoggedMemory

  constructor(memory: LoggedMemory, landingBytes: number) {
    this.#memory = memory
    this.landing = new Uint8Array(landingBytes)
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.#post({ kind: 'read', remoteOffset, lengthBytes, fenced })
    this.landing.set(this.#remote(remoteOffset, lengthBytes), landingOffset)
  }

  write(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.#post({ kind: 'write', remoteOffset, lengthBytes, fenced })
    const bytes = this.landing.slice(landingOffset, landingOffset + lengthBytes)
    this.#remote(remoteOffset, lengthBytes).set(bytes)
  }

  compareAndSwap(
    landingOffset: number,
    remoteOffset: number,
    expected: bigint,
    desired: bigint,
    fenced: boolean,
  ): void {
    this.#post({ kind: 'swap', remoteOffset, lengthBytes: 8, fenced })
    const words = new DataView(this.#memory.bytes.buffer)
    const found = words.getBigUint64(remoteOffset, true)
    if (found === expected) words.setBigUint64(remoteOffset, desired, true)
    new DataView(this.landing.buffer).setBigUint64(landingOffset, found, true)
  }

  /** One attempt. */
  attempt(machine: ReaderMachine | RemoteMachine): VerdictCode {
    this.posted.length = 0
    this.chains = 0
    machine.begin(this)
    for (;;) {
      this.chains += 1
      const verdict = machine.resume(this)
      if (verdict !== Verdict.More) return verdict
    }
  }

  /** Kind and length of what the last attempt posted. */
  get trace(): readonly string[] {
    return this.posted.map(({ kind, lengthBytes }) => `${kind} ${lengthBytes}`)
  }

  #post(operation: PostedOperation): void {
    this.before?.(operation)
    this.posted.push(operation)
  }

  #remote(offset: number, lengthBytes: number): Uint8Array {
    const bytes = this.#memory.bytes.subarray(offset, offset + lengthBytes)
    if (bytes.length !== lengthBytes) throw new Error('an operation outside the region')
    return bytes
  }
}

/** A machine with a sink and landing memory of its own. */
export class Running<Machine extends ReaderMachine | RemoteMachine> {
  readonly machine: Machine
  readonly sink: InstantSink

  constructor(memory: LoggedMemory, machine: Machine) {
    this.machine = machine
    this.sink = new InstantSink(memory, machine.landingBytes)
    machine.bind(this.sink.landing)
  }

  attempt(): VerdictCode {
    return this.sink.attempt(this.machine)
  }
}

/** A running reader; `read` returns what was delivered, or the verdict. */
export class RunningReader<Machine extends ReaderMachine> extends Running<Machine> {
  read(request: Partial<ReadRequest> = {}, lengthBytes: number = 200): Uint8Array | VerdictCode {
    const target = new Uint8Array(lengthBytes)
    this.machine.start({ target, offset: 0, lengthBytes, knownVersion: 0, ...request })
    const verdict = this.attempt()
    if (verdict !== Verdict.Done) return verdict
    return target.subarray(0, this.machine.resultBytes)
  }
}

export class CellRegion {
  readonly shape: CellShape
  readonly memory: LoggedMemory
  readonly owner: CellOwner
  readonly scheme: CellScheme
  /** The clock of everybody, milliseconds. */
  nowMs = 1000

  constructor(
    change: Partial<CellShape> = {},
    options: CellOwnerOptions = {},
    scheme: CellScheme = soundCell,
    makeMemory: (lengthBytes: number) => LoggedMemory = (bytes) => new LoggedMemory(bytes),
  ) {
    this.shape = cellShape(change)
    this.scheme = scheme
    this.memory = makeMemory(cellRegionBytes(this.shape))
    this.owner = scheme.createOwner(this.memory, this.shape, kernels, options)
  }

  readonly clock = (): number => this.nowMs

  scan(): number {
    return this.owner.reclaimer.scan(this.clock)
  }

  validated(): RunningReader<CellReader> {
    return new RunningReader(this.memory, this.scheme.createReader(this.shape, kernels))
  }

  row(leaseMs: number = this.owner.readers.leaseMs): ReaderRow {
    return this.scheme.createRow(this.owner.readers.grant(), leaseMs)
  }

  pinned(row: ReaderRow): RunningReader<PinnedReader> {
    const machine = this.scheme.createPinned(this.shape, kernels, row, this.clock)
    return new RunningReader(this.memory, machine)
  }

  writer(place: number = this.owner.writers.grant()): Running<CellWriter> {
    return new Running(this.memory, this.scheme.createWriter(this.shape, kernels, place))
  }

  ownerSwap(): Running<OwnerSwap> {
    return new Running(this.memory, this.scheme.createSwap(this.owner))
  }

  /** What a write is computed from: the present object. */
  base(): CellBase {
    const reader = this.validated()
    reader.read()
    return reader.machine
  }

  /** The bytes of an object as they lie in memory. */
  bytesAt(offset: number, lengthBytes: number): Uint8Array {
    return this.memory.bytes.slice(offset, offset + lengthBytes)
  }
}
