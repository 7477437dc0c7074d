// Makes a reader of a catalogue entry. What the entry says came from another process: every number
// of it is checked before memory is sized or addressed by it.
import { UntornError } from '../errors.ts'
import {
  PAYLOAD_BYTES_MAX,
  type SeqlockShape,
  seqlockStrategies,
} from '../protocols/seqlock/index.ts'
import { assertSound, strategies } from './chooser.ts'
import type { BindingSource, CatalogueEntry, OpenReader, Strategy } from './contract.ts'
import { preparedKernels, prepareRegions } from './kernels.ts'
import { ReadContext } from './read-context.ts'
import { type RetryOptions, retryPolicy } from './retry-policy.ts'
import { SeqlockReader } from './seqlock-reader.ts'

export interface OpenReaderOptions extends RetryOptions {
  /** Payload bytes that the region must have. Default: any. */
  readonly bytes?: number
  /** Strategy that the region must have. Default: any that is sound here. */
  readonly strategy?: Strategy
}

/**
 * A reader of the region that `entry` describes; its retry options are the defaults of its reads.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH, ERR_UNTORN_UNSOUND on the reader's device, or
 *   what `source.current()` fails with
 */
export const openReader: OpenReader<SeqlockReader, OpenReaderOptions> = async (
  source: BindingSource,
  entry: CatalogueEntry,
  options: OpenReaderOptions = {},
): Promise<SeqlockReader> => {
  const policy = retryPolicy(options)
  const shape = checkEntry(entry, options)
  await prepareRegions()
  const binding = source.current()
  if (binding instanceof UntornError) throw binding
  // The owner's CPU is not known, unless it is this host's.
  const ownerCpu = binding.device.provider === 'shared-memory' ? undefined : 'weak'
  assertSound(entry.strategy, binding.device, entry.capacityBytes, ownerCpu)
  const scheme = seqlockStrategies[entry.strategy]
  if (binding.queuePair.ring.capacity < scheme.chainLengthMax) {
    throw new UntornError(
      'ERR_UNTORN_QUEUE_FULL',
      `strategy "${entry.strategy}" needs a sendDepth of ${scheme.chainLengthMax} at least`,
    )
  }
  const kernels = preparedKernels(binding.device)
  const createMachine = (): ReturnType<typeof scheme.createReader> =>
    scheme.createReader(shape, kernels)
  return new SeqlockReader(new ReadContext(source, entry, binding, createMachine), policy)
}

/** @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH */
function checkEntry(entry: CatalogueEntry, options: OpenReaderOptions): SeqlockShape {
  const { capacityBytes, generation, hashKey, strategy } = entry
  assertMatch(entry, entry.protocol === 'seqlock', `has protocol "${entry.protocol}"`)
  assertMatch(entry, strategies.includes(strategy), `has strategy "${strategy}"`)
  const scheme = seqlockStrategies[strategy]
  assertMatch(
    entry,
    entry.layoutVersion === scheme.layoutVersion,
    `has layout version ${entry.layoutVersion}, this library reads ${scheme.layoutVersion}`,
  )
  const sized =
    Number.isInteger(capacityBytes) && capacityBytes >= 1 && capacityBytes <= PAYLOAD_BYTES_MAX
  assertMatch(entry, sized, `claims ${capacityBytes} payload bytes`)
  assertMatch(
    entry,
    entry.region.lengthBytes >= scheme.regionBytes(capacityBytes),
    `has ${entry.region.lengthBytes} bytes, too few for ${capacityBytes} of payload`,
  )
  const born = Number.isSafeInteger(generation) && generation > 0
  assertMatch(entry, born, `has generation ${generation}`)
  const keyed = /^[0-9a-f]{1,16}$/i.test(hashKey) && !/^0+$/.test(hashKey)
  assertMatch(entry, keyed, 'has no usable hash key')
  assertMatch(entry, entry.rights.includes('read'), 'may not be read by this peer')
  const { bytes = capacityBytes, strategy: wanted = strategy } = options
  assertMatch(entry, bytes === capacityBytes, `has ${capacityBytes} payload bytes, not ${bytes}`)
  assertMatch(entry, wanted === strategy, `has strategy "${strategy}", not "${wanted}"`)
  return { payloadBytes: capacityBytes, generation, hashKey: BigInt(`0x${hashKey}`) }
}

function assertMatch(entry: CatalogueEntry, holds: boolean, what: string): void {
  if (holds) return
  throw new UntornError('ERR_UNTORN_LAYOUT_MISMATCH', `region "${entry.name}" ${what}`)
}
