// What the peers of a bench open regions with, whatever their protocol: readers, or writers.
import type { BindingSource, CatalogueEntry } from '../../src/regions/contract.ts'
import type { RetryOptions } from '../../src/regions/retry-policy.ts'
import type { BenchReader, BenchUpdater, RegionOrder } from './bench-protocol.ts'
import { benchProtocol } from './protocol-table.ts'

export interface ReaderOrder {
  readonly order: RegionOrder
  readonly retry: RetryOptions
}

export interface UpdaterOrder {
  readonly order: RegionOrder
}

async function openBenchReader(
  source: BindingSource,
  entry: CatalogueEntry,
  options?: ReaderOrder,
): Promise<BenchReader> {
  if (options === undefined) throw new TypeError('a bench opens readers by order')
  const { order, retry } = options
  return await benchProtocol(order.protocol).open(source, entry, order, retry)
}

async function openBenchUpdater(
  source: BindingSource,
  entry: CatalogueEntry,
  options?: UpdaterOrder,
): Promise<BenchUpdater> {
  if (options === undefined) throw new TypeError('a bench opens writers by order')
  const { writers } = benchProtocol(options.order.protocol)
  if (writers === null) throw new TypeError(`only the owner writes ${options.order.name}`)
  return await writers.open(source, entry, options.order)
}

function ofAllProtocols<Opener>(opener: Opener): {
  readonly seqlock: Opener
  readonly 'versioned-slots': Opener
  readonly 'rcu-cell': Opener
  readonly locked: Opener
} {
  return { seqlock: opener, 'versioned-slots': opener, 'rcu-cell': opener, locked: opener }
}

export const readerOpeners: ReturnType<typeof ofAllProtocols<typeof openBenchReader>> =
  ofAllProtocols(openBenchReader)
export const updaterOpeners: ReturnType<typeof ofAllProtocols<typeof openBenchUpdater>> =
  ofAllProtocols(openBenchUpdater)
