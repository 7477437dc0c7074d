// The row of RCU cells in the safety matrix: readers without pins. What readers with pins rely on is the
// owner's grace periods, not how a READ samples: test/property/cell-*.test.ts.
import { type CellStrategyName, cellStrategies, soundCell } from '../../protocols/cell/index.ts'
import { cellProtocol, type ValidatedCell } from '../protocol/cell-protocol.ts'
import { cellWorlds } from './cell-worlds.ts'
import type { MatrixSubject } from './matrix-subject.ts'

/**
 * The strategy as a row.
 * @param parties its own by default; a negative control, to see that its worlds catch it
 */
export function cellSubject(
  strategy: CellStrategyName,
  parties: Omit<ValidatedCell, 'name'> = soundCell,
): MatrixSubject {
  const { needs, chainLengthMax } = cellStrategies[strategy]
  return {
    protocol: 'rcu-cell',
    strategy,
    needs,
    chainLengthMax,
    worlds: cellWorlds,
    underTest: ({ name, payloadBytes, firstVersion }, kernels) =>
      cellProtocol({ ...parties, name }, kernels, {
        payloadBytes,
        name: `${strategy}, ${name}`,
        ...(firstVersion === undefined ? {} : { firstVersion }),
      }),
    // At granule 1 each byte of a word, and of an object's header, is old or new, in every READ of it.
    tooLarge: (world, cell) =>
      cell.atomicGranuleBytes === 1 && (world.name !== 'one-byte' || cell.sampling === 'arbitrary'),
  }
}

export const cellSubjects: readonly MatrixSubject[] = (
  Object.keys(cellStrategies) as CellStrategyName[]
).map((strategy) => cellSubject(strategy))
