// Seqlock regions as a host publishes them: one owner, in place, never torn for its readers.
import { randomBytes, randomInt } from 'node:crypto'
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { MemoryRegion } from '../fabric/contract.ts'
import { PAYLOAD_BYTES_MAX, seqlockStrategies } from '../protocols/seqlock/index.ts'
import { assertSound, assertStrategy, chooseStrategy } from './chooser.ts'
import type {
  CatalogueEntry,
  Publication,
  PublishContext,
  RegionSpec,
  Strategy,
} from './contract.ts'
import { preparedKernels } from './kernels.ts'
import { SeqlockOwner } from './seqlock-owner.ts'

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

/**
 * A region of one owner whose readers get whole versions: for `host.publish(name, seqlock(…))`.
 * Takes one payload of memory (strategy `words` two). A writer that never pauses can starve its
 * readers, who then fail with ERR_UNTORN_RETRIES_EXHAUSTED. Source of the algorithm: Linux seqlock.h,
 * with Boehm's barriers (2012).
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function seqlock(options: SeqlockOptions): RegionSpec<SeqlockOwner> {
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
      `bytes must be an integer from 1 to ${PAYLOAD_BYTES_MAX}; got ${bytes}`,
    )
  }
  if (strategy !== undefined) assertStrategy(strategy)
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
  const { device } = context
  const { strategy, explain } = strategyFor(context, options)
  const scheme = seqlockStrategies[strategy]
  const region = device.allocate(scheme.regionBytes(options.bytes), {
    remoteRead: true,
    hugePages: options.hugePages === true,
  })
  try {
    const hashKey = randomKey()
    // 1 … 2^48 - 2: the generator's range ends below 2^48 - 1.
    const generation = randomInt(1, 2 ** 48 - 1)
    const shape = { payloadBytes: options.bytes, generation, hashKey }
    const writer = scheme.createOwner(region.localMemory(), shape, preparedKernels(device))
    writer.format(options.initial)
    const entry: CatalogueEntry = {
      name: context.name,
      protocol: 'seqlock',
      strategy,
      layoutVersion: scheme.layoutVersion,
      capacityBytes: options.bytes,
      generation,
      rights: ['read'],
      hashKey: hashKey.toString(16).padStart(16, '0'),
      region: region.descriptor,
      parameters: {},
      schema: '',
    }
    return { entry, owner: new SeqlockOwner(entry, writer, region, context, explain) }
  } catch (error) {
    abandon(region)
    throw error
  }
}

function strategyFor(
  context: PublishContext,
  options: SeqlockOptions,
): { readonly strategy: Strategy; readonly explain: string } {
  const { strategy, bytes } = options
  if (strategy === undefined) return chooseStrategy(context.device, bytes)
  assertSound(strategy, context.device, bytes)
  return {
    strategy,
    explain: `${strategy}: asked for by name, and sound on ${context.device.name}`,
  }
}

/** Nobody has seen the region yet, so nothing of it is in flight and this cannot fail. */
function abandon(region: MemoryRegion): void {
  void region.close()
}

function randomKey(): bigint {
  const key = randomBytes(8).readBigUInt64LE()
  return key === 0n ? 1n : key
}
