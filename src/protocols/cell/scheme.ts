// How to make the parties of a cell: the right ones here, and with one part exchanged the negative
// controls. Tests walk both by the same names.
import type { StrategyNeeds } from '../seqlock/strategies.ts'
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import type { CellShape } from './layout.ts'
import { CellOwner, type CellOwnerOptions } from './owner.ts'
import { OwnerSwap } from './owner-swap.ts'
import type { CellReader } from './reader-base.ts'
import { type Clock, PinnedReader } from './reader-pinned.ts'
import { ReaderRow } from './reader-row.ts'
import { ValidatedReader } from './reader-validated.ts'
import { CellWriter } from './writer.ts'

export interface CellScheme {
  /** The owner's side; call `format` on it first. */
  createOwner(
    memory: LocalMemory,
    shape: CellShape,
    kernels: MemoryKernels,
    options?: CellOwnerOptions,
  ): CellOwner
  /** A reader without a pin. */
  createReader(shape: CellShape, kernels: MemoryKernels): CellReader
  /** A reader's row, from its grant. */
  createRow(row: number, leaseMs: number): ReaderRow
  /** A reader under the pins of a row. */
  createPinned(shape: CellShape, kernels: MemoryKernels, row: ReaderRow, clock: Clock): PinnedReader
  /** A remote writer, from its grant. */
  createWriter(shape: CellShape, kernels: MemoryKernels, writer: number): CellWriter
  /** The owner's swaps, where there are remote writers. */
  createSwap(owner: CellOwner): OwnerSwap
}

export type CellStrategyName = 'fenced'

/** How reads without a pin prove what they return: there is one way. */
export interface CellStrategy {
  readonly name: CellStrategyName
  readonly needs: StrategyNeeds
  /** Operations of its longest chain: an object in two READs, and the word. */
  readonly chainLengthMax: number
}

export const cellStrategies: Readonly<Record<CellStrategyName, CellStrategy>> = {
  fenced: {
    name: 'fenced',
    needs: {
      atomicGranuleBytes: 1,
      reason:
        'none: it looks at the word before and after the object, the word is encoded so that a mixture ' +
        'of two of its values is no third one, and the object says which word published it',
    },
    chainLengthMax: 3,
  },
}

/** The right parties. */
export const soundCell: CellScheme = {
  createOwner: (memory, shape, kernels, options) => new CellOwner(memory, shape, kernels, options),
  createReader: (shape, kernels) => new ValidatedReader(shape, kernels),
  createRow: (row, leaseMs) => new ReaderRow(row, leaseMs),
  createPinned: (shape, kernels, row, clock) => new PinnedReader(shape, kernels, row, clock),
  createWriter: (shape, kernels, writer) => new CellWriter(shape, kernels, writer),
  createSwap: (owner) => new OwnerSwap(owner),
}
