// Makes a reader of an RCU cell out of its catalogue entry.
import { UntornError } from '../../errors.ts'
import {
  CELL_LAYOUT_VERSION,
  CELL_VERSION_MAX,
  type CellShape,
  HEAP_UNITS_MAX,
  OBJECT_BYTES_MAX,
  READER_COUNT_MAX,
  SPAN_COUNT_MIN,
  ValidatedReader,
  WRITER_COUNT_MAX,
  cellRegionBytes,
  cellStrategies,
  checkCellShape,
} from '../../protocols/cell/index.ts'
import { assertMatch, assertProtocol, checkShape, parameterOf } from '../check-entry.ts'
import type { BindingSource, CatalogueEntry, OpenReader } from '../contract.ts'
import { preparedKernels } from '../kernels.ts'
import { openContext } from '../open-context.ts'
import { type RetryOptions, retryPolicy } from '../retry-policy.ts'
import { RcuCellReader } from './cell-reader.ts'

export interface OpenRcuCellOptions extends RetryOptions {
  /** Payload bytes of the largest object that the region must take. Default: any. */
  readonly bytes?: number
}

/**
 * A reader of the cell that `entry` describes; its retry options are the defaults of its reads.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH, ERR_UNTORN_UNSOUND on the reader's device,
 *   ERR_UNTORN_QUEUE_FULL, or what `source.current()` fails with
 */
export const openRcuCell: OpenReader<RcuCellReader, OpenRcuCellOptions> = async (
  source: BindingSource,
  entry: CatalogueEntry,
  options: OpenRcuCellOptions = {},
): Promise<RcuCellReader> => {
  const policy = retryPolicy(options)
  assertProtocol(entry, 'rcu-cell', ['fenced'])
  const shape = shapeOf(entry, options)
  const { chainLengthMax } = cellStrategies.fenced
  const context = await openContext(
    source,
    entry,
    chainLengthMax,
    (kernels) => new ValidatedReader(shape, kernels),
  )
  const kernels = preparedKernels(context.pool.device)
  return new RcuCellReader({ context, policy, shape, kernels })
}

function shapeOf(entry: CatalogueEntry, options: OpenRcuCellOptions): CellShape {
  const layout = {
    spanCount: parameterOf(entry, 'spanCount', SPAN_COUNT_MIN, HEAP_UNITS_MAX),
    readers: parameterOf(entry, 'readers', 0, READER_COUNT_MAX),
    writers: parameterOf(entry, 'writers', 0, WRITER_COUNT_MAX),
    firstVersion: parameterOf(entry, 'firstVersion', 1, CELL_VERSION_MAX),
  }
  const { capacityBytes } = entry
  const sized = Number.isInteger(capacityBytes) && capacityBytes >= 1
  assertMatch(entry, sized && capacityBytes <= OBJECT_BYTES_MAX, `claims ${capacityBytes} bytes`)
  const unkeyed = { ...layout, generation: 1, hashKey: 1n }
  const lengthOf = (bytes: number): number => cellRegionBytes({ ...unkeyed, objectBytesMax: bytes })
  const keys = checkShape(entry, CELL_LAYOUT_VERSION, lengthOf, options)
  const { payloadBytes: objectBytesMax, generation, hashKey } = keys
  const shape: CellShape = { ...layout, objectBytesMax, generation, hashKey }
  try {
    checkCellShape(shape)
  } catch (cause) {
    const message = `region "${entry.name}" has a shape that no cell has`
    throw new UntornError('ERR_UNTORN_LAYOUT_MISMATCH', message, { cause })
  }
  return shape
}
