// Makes a reader of a seqlock region out of its catalogue entry.
import { seqlockStrategies } from '../protocols/seqlock/index.ts'
import { assertProtocol, checkShape } from './check-entry.ts'
import type { BindingSource, CatalogueEntry, OpenReader, Strategy } from './contract.ts'
import { openContext } from './open-context.ts'
import { type RetryOptions, retryPolicy } from './retry-policy.ts'
import { SeqlockReader } from './seqlock-reader.ts'
import { strategiesOf } from './strategy-table.ts'

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
  assertProtocol(entry, 'seqlock', strategiesOf('seqlock'))
  const scheme = seqlockStrategies[entry.strategy]
  const shape = checkShape(
    entry,
    scheme.layoutVersion,
    (bytes) => scheme.regionBytes(bytes),
    options,
  )
  const context = await openContext(source, entry, scheme.chainLengthMax, (kernels) =>
    scheme.createReader(shape, kernels),
  )
  return new SeqlockReader(context, policy)
}
