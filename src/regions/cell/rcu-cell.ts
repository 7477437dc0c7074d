// RCU cells as a host publishes them: a word that points to the present object of a heap.
import { argumentRangeError, argumentTypeError, shown } from '../../errors.ts'
import {
  CELL_FIRST_VERSION,
  CELL_LAYOUT_VERSION,
  CellOwner,
  type CellShape,
  HEAP_UNITS_MAX,
  LEASE_MS_DEFAULT,
  OBJECT_BYTES_MAX,
  READER_COUNT_MAX,
  SPAN_COUNT_MIN,
  UNIT_BYTES,
  WRITER_COUNT_MAX,
  cellRegionBytes,
  checkCellShape,
  spanUnits,
} from '../../protocols/cell/index.ts'
import { chooseStrategy } from '../chooser.ts'
import type { Publication, PublishContext, RegionSpec } from '../contract.ts'
import { type RegionPlan, publishRegion } from '../publish-region.ts'
import type { TypedRcuCellOwner } from '../typed/typed-cell-owner.ts'
import { type TypedRcuCellOptions, typedCell } from '../typed/typed-cell.ts'
import { isTyped } from '../typed/typed-region.ts'
import { RcuCellOwner } from './cell-owner.ts'

export interface RcuCellOptions {
  /**
   * Heap bytes: room for the present object and for those that were replaced and are not reclaimed
   * yet, at least two of the largest. Rounded down to a whole number of those. Up to 2^30.
   */
  readonly bytes: number
  /** Payload bytes of the largest object, 1 to 2 MiB - 24. */
  readonly objectBytesMax: number
  /**
   * Readers that may pin at a time, 0 to 4096; any number may read without. Default 16. Each has a window
   * while it may, a writer two: a region on shared memory has 120 (ERR_UNTORN_SYSTEM beyond that).
   */
  readonly readers?: number
  /**
   * Peers that may write at a time, 0 to 1024. Each takes room for eight of the largest objects, beside
   * the heap. Default 0: the owner alone writes.
   */
  readonly writers?: number
  /**
   * How long a guard protects what it shows unless it is renewed, milliseconds: an integer up to
   * 3600000. Default 1000.
   */
  readonly leaseMs?: number
  /**
   * How much longer the owner waits for a reader that is silent: more than the clocks of two hosts
   * differ by within a lease, milliseconds. Default a tenth of the lease.
   */
  readonly slackMs?: number
  /** The first object. Default: empty. */
  readonly initial?: Uint8Array
  /** Fill reclaimed objects with 0xd7, so that whoever reads one without right notices. */
  readonly poison?: boolean
  /** Objects to be reclaimed after one before its room is used again. Default 0. */
  readonly quarantine?: number
  /** Back the region with huge pages. */
  readonly hugePages?: boolean
}

const READERS = 16
const LEASE_MS_MAX = 3_600_000
const FLAGS = ['poison', 'hugePages'] as const

/**
 * A region whose value is an object of any size up to `objectBytesMax`, replaced as a whole: for
 * `host.publish(name, rcuCell(…))`. Readers never disturb the owner, and a reader that pins is never
 * disturbed by it: what it was shown stays until it lets go of it, or its lease runs out. Peers may
 * replace the object, too. Source of the algorithm: McKenney's read-copy update, as in liburcu, with
 * leases for readers that vanish.
 * With `codec`, its owner takes values and its readers, opened with the same codec, give them.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function rcuCell(options: RcuCellOptions): RegionSpec<RcuCellOwner>
export function rcuCell<V>(options: TypedRcuCellOptions<V>): RegionSpec<TypedRcuCellOwner<V>>
export function rcuCell<V>(
  options: RcuCellOptions | TypedRcuCellOptions<V>,
): RegionSpec<RcuCellOwner> | RegionSpec<TypedRcuCellOwner<V>> {
  return isTyped(options) ? typedCell(options, rawRcuCell) : rawRcuCell(options)
}

function rawRcuCell(options: RcuCellOptions): RegionSpec<RcuCellOwner> {
  checkOptions(options)
  return { protocol: 'rcu-cell', publish: (context) => publish(context, options) }
}

function checkOptions(options: RcuCellOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('rcuCell needs an options object { bytes, objectBytesMax }')
  }
  const { objectBytesMax, readers = READERS, writers = 0, initial, quarantine = 0 } = options
  assertInteger('objectBytesMax', objectBytesMax, 1, OBJECT_BYTES_MAX)
  assertInteger('readers', readers, 0, READER_COUNT_MAX)
  assertInteger('writers', writers, 0, WRITER_COUNT_MAX)
  assertInteger('quarantine', quarantine, 0, Number.MAX_SAFE_INTEGER)
  const spanBytes = spanUnits(shapeOf(options)) * UNIT_BYTES
  assertInteger('bytes', options.bytes, SPAN_COUNT_MIN * spanBytes, HEAP_UNITS_MAX * UNIT_BYTES)
  checkCellShape(shapeOf(options))
  // Grants are made of integers.
  if (options.leaseMs !== undefined) assertInteger('leaseMs', options.leaseMs, 1, LEASE_MS_MAX)
  assertMs('slackMs', options.slackMs)
  for (const name of FLAGS) {
    if (options[name] === undefined || typeof options[name] === 'boolean') continue
    throw argumentTypeError(`${name} must be a boolean`)
  }
  if (initial === undefined) return
  if (!(initial instanceof Uint8Array)) throw argumentTypeError('initial must be a Uint8Array')
  if (initial.length > objectBytesMax) {
    throw argumentRangeError(
      `initial must have at most ${objectBytesMax} bytes; it has ${initial.length}`,
    )
  }
}

function assertInteger(name: string, value: unknown, low: number, high: number): void {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return
  throw argumentRangeError(`${name} must be an integer from ${low} to ${high}; got ${shown(value)}`)
}

function assertMs(name: string, value: number | undefined): void {
  if (value === undefined) return
  if (typeof value === 'number' && value >= 1 && value <= LEASE_MS_MAX) return
  throw argumentRangeError(
    `${name} must be a number from 1 to ${LEASE_MS_MAX}; got ${shown(value)}`,
  )
}

/** The shape as far as the options say it; keys are made when the region is published. */
function shapeOf(options: RcuCellOptions): CellShape {
  const { objectBytesMax, readers = READERS, writers = 0, bytes } = options
  const shape = { objectBytesMax, readers, writers, spanCount: SPAN_COUNT_MIN }
  const keyed = { ...shape, generation: 1, hashKey: 1n }
  const spanCount = Math.floor(bytes / (spanUnits(keyed) * UNIT_BYTES))
  return { ...keyed, spanCount: Math.max(SPAN_COUNT_MIN, spanCount) }
}

/** @throws UntornError whatever allocation fails with, leaving nothing */
function publish(context: PublishContext, options: RcuCellOptions): Publication<RcuCellOwner> {
  const { initial, hugePages = false, leaseMs = LEASE_MS_DEFAULT } = options
  const { objectBytesMax, readers, writers, spanCount } = shapeOf(options)
  const layout = { objectBytesMax, readers, writers, spanCount }
  const { strategy, explain } = chooseStrategy('rcu-cell', context.device, objectBytesMax)
  const plan: RegionPlan = {
    protocol: 'rcu-cell',
    strategy,
    layoutVersion: CELL_LAYOUT_VERSION,
    capacityBytes: objectBytesMax,
    lengthBytes: cellRegionBytes(shapeOf(options)),
    hugePages,
    parameters: { spanCount, readers, writers, firstVersion: CELL_FIRST_VERSION },
    schema: '',
  }
  return publishRegion(context, plan, ({ region, entry, shape, kernels }) => {
    const { generation, hashKey } = shape
    const keyed = { ...layout, generation, hashKey }
    const terms = { leaseMs, slackMs: options.slackMs ?? leaseMs / 10 }
    const { poison = false, quarantine = 0 } = options
    const cell = new CellOwner(region.localMemory(), keyed, kernels, {
      ...terms,
      poison,
      quarantine,
    })
    cell.format(initial)
    return new RcuCellOwner({ entry, writer: cell, region, context, explain })
  })
}
