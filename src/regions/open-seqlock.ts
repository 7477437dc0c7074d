// Makes a reader of a seqlock region out of its catalogue entry.
import { UntornError } from '../errors.ts'
import { seqlockStrategies } from '../protocols/seqlock/index.ts'
import { assertDepth, assertProtocol, checkShape } from './check-entry.ts'
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
export const openSeqlock: OpenReader<SeqlockReader, OpenReaderOptions> = async (
  source: BindingSource,
  entry: CatalogueEntry,
  options: OpenReaderOptions = {},
): Promise<SeqlockReader> => {
  const policy = retryPolicy(options)
  assertProtocol(entry, 'seqlock', strategies)
  const scheme = seqlockStrategies[entry.strategy]
  const shape = checkShape(
    entry,
    scheme.layoutVersion,
    (bytes) => scheme.regionBytes(bytes),
    options,
  )
  await prepareRegions()
  const binding = source.current()
  if (binding instanceof UntornError) throw binding
  // The owner's CPU is not known, unless it is this host's.
  const ownerCpu = binding.device.provider === 'shared-memory' ? undefined : 'weak'
  assertSound(entry.strategy, binding.device, entry.capacityBytes, ownerCpu)
  assertDepth(binding, entry, scheme.chainLengthMax)
  const kernels = preparedKernels(binding.device)
  const createMachine = (): ReturnType<typeof scheme.createReader> =>
    scheme.createReader(shape, kernels)
  return new SeqlockReader(new ReadContext(source, entry, binding, createMachine), policy)
}
