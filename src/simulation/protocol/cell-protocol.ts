// RCU cells as protocols to be explored in worlds of one owner and readers without pins: the owner takes
// a replaced object back at once, so that its memory is stored over as early as it ever may be.
import type { CellOwner, CellReader, CellShape } from '../../protocols/cell/index.ts'
import { cellRegionBytes, cellStrategies } from '../../protocols/cell/index.ts'
import type { LocalMemory, MemoryKernels } from '../../protocols/local-memory.ts'
import type { OwnerUnderTest, ProtocolUnderTest } from './protocol-under-test.ts'

/** The two sides of a cell that is read without pins. */
export interface ValidatedCell {
  readonly name: string
  createOwner(memory: LocalMemory, shape: CellShape, kernels: MemoryKernels): CellOwner
  createReader(shape: CellShape, kernels: MemoryKernels): CellReader
}

export interface CellProtocolOptions {
  /** Of every object. */
  readonly payloadBytes: number
  /** Objects that there is room for. Default 2: each publication stores over the last but one. */
  readonly spanCount?: number
  /** Version of the first payload. Default 1. */
  readonly firstVersion?: number
  readonly name?: string
}

const GENERATION = 0x7_1234_5678
const HASH_KEY = 0xfeed_beef_1234_5679n

/** A cell without remote writers, whose readers validate. */
export function cellProtocol(
  cell: ValidatedCell,
  kernels: MemoryKernels,
  options: CellProtocolOptions,
): ProtocolUnderTest {
  const { payloadBytes, spanCount = 2, firstVersion = 1 } = options
  const shapeOf = (incarnation: number): CellShape => ({
    objectBytesMax: payloadBytes,
    spanCount,
    readers: 0,
    writers: 0,
    firstVersion,
    generation: GENERATION + incarnation,
    hashKey: HASH_KEY + BigInt(2 * incarnation),
  })
  return {
    name: options.name ?? `cell ${cell.name}`,
    payloadBytes,
    regionBytes: cellRegionBytes(shapeOf(0)),
    chainLengthMax: cellStrategies.fenced.chainLengthMax,
    createOwner: (memory, incarnation) =>
      ownerUnderTest(cell.createOwner(memory, shapeOf(incarnation), kernels)),
    createReader: (incarnation) => cell.createReader(shapeOf(incarnation), kernels),
  }
}

function ownerUnderTest(owner: CellOwner): OwnerUnderTest {
  /** No reader has a row, so there is nothing to look at. */
  const reclaim = (): void => void owner.reclaimer.scan(() => 0)
  return {
    get version() {
      return owner.version
    },
    abortsAside: true,
    format: (payload) => owner.format(payload),
    publish: (payload) => {
      reclaim()
      owner.store(payload)
    },
    update: (payload) => {
      reclaim()
      owner.update(() => payload)
    },
    abortPart: (_, bytes) => {
      reclaim()
      owner.discard(owner.draft(bytes))
    },
    close: () => owner.close(),
  }
}
