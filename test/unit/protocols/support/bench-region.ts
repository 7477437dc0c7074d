// An owner's memory over an ArrayBuffer that logs every store, and a sink that performs READs of it
// at once. What production does, without a device.
import type {
  BarrierName,
  LocalMemory,
  MemoryKernels,
  OperationSink,
  ReaderMachine,
  ReadRequest,
  SeqlockScheme,
  SeqlockOwner,
  SeqlockShape,
  VerdictCode,
} from '../../../../src/protocols/index.ts'
import { Verdict, loadHash, portableKernels } from '../../../../src/protocols/index.ts'

export const kernels: MemoryKernels = portableKernels(await loadHash())

export function shapeOf(payloadBytes: number): SeqlockShape {
  return { payloadBytes, generation: 0x0102_0304, hashKey: 0x1122_3344_5566_7788n }
}

export class LoggedMemory implements LocalMemory {
  readonly bytes: Uint8Array
  readonly log: string[] = []
  readonly #words: DataView

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes)
    this.#words = new DataView(this.bytes.buffer)
  }

  get lengthBytes(): number {
    return this.bytes.length
  }

  storeWord(offset: number, value: number): void {
    this.log.push(`word ${offset} ${value}`)
    this.#words.setBigUint64(offset, BigInt(value), true)
  }

  storeWord64(offset: number, value: bigint): void {
    this.log.push(`word64 ${offset}`)
    this.#words.setBigUint64(offset, value, true)
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.log.push(`copy ${offset} ${source.length}`)
    this.bytes.set(source, offset)
  }

  storeTagged(offset: number, source: Uint8Array, tag: number): void {
    this.log.push(`tagged ${offset} ${source.length} ${tag}`)
    for (let at = 0; at < source.length; at += 4) {
      this.bytes.set(source.subarray(at, at + 4), offset + 2 * at)
      this.#words.setUint32(offset + 2 * at + 4, tag, true)
    }
  }

  loadWord(offset: number): number {
    return Number(this.#words.getBigUint64(offset, true))
  }

  view(offset: number, lengthBytes: number): Uint8Array {
    return this.bytes.subarray(offset, offset + lengthBytes)
  }

  barrier(name: BarrierName): void {
    this.log.push(name)
  }
}

export interface PostedRead {
  readonly landingOffset: number
  readonly remoteOffset: number
  readonly lengthBytes: number
  readonly fenced: boolean
}

/** One region, its owner, and one reader with its landing memory. */
export class BenchRegion implements OperationSink {
  readonly memory: LoggedMemory
  readonly owner: SeqlockOwner
  readonly reader: ReaderMachine
  readonly landing: Uint8Array
  /** READs posted since the last `start`. */
  readonly posted: PostedRead[] = []
  chains = 0
  /** Called before each chain is performed. */
  beforeChain: (() => void) | undefined

  constructor(scheme: SeqlockScheme, payloadBytes: number, initial?: Uint8Array) {
    const shape = shapeOf(payloadBytes)
    this.memory = new LoggedMemory(scheme.regionBytes(payloadBytes))
    this.owner = scheme.createOwner(this.memory, shape, kernels)
    this.owner.format(initial)
    this.reader = scheme.createReader(shape, kernels)
    this.landing = new Uint8Array(this.reader.landingBytes)
    this.reader.bind(this.landing)
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.posted.push({ landingOffset, remoteOffset, lengthBytes, fenced })
    const bytes = this.memory.bytes.subarray(remoteOffset, remoteOffset + lengthBytes)
    if (bytes.length !== lengthBytes) throw new Error('a READ outside the region')
    this.landing.set(bytes, landingOffset)
  }

  /** One attempt. */
  attempt(request: ReadRequest): VerdictCode {
    this.posted.length = 0
    this.chains = 0
    this.reader.start(request)
    this.beforeChain?.()
    this.reader.begin(this)
    for (;;) {
      this.chains += 1
      const verdict = this.reader.resume(this)
      if (verdict !== Verdict.More) return verdict
    }
  }

  /** One attempt at a whole read; the target's contents, or the verdict. */
  whole(knownVersion: number = 0): Uint8Array | VerdictCode {
    const target = new Uint8Array(this.owner.payloadBytes)
    const lengthBytes = target.length
    const verdict = this.attempt({ target, offset: 0, lengthBytes, knownVersion })
    return verdict === Verdict.Done ? target : verdict
  }
}

/** Bytes that differ at every position and for every `salt`. */
export function pattern(lengthBytes: number, salt: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, at) => (at * 31 + salt * 97 + 1) & 0xff)
}

export const edgeSizes: readonly number[] = [1, 7, 8, 55, 56, 57, 64, 4096]

/** The `code` of what `action` throws. */
export function codeOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}
