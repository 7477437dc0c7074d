// The RCU cell as the benches know it: reads that validate, which a writer can starve, and reads under a
// guard, which it cannot. Controls read without a guard, from an owner that uses memory again at once.
import { UntornError, argumentRangeError } from '../../src/errors.ts'
import {
  CELL_LAYOUT_VERSION,
  type CellControl,
  type CellControlName,
  type CellOwner,
  type CellShape,
  SPAN_COUNT_MIN,
  cellControls,
  cellRegionBytes,
} from '../../src/protocols/cell/index.ts'
import type { SeqlockShape } from '../../src/protocols/seqlock/index.ts'
import type { RcuCellReader } from '../../src/regions/cell/cell-reader.ts'
import type { RcuCellOwner } from '../../src/regions/cell/cell-owner.ts'
import { openRcuCell } from '../../src/regions/cell/open-cell.ts'
import { rcuCell } from '../../src/regions/cell/rcu-cell.ts'
import { ObjectReader } from '../../src/regions/object-reader.ts'
import { retryPolicy } from '../../src/regions/retry-policy.ts'
import { checkShape } from '../../src/regions/check-entry.ts'
import { BackwardsMemory } from './backwards-memory.ts'
import {
  type BenchProtocol,
  type BenchReadCounts,
  type BenchReader,
  type BenchWriter,
  type Piece,
  type RegionOrder,
  control,
  onWords,
  sound,
} from './bench-protocol.ts'
import { type RawParts, type RawWriter, rawContext, rawRegion } from './raw-region.ts'

/** Room for what is replaced while somebody has it pinned. */
const HEAP_BYTES_MIN = 2 ** 22
const HEAP_OBJECTS_MIN = 32
const OBJECT_OVERHEAD_BYTES = 128

const clock = (): number => performance.now()

function controlOf(order: RegionOrder): CellControl {
  const wrong = cellControls[order.scheme as CellControlName] as CellControl | undefined
  if (wrong !== undefined) return wrong
  throw argumentRangeError(`RCU cells have no control "${order.scheme}"`)
}

function shapeOf({ payloadBytes, generation, hashKey }: SeqlockShape): CellShape {
  const nobody = { readers: 0, writers: 0 }
  return { objectBytesMax: payloadBytes, spanCount: SPAN_COUNT_MIN, generation, hashKey, ...nobody }
}

class Writer implements BenchWriter {
  readonly #owner: RcuCellOwner | RawCell
  #joined = new Uint8Array(0)

  constructor(owner: RcuCellOwner | RawCell) {
    this.#owner = owner
  }

  get nextVersion(): number {
    return this.#owner.version + 1
  }

  write(bytes: Uint8Array): boolean {
    try {
      this.#owner.store(bytes)
      return true
    } catch (error) {
      // Readers pin all there is: the writer is held up, and tries again.
      if (error instanceof UntornError && error.code === 'ERR_UNTORN_HEAP_EXHAUSTED') return false
      throw error
    }
  }

  /** An object is stored before anybody can see it: in what pieces is nobody's concern. */
  writeInPieces(pieces: readonly Piece[]): boolean {
    const length = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (this.#joined.length !== length) this.#joined = new Uint8Array(length)
    for (const { offset, bytes } of pieces) this.#joined.set(bytes, offset)
    return this.write(this.#joined)
  }
}

/** A control's owner: what it has replaced it uses again at once. */
class RawCell implements RawWriter {
  readonly #cell: CellOwner

  constructor(cell: CellOwner) {
    this.#cell = cell
  }

  get version(): number {
    return this.#cell.version
  }

  format(): void {
    this.#cell.format(new Uint8Array(this.#cell.shape.objectBytesMax))
  }

  store(bytes: Uint8Array): void {
    this.#cell.store(bytes)
    this.#cell.reclaimer.scan(clock)
  }

  close(): void {
    this.#cell.close()
  }
}

function controlParts(order: RegionOrder): RawParts<RawCell> {
  const wrong = controlOf(order)
  const { payloadBytes } = order
  return {
    protocol: 'rcu-cell',
    layoutVersion: CELL_LAYOUT_VERSION,
    payloadBytes,
    regionBytes: cellRegionBytes(shapeOf({ payloadBytes, generation: 1, hashKey: 1n })),
    createWriter: (memory, shape, kernels) =>
      new RawCell(wrong.createOwner(new BackwardsMemory(memory), shapeOf(shape), kernels)),
  }
}

class ValidatedReads implements BenchReader {
  readonly #reader: ObjectReader

  constructor(reader: ObjectReader) {
    this.#reader = reader
  }

  get counts(): BenchReadCounts {
    const { attempts, reads, unchanged } = this.#reader.statistics
    return { attempts, rejected: attempts - reads - unchanged }
  }

  read(target: Uint8Array): number {
    return this.#reader.readIntoSync(target).version
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}

class PinnedReads implements BenchReader {
  readonly #reader: RcuCellReader
  #reads = 0

  constructor(reader: RcuCellReader) {
    this.#reader = reader
  }

  get counts(): BenchReadCounts {
    return { attempts: this.#reads, rejected: 0 }
  }

  async read(target: Uint8Array): Promise<number> {
    this.#reads += 1
    using guard = await this.#reader.pin()
    const object = guard.current()
    target.set(await object.read())
    return object.version
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}

export const cellBench: BenchProtocol = {
  name: 'rcu-cell',
  schemes: [
    sound('validated'),
    sound('pinned'),
    control<CellControlName>('word-once', onWords),
    control<CellControlName>('word-without-generation', onWords),
    control<CellControlName>('unfenced-word', []),
  ],
  intervalUs: { 'shared-memory': 1, verbs: 1000, simulation: 1 },
  controlIntervalUs: 0,
  unpaused: ['validated', 'pinned'],
  writers: null,
  publish(host, order) {
    const { name, payloadBytes } = order
    if (order.control) return new Writer(host.publish(name, rawRegion(controlParts(order))).writer)
    const objectBytes = payloadBytes + OBJECT_OVERHEAD_BYTES
    const bytes = Math.max(HEAP_BYTES_MIN, HEAP_OBJECTS_MIN * objectBytes)
    // The latency bench has peers write; they would make the owner swap through the device.
    const writers = order.scheme === 'written' ? 1 : 0
    return new Writer(host.publish(name, rcuCell({ bytes, objectBytesMax: payloadBytes, writers })))
  },
  async open(source, entry, order, retry) {
    if (!order.control) {
      const reader = await openRcuCell(source, entry, retry)
      return order.scheme === 'pinned' ? new PinnedReads(reader) : new ValidatedReads(reader)
    }
    const wrong = controlOf(order)
    const lengthOf = (payloadBytes: number): number =>
      cellRegionBytes(shapeOf({ payloadBytes, generation: 1, hashKey: 1n }))
    const shape = shapeOf(checkShape(entry, CELL_LAYOUT_VERSION, lengthOf, {}))
    const context = await rawContext(source, entry, (kernels) => wrong.createReader(shape, kernels))
    return new ValidatedReads(new ObjectReader(context, retryPolicy(retry)))
  },
}
