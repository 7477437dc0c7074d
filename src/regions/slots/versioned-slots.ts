// Versioned-slots regions as a host publishes them: one owner, a ring of slots, readers that no owner
// can starve.
import type { Codec } from '../../codecs/codec.ts'
import { argumentRangeError, argumentTypeError, shown } from '../../errors.ts'
import { PAYLOAD_BYTES_MAX } from '../../protocols/seqlock/index.ts'
import {
  SLOTS_BYTES_MAX,
  SLOTS_FIRST_VERSION,
  SLOT_COUNT_MAX,
  SLOT_COUNT_MIN,
  type SlotsStrategyName,
  slotsRegionBytes,
  slotsStrategies,
} from '../../protocols/slots/index.ts'
import { assertStrategy, decideStrategy } from '../chooser.ts'
import type { Publication, PublishContext, RegionSpec } from '../contract.ts'
import { type RegionPlan, publishRegion } from '../publish-region.ts'
import { type TypedOptions, isTyped, typedRegion } from '../typed/typed-region.ts'
import { TypedVersionedSlotsOwner } from '../typed/typed-slots-owner.ts'
import { VersionedSlotsOwner } from './slots-owner.ts'

export interface VersionedSlotsOptions {
  /** Payload bytes, 1 to 2^30. */
  readonly bytes: number
  /**
   * Versions that the region has room for, 2 to 65536. One of them is being written; slots - 1 stay
   * readable meanwhile. Default 4.
   */
  readonly slots?: number
  /** Default: the cheapest that is sound on the device. */
  readonly strategy?: SlotsStrategyName
  /** The first payload, `bytes` long. Default zeros. */
  readonly initial?: Uint8Array
  /** Back the region with huge pages. */
  readonly hugePages?: boolean
}

/** With a codec: values instead of bytes. */
export type TypedVersionedSlotsOptions<V> = Omit<VersionedSlotsOptions, 'bytes' | 'initial'> &
  TypedOptions<V>

/** Two publications during one read are what a latch (2) loses to; with 4 it takes three. */
const SLOT_COUNT = 4

/**
 * A region of one owner that never waits for readers, nor they for it: for
 * `host.publish(name, versionedSlots(…))`. Takes `slots` payloads of memory and keeps slots - 1
 * versions readable; 2 is a latch. Source of the algorithm: Linux seqlock.h (`seqcount_latch`),
 * generalised to a ring.
 * With `codec`, its owner takes values and its readers, opened with the same codec, give them.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function versionedSlots(options: VersionedSlotsOptions): RegionSpec<VersionedSlotsOwner>
export function versionedSlots<V>(
  options: TypedVersionedSlotsOptions<V>,
): RegionSpec<TypedVersionedSlotsOwner<V>>
export function versionedSlots<V>(
  options: VersionedSlotsOptions | TypedVersionedSlotsOptions<V>,
): RegionSpec<VersionedSlotsOwner> | RegionSpec<TypedVersionedSlotsOwner<V>> {
  if (!isTyped<V>(options)) return rawVersionedSlots(options)
  return typedRegion(
    options,
    rawVersionedSlots,
    (codec: Codec<V>, raw) => new TypedVersionedSlotsOwner(codec, raw),
  )
}

function rawVersionedSlots(options: VersionedSlotsOptions): RegionSpec<VersionedSlotsOwner> {
  checkOptions(options)
  return { protocol: 'versioned-slots', publish: (context) => publish(context, options) }
}

function checkOptions(options: VersionedSlotsOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('versionedSlots needs an options object { bytes }')
  }
  const { bytes, slots = SLOT_COUNT, strategy, initial, hugePages } = options
  assertInteger('bytes', bytes, 1, PAYLOAD_BYTES_MAX)
  assertInteger('slots', slots, SLOT_COUNT_MIN, SLOT_COUNT_MAX)
  if (slotsRegionBytes(bytes, slots) > SLOTS_BYTES_MAX) {
    throw argumentRangeError(`${slots} slots of ${bytes} bytes are more than 2^40 bytes`)
  }
  if (strategy !== undefined) assertStrategy('versioned-slots', strategy)
  if (hugePages !== undefined && typeof hugePages !== 'boolean') {
    throw argumentTypeError('hugePages must be a boolean')
  }
  if (initial === undefined) return
  if (!(initial instanceof Uint8Array)) throw argumentTypeError('initial must be a Uint8Array')
  if (initial.length !== bytes) {
    throw argumentRangeError(`initial must have ${bytes} bytes; it has ${initial.length}`)
  }
}

function assertInteger(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return
  throw argumentRangeError(`${name} must be an integer from ${low} to ${high}; got ${shown(value)}`)
}

/** @throws UntornError ERR_UNTORN_UNSOUND and whatever allocation fails with, leaving nothing */
function publish(
  context: PublishContext,
  options: VersionedSlotsOptions,
): Publication<VersionedSlotsOwner> {
  const { bytes, slots: slotCount = SLOT_COUNT, initial, hugePages = false } = options
  const decided = decideStrategy('versioned-slots', options.strategy, context.device, bytes)
  // The chooser knows the protocol's strategies only, so it decides on one of them.
  const strategy = decided.strategy as SlotsStrategyName
  const scheme = slotsStrategies[strategy]
  const plan: RegionPlan = {
    protocol: 'versioned-slots',
    strategy,
    layoutVersion: scheme.layoutVersion,
    capacityBytes: bytes,
    lengthBytes: scheme.regionBytes(bytes, slotCount),
    hugePages,
    parameters: { slotCount, firstVersion: SLOTS_FIRST_VERSION },
    schema: '',
  }
  return publishRegion(context, plan, ({ region, entry, shape, kernels }) => {
    const writer = scheme.createOwner(region.localMemory(), { ...shape, slotCount }, kernels)
    writer.format(initial)
    return new VersionedSlotsOwner({ entry, writer, region, context, explain: decided.explain })
  })
}
