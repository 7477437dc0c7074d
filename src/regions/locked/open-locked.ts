// Makes a peer's handle of a locked region out of its catalogue entry.
import { lockStrategies } from '../../protocols/lock/index.ts'
import { assertProtocol, checkShape, parameterOf } from '../check-entry.ts'
import type { BindingSource, CatalogueEntry, OpenReader } from '../contract.ts'
import { preparedKernels } from '../kernels.ts'
import { openContext } from '../open-context.ts'
import { type RetryOptions, retryPolicy } from '../retry-policy.ts'
import { LEASE_MS_MAX, type LockedStrategy, lockedStrategies } from './locked-options.ts'
import { LockedReader } from './locked-reader.ts'

export interface OpenLockedOptions extends RetryOptions {
  /** Payload bytes that the region must have. Default: any. */
  readonly bytes?: number
  /** Strategy that the region must have. Default: any that is sound here. */
  readonly strategy?: LockedStrategy
}

/**
 * A handle of the region that `entry` describes; its retry options are the defaults of its reads.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH, ERR_UNTORN_UNSOUND on the reader's device, or
 *   what `source.current()` fails with
 */
export const openLocked: OpenReader<LockedReader, OpenLockedOptions> = async (
  source: BindingSource,
  entry: CatalogueEntry,
  options: OpenLockedOptions = {},
): Promise<LockedReader> => {
  const policy = retryPolicy(options)
  assertProtocol(entry, 'locked', lockedStrategies)
  const scheme = lockStrategies[entry.strategy as LockedStrategy]
  const shape = checkShape(
    entry,
    scheme.layoutVersion,
    (bytes) => scheme.regionBytes(bytes),
    options,
  )
  const leaseMs = parameterOf(entry, 'leaseMs', 0, LEASE_MS_MAX)
  const context = await openContext(source, entry, scheme.chainLengthMax, (kernels) =>
    scheme.createReader(shape, kernels),
  )
  const kernels = preparedKernels(context.pool.device)
  return new LockedReader(context, policy, { scheme, shape, kernels, leaseMs })
}
