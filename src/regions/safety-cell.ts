// The vocabulary of the safety matrix: what a strategy's soundness can depend on, and how a device's
// capabilities are read as such a cell. Invariant: what is not known of a device counts as the
// weakest value, so a verdict of `sound` is never owed to a guess.
import type { AtomicGranuleBytes, Capabilities } from '../fabric/capabilities.ts'
import type { ProtocolName, Strategy } from './contract.ts'

/** The columns of sampling models on which the soundness of a reader can depend. */
export interface SafetyCell {
  readonly atomicGranuleBytes: AtomicGranuleBytes
  readonly sampling: 'ascending' | 'descendingInPacket' | 'eitherInPacket' | 'arbitrary'
  readonly replay: 'off' | 'suffix'
  readonly readAfterRead: 'ordered' | 'unordered'
  /** The owner's CPU. */
  readonly cpu: 'tso' | 'weak'
}

/** All values, in each column from the strongest guarantee to the weakest. */
export const safetyAxes: {
  readonly atomicGranuleBytes: readonly SafetyCell['atomicGranuleBytes'][]
  readonly sampling: readonly SafetyCell['sampling'][]
  readonly replay: readonly SafetyCell['replay'][]
  readonly readAfterRead: readonly SafetyCell['readAfterRead'][]
  readonly cpu: readonly SafetyCell['cpu'][]
} = {
  atomicGranuleBytes: [64, 8, 1],
  sampling: ['ascending', 'descendingInPacket', 'eitherInPacket', 'arbitrary'],
  replay: ['off', 'suffix'],
  readAfterRead: ['ordered', 'unordered'],
  cpu: ['tso', 'weak'],
}

/**
 * `sound`: every schedule of every world was explored, and none is wrong. `sampled`: none of those
 * explored is, but some world has more schedules than can be explored. `unsound`: one is wrong.
 */
export type SafetyVerdict = 'sound' | 'sampled' | 'unsound'

/** Verdicts of the cells of one granule and sampling: of all of them, or of each in order. */
export type SafetyRow = SafetyVerdict | readonly SafetyVerdict[]

/** Rows by protocol, strategy and `rowKey`. What is not in it is unsound. */
export type SafetyMatrix = Readonly<
  Partial<
    Record<ProtocolName, Readonly<Partial<Record<Strategy, Readonly<Record<string, SafetyRow>>>>>>
  >
>

/** Cells of one row of the matrix: every replay × READ after READ × CPU. */
export const rowCells: readonly Pick<SafetyCell, 'replay' | 'readAfterRead' | 'cpu'>[] =
  safetyAxes.replay.flatMap((replay) =>
    safetyAxes.readAfterRead.flatMap((readAfterRead) =>
      safetyAxes.cpu.map((cpu) => ({ replay, readAfterRead, cpu })),
    ),
  )

/** Name of the row of a cell. */
export function rowKey(cell: Pick<SafetyCell, 'atomicGranuleBytes' | 'sampling'>): string {
  return `${cell.atomicGranuleBytes} ${cell.sampling}`
}

/** Position of a cell in its row. */
export function columnOf(cell: Pick<SafetyCell, 'replay' | 'readAfterRead' | 'cpu'>): number {
  const replay = safetyAxes.replay.indexOf(cell.replay)
  const readAfterRead = safetyAxes.readAfterRead.indexOf(cell.readAfterRead)
  return 4 * replay + 2 * readAfterRead + safetyAxes.cpu.indexOf(cell.cpu)
}

/** Guarantees that decide which cell a device is. */
export type JudgedCapabilities = Pick<Capabilities, 'atomicGranuleBytes' | 'evidence'> &
  Partial<Pick<Capabilities, 'sampling' | 'replay' | 'readAfterRead'>>

/** The cell of a device whose owner's CPU is `cpu`. */
export function cellOf(capabilities: JudgedCapabilities, cpu: SafetyCell['cpu']): SafetyCell {
  const { atomicGranuleBytes, sampling, replay, readAfterRead } = capabilities
  return {
    atomicGranuleBytes,
    sampling: sampling === 'ascending' ? 'ascending' : 'arbitrary',
    replay: replay === false ? 'off' : 'suffix',
    readAfterRead: readAfterRead === 'ordered' ? 'ordered' : 'unordered',
    cpu,
  }
}
