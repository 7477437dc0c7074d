// Seqlock regions as a host publishes them: one owner, in place, never torn for its readers.
import type { Codec } from '../codecs/codec.ts'
import { argumentRangeError, argumentTypeError, shown } from '../errors.ts'
import { PAYLOAD_BYTES_MAX, seqlockStrategies } from '../protocols/seqlock/index.ts'
import { assertStrategy, decideStrategy } from './chooser.ts'
import type { Publication, PublishContext, RegionSpec, Strategy } from './contract.ts'
import { type RegionPlan, publishRegion } from './publish-region.ts'
import { SeqlockOwner } from './seqlock-owner.ts'
import { type TypedOptions, isTyped, typedRegion } from './typed/typed-region.ts'
import { TypedSeqlockOwner } from './typed/typed-seqlock-owner.ts'

export interface SeqlockOptions {
  /** Payload bytes, 1 to 2^30. */
  readonly bytes: number
  /** Default: the cheapest that is sound on the device. */
  readonly strategy?: Strategy
  /** The first payload, `bytes` long. Default zeros. */
  readonly initial?: Uint8Array
  /** Back the region with huge pages. */
  readonly hugePages?: boolean
}

/** With a codec: values instead of bytes. */
export type TypedSeqlockOptions<V> = Omit<SeqlockOptions, 'bytes' | 'initial'> & TypedOptions<V>

/**
 * A region of one owner whose readers get whole versions: for `host.publish(name, seqlock(…))`.
 * Takes one payload of memory (strategy `words` two). A writer that never pauses can starve its
 * readers, who then fail with ERR_UNTORN_RETRIES_EXHAUSTED. Source of the algorithm: Linux seqlock.h,
 * with Boehm's barriers (2012).
 * With `codec`, its owner takes values and its readers, opened with the same codec, give them.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function seqlock(options: SeqlockOptions): RegionSpec<SeqlockOwner>
export function seqlock<V>(options: TypedSeqlockOptions<V>): RegionSpec<TypedSeqlockOwner<V>>
export function seqlock<V>(
  options: SeqlockOptions | TypedSeqlockOptions<V>,
): RegionSpec<SeqlockOwner> | RegionSpec<TypedSeqlockOwner<V>> {
  if (!isTyped<V>(options)) return rawSeqlock(options)
  return typedRegion(
    options,
    rawSeqlock,
    (codec: Codec<V>, raw) => new TypedSeqlockOwner(codec, raw),
  )
}

function rawSeqlock(options: SeqlockOptions): RegionSpec<SeqlockOwner> {
  checkOptions(options)
  return { protocol: 'seqlock', publish: (context) => publish(context, options) }
}

function checkOptions(options: SeqlockOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('seqlock needs an options object { bytes }')
  }
  const { bytes, strategy, initial, hugePages } = options
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > PAYLOAD_BYTES_MAX) {
    throw argumentRangeError(
      `bytes must be an integer from 1 to ${PAYLOAD_BYTES_MAX}; got ${shown(bytes)}`,
    )
  }
  if (strategy !== undefined) assertStrategy('seqlock', strategy)
  if (hugePages !== undefined && typeof hugePages !== 'boolean') {
    throw argumentTypeError('hugePages must be a boolean')
  }
  if (initial === undefined) return
  if (!(initial instanceof Uint8Array)) throw argumentTypeError('initial must be a Uint8Array')
  if (initial.length !== bytes) {
    throw argumentRangeError(`initial must have ${bytes} bytes; it has ${initial.length}`)
  }
}

/** @throws UntornError ERR_UNTORN_UNSOUND and whatever allocation fails with, leaving nothing */
function publish(context: PublishContext, options: SeqlockOptions): Publication<SeqlockOwner> {
  const { bytes, initial, hugePages = false } = options
  const decided = decideStrategy('seqlock', options.strategy, context.device, bytes)
  const { strategy, explain } = decided
  const scheme = seqlockStrategies[strategy]
  const plan: RegionPlan = {
    protocol: 'seqlock',
    strategy,
    layoutVersion: scheme.layoutVersion,
    capacityBytes: bytes,
    lengthBytes: scheme.regionBytes(bytes),
    hugePages,
    parameters: {},
    schema: '',
  }
  return publishRegion(context, plan, ({ region, entry, shape, kernels }) => {
    const writer = scheme.createOwner(region.localMemory(), shape, kernels)
    writer.format(initial)
    return new SeqlockOwner({ entry, writer, region, context, explain })
  })
}
