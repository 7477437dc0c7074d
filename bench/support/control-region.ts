// Regions for negative controls: published and opened by the same parts as sound ones, with the
// one check left out that would refuse them. Only benches do this.
import { randomBytes, randomInt } from 'node:crypto'
import { UntornError } from '../../src/errors.ts'
import type { SeqlockScheme } from '../../src/protocols/seqlock/index.ts'
import type {
  BindingSource,
  CatalogueEntry,
  Publication,
  PublishContext,
  RegionSpec,
} from '../../src/regions/contract.ts'
import { preparedKernels, prepareRegions } from '../../src/regions/kernels.ts'
import { ReadContext } from '../../src/regions/read-context.ts'
import { type RetryOptions, retryPolicy } from '../../src/regions/retry-policy.ts'
import { SeqlockOwner } from '../../src/regions/seqlock-owner.ts'
import { SeqlockReader } from '../../src/regions/seqlock-reader.ts'

/** A region in the layout of `scheme`. */
export function controlRegion(scheme: SeqlockScheme, bytes: number): RegionSpec<SeqlockOwner> {
  return { protocol: 'seqlock', publish: (context) => publish(context, scheme, bytes) }
}

function publish(
  context: PublishContext,
  scheme: SeqlockScheme,
  bytes: number,
): Publication<SeqlockOwner> {
  const region = context.device.allocate(scheme.regionBytes(bytes), { remoteRead: true })
  const hashKey = randomBytes(8).readBigUInt64LE() | 1n
  const generation = randomInt(1, 2 ** 48 - 1)
  const shape = { payloadBytes: bytes, generation, hashKey }
  const writer = scheme.createOwner(region.localMemory(), shape, preparedKernels(context.device))
  writer.format()
  const entry: CatalogueEntry = {
    name: context.name,
    protocol: 'seqlock',
    // A catalogue has no word for what is wrong on purpose. Whoever opened the region under this
    // name would get the layout that most controls have.
    strategy: 'fenced',
    layoutVersion: scheme.layoutVersion,
    capacityBytes: bytes,
    generation,
    rights: ['read'],
    hashKey: hashKey.toString(16).padStart(16, '0'),
    region: region.descriptor,
    parameters: {},
    schema: '',
  }
  const owner = new SeqlockOwner(entry, writer, region, context, 'a negative control')
  return { entry, owner }
}

/** The wrong reader of a control's region, behind the handle of the right ones. */
export async function openControlReader(
  source: BindingSource,
  entry: CatalogueEntry,
  scheme: SeqlockScheme,
  options: RetryOptions,
): Promise<SeqlockReader> {
  await prepareRegions()
  const binding = source.current()
  if (binding instanceof UntornError) throw binding
  const shape = {
    payloadBytes: entry.capacityBytes,
    generation: entry.generation,
    hashKey: BigInt(`0x${entry.hashKey}`),
  }
  const kernels = preparedKernels(binding.device)
  const createMachine = (): ReturnType<SeqlockScheme['createReader']> =>
    scheme.createReader(shape, kernels)
  return new SeqlockReader(
    new ReadContext(source, entry, binding, createMachine),
    retryPolicy(options),
  )
}
