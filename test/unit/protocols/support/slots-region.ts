// One versioned-slots region, its owner, and one reader, over an ArrayBuffer; READs are performed as
// they are posted. What production does, without a device.
import type {
  OperationSink,
  SlotsOwner,
  SlotsReaderMachine,
  SlotsReadRequest,
  SlotsScheme,
  SlotsShape,
  VerdictCode,
} from '../../../../src/protocols/index.ts'
import { Verdict } from '../../../../src/protocols/index.ts'
import { LoggedMemory, type PostedRead, kernels } from './bench-region.ts'

export function slotsShape(payloadBytes: number, slotCount: number): SlotsShape {
  return { payloadBytes, slotCount, generation: 0x0102_0304, hashKey: 0x1122_3344_5566_7788n }
}

export class SlotsRegion implements OperationSink {
  readonly memory: LoggedMemory
  readonly owner: SlotsOwner
  readonly reader: SlotsReaderMachine
  readonly landing: Uint8Array
  /** READs posted since the last `start`. */
  readonly posted: PostedRead[] = []
  chains = 0
  /** Called before each READ is performed. */
  beforeRead: (() => void) | undefined

  constructor(scheme: SlotsScheme, shape: SlotsShape, initial?: Uint8Array) {
    this.memory = new LoggedMemory(scheme.regionBytes(shape.payloadBytes, shape.slotCount))
    this.owner = scheme.createOwner(this.memory, shape, kernels)
    this.owner.format(initial)
    this.reader = scheme.createReader(shape, kernels)
    this.landing = new Uint8Array(this.reader.landingBytes)
    this.reader.bind(this.landing)
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    this.beforeRead?.()
    this.posted.push({ landingOffset, remoteOffset, lengthBytes, fenced })
    const bytes = this.memory.bytes.subarray(remoteOffset, remoteOffset + lengthBytes)
    if (bytes.length !== lengthBytes) throw new Error('a READ outside the region')
    this.landing.set(bytes, landingOffset)
  }

  /** One attempt. */
  attempt(request: SlotsReadRequest): VerdictCode {
    this.posted.length = 0
    this.chains = 0
    this.reader.start(request)
    this.reader.begin(this)
    for (;;) {
      this.chains += 1
      const verdict = this.reader.resume(this)
      if (verdict !== Verdict.More) return verdict
    }
  }

  /** One attempt at a whole read; the target's contents, or the verdict. */
  whole(request: Partial<SlotsReadRequest> = {}): Uint8Array | VerdictCode {
    const target = new Uint8Array(this.owner.payloadBytes)
    const lengthBytes = target.length
    const verdict = this.attempt({ target, offset: 0, lengthBytes, knownVersion: 0, ...request })
    return verdict === Verdict.Done ? target : verdict
  }

  /** Bytes that the last attempt fetched, READ by READ. */
  get fetched(): readonly number[] {
    return this.posted.map(({ lengthBytes }) => lengthBytes)
  }
}
