// Locked regions as a host publishes them: many writers, in place, one at a time.
import type { Codec } from '../../codecs/codec.ts'
import { UntornError } from '../../errors.ts'
import { lockStrategies } from '../../protocols/lock/index.ts'
import { decideStrategy } from '../chooser.ts'
import type { Publication, PublishContext, RegionSpec } from '../contract.ts'
import { type RegionPlan, publishRegion } from '../publish-region.ts'
import { TypedLockedOwner } from '../typed/typed-locked-owner.ts'
import { type TypedOptions, isTyped, typedRegion } from '../typed/typed-region.ts'
import { LockKeeper } from './lock-keeper.ts'
import {
  type LockedRegionOptions,
  type LockedSettings,
  type LockedStrategy,
  lockedSettings,
} from './locked-options.ts'
import { LockedOwner } from './locked-owner.ts'
import { RegionWord } from './region-word.ts'

/** With a codec: values instead of bytes. */
export type TypedLockedRegionOptions<V> = Omit<LockedRegionOptions, 'bytes' | 'initial'> &
  TypedOptions<V>

/**
 * A region that the owner and its peers write in place, one at a time, and whose readers get whole
 * versions: for `host.publish(name, lockedRegion(…))`. Takes two payloads of memory. A holder that dies
 * or outstays its lease is evicted, and has then published all of its payload or nothing of it.
 * Source of the algorithm: a lock word as in Sherman (SIGMOD 2022), fenced by destroying queue pairs as
 * Mu (OSDI 2020) revokes permissions, with a shadow copy as a redo log.
 * With `codec`, its owner and its peers, who open it with the same codec, take and give values.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function lockedRegion(options: LockedRegionOptions): RegionSpec<LockedOwner>
export function lockedRegion<V>(
  options: TypedLockedRegionOptions<V>,
): RegionSpec<TypedLockedOwner<V>>
export function lockedRegion<V>(
  options: LockedRegionOptions | TypedLockedRegionOptions<V>,
): RegionSpec<LockedOwner> | RegionSpec<TypedLockedOwner<V>> {
  if (!isTyped<V>(options)) return rawLockedRegion(options)
  return typedRegion(
    options,
    rawLockedRegion,
    (codec: Codec<V>, raw) => new TypedLockedOwner(codec, raw),
  )
}

function rawLockedRegion(options: LockedRegionOptions): RegionSpec<LockedOwner> {
  const settings = lockedSettings(options)
  return { protocol: 'locked', publish: (context) => publish(context, settings) }
}

/** @throws UntornError ERR_UNTORN_UNSOUND and whatever allocation fails with, leaving nothing */
function publish(context: PublishContext, settings: LockedSettings): Publication<LockedOwner> {
  const { device } = context
  const { bytes, leaseMs, holdersMax, initial, hugePages } = settings
  if (device.capabilities.atomics === 'none') {
    const message = `${device.name} has no atomic operations, and a lock cannot do without`
    throw new UntornError('ERR_UNTORN_UNSOUND', message)
  }
  const { strategy, explain } = decideStrategy('locked', settings.strategy, device, bytes)
  const scheme = lockStrategies[strategy as LockedStrategy]
  const plan: RegionPlan = {
    protocol: 'locked',
    strategy,
    layoutVersion: scheme.layoutVersion,
    capacityBytes: bytes,
    lengthBytes: scheme.regionBytes(bytes),
    hugePages,
    parameters: { leaseMs },
    schema: '',
  }
  return publishRegion(context, plan, ({ region, entry, shape, kernels }) => {
    scheme.format(region.localMemory(), shape, kernels, initial)
    const keeper = new LockKeeper({ context, region, scheme, shape, kernels })
    const writer = new RegionWord(region)
    return new LockedOwner({
      entry,
      writer,
      region,
      context,
      explain,
      keeper,
      leaseMs,
      holdersMax,
    })
  })
}
