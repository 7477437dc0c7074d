// Makes a reader of a versioned-slots region out of its catalogue entry.
import {
  SLOTS_BYTES_MAX,
  SLOTS_VERSION_MAX,
  SLOT_COUNT_MAX,
  SLOT_COUNT_MIN,
  type SlotsStrategyName,
  slotsRegionBytes,
  slotsStrategies,
} from '../../protocols/slots/index.ts'
import { assertMatch, assertProtocol, checkShape, parameterOf } from '../check-entry.ts'
import type { BindingSource, CatalogueEntry, OpenReader } from '../contract.ts'
import { openContext } from '../open-context.ts'
import { type RetryOptions, retryPolicy } from '../retry-policy.ts'
import { strategiesOf } from '../strategy-table.ts'
import { VersionedSlotsReader } from './slots-reader.ts'

export interface OpenVersionedSlotsOptions extends RetryOptions {
  /** Payload bytes that the region must have. Default: any. */
  readonly bytes?: number
  /** Slots that the region must have at least. Default: any number. */
  readonly slotsMin?: number
  /** Strategy that the region must have. Default: any that is sound here. */
  readonly strategy?: SlotsStrategyName
}

/**
 * A reader of the region that `entry` describes; its retry options are the defaults of its reads.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH, ERR_UNTORN_UNSOUND on the reader's device, or
 *   what `source.current()` fails with
 */
export const openVersionedSlots: OpenReader<
  VersionedSlotsReader,
  OpenVersionedSlotsOptions
> = async (
  source: BindingSource,
  entry: CatalogueEntry,
  options: OpenVersionedSlotsOptions = {},
): Promise<VersionedSlotsReader> => {
  const policy = retryPolicy(options)
  assertProtocol(entry, 'versioned-slots', strategiesOf('versioned-slots'))
  const scheme = slotsStrategies[entry.strategy as SlotsStrategyName]
  const slotCount = parameterOf(entry, 'slotCount', SLOT_COUNT_MIN, SLOT_COUNT_MAX)
  const firstVersion = parameterOf(entry, 'firstVersion', 1, SLOTS_VERSION_MAX)
  const lengthOf = (bytes: number): number => scheme.regionBytes(bytes, slotCount)
  const shape = checkShape(entry, scheme.layoutVersion, lengthOf, options)
  const lengthBytes = slotsRegionBytes(shape.payloadBytes, slotCount)
  assertMatch(entry, lengthBytes <= SLOTS_BYTES_MAX, `claims ${lengthBytes} bytes of slots`)
  const { slotsMin = SLOT_COUNT_MIN } = options
  assertMatch(entry, slotCount >= slotsMin, `has ${slotCount} slots, not at least ${slotsMin}`)
  const context = await openContext(source, entry, scheme.chainLengthMax, (kernels) =>
    scheme.createReader({ ...shape, slotCount, firstVersion }, kernels),
  )
  return new VersionedSlotsReader(context, policy)
}
