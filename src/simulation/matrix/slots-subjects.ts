// The rows of versioned slots in the safety matrix.
import type { SlotsScheme, SlotsStrategyName } from '../../protocols/slots/index.ts'
import { slotsStrategies } from '../../protocols/slots/index.ts'
import type { SafetyCell } from '../../regions/safety-cell.ts'
import { slotsProtocol } from '../protocol/slots-protocol.ts'
import type { MatrixSubject } from './matrix-subject.ts'
import { slotsWorlds } from './slots-worlds.ts'

/**
 * A strategy as a row.
 * @param scheme its own by default; a negative control, to see that its worlds catch it
 */
export function slotsSubject(
  strategy: SlotsStrategyName,
  scheme: SlotsScheme = slotsStrategies[strategy],
): MatrixSubject {
  const { needs } = slotsStrategies[strategy]
  return {
    protocol: 'versioned-slots',
    strategy,
    needs,
    chainLengthMax: scheme.chainLengthMax,
    worlds: slotsWorlds,
    underTest: ({ name, payloadBytes, slotCount = 2, firstVersion }, kernels) =>
      slotsProtocol({ ...scheme, name: `${strategy}, ${name}` }, kernels, {
        payloadBytes,
        slotCount,
        ...(firstVersion === undefined ? {} : { firstVersion }),
      }),
    // At granule 1 each byte of an index, and of a seal, is old or new, in every READ of it.
    tooLarge: (world, cell) =>
      cell.atomicGranuleBytes === 1 &&
      !world.name.startsWith('latch-byte') &&
      manyCuts(strategy, cell),
  }
}

export const slotsSubjects: readonly MatrixSubject[] = (
  Object.keys(slotsStrategies) as SlotsStrategyName[]
).map((strategy) => slotsSubject(strategy))

/** Whether bytes are sampled in so many orders that only the smallest world can be explored whole. */
function manyCuts(strategy: SlotsStrategyName, cell: SafetyCell): boolean {
  const replayed = cell.replay === 'suffix'
  if (cell.sampling === 'arbitrary') return true
  if (cell.sampling === 'eitherInPacket' && replayed) return true
  const loose = replayed || cell.readAfterRead === 'unordered' || cell.cpu === 'weak'
  return strategy === 'hash' && loose
}
