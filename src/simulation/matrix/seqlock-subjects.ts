// The seqlock's rows of the safety matrix.
import type { SeqlockScheme, SeqlockStrategyName } from '../../protocols/seqlock/index.ts'
import { seqlockStrategies } from '../../protocols/seqlock/index.ts'
import { seqlockProtocol } from '../protocol/seqlock-protocol.ts'
import type { MatrixSubject } from './matrix-subject.ts'
import { seqlockWorlds } from './seqlock-worlds.ts'

/**
 * A strategy as a row.
 * @param scheme its own by default; a negative control, to see that its worlds catch it
 */
export function seqlockSubject(
  strategy: SeqlockStrategyName,
  scheme: SeqlockScheme = seqlockStrategies[strategy],
): MatrixSubject {
  const { needs } = seqlockStrategies[strategy]
  return {
    protocol: 'seqlock',
    strategy,
    needs,
    chainLengthMax: scheme.chainLengthMax,
    worlds: seqlockWorlds,
    underTest: ({ name, payloadBytes, firstVersion }, kernels) =>
      seqlockProtocol({ ...scheme, name: `${strategy}, ${name}` }, kernels, {
        payloadBytes,
        ...(firstVersion === undefined ? {} : { firstVersion }),
      }),
    // At granule 1 sampled in any order, each byte of a seal is old or new: 2⁸ times what words are.
    tooLarge: (world, cell) =>
      strategy === 'hash' &&
      cell.atomicGranuleBytes === 1 &&
      cell.sampling === 'arbitrary' &&
      world.name !== 'one-byte',
  }
}

export const seqlockSubjects: readonly MatrixSubject[] = (
  Object.keys(seqlockStrategies) as SeqlockStrategyName[]
).map((strategy) => seqlockSubject(strategy))
