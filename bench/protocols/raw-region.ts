// Regions that are published and opened without the checks of the product: for negative controls,
// which those checks are there to refuse. Only benches do this.
import { randomBytes, randomInt } from 'node:crypto'
import { UntornError } from '../../src/errors.ts'
import type { MemoryRegion } from '../../src/fabric/contract.ts'
import type { LocalMemory, MemoryKernels } from '../../src/protocols/local-memory.ts'
import type { ReaderMachine } from '../../src/protocols/machine.ts'
import type { SeqlockShape } from '../../src/protocols/seqlock/index.ts'
import type {
  BindingSource,
  CatalogueEntry,
  OwnerHandle,
  Publication,
  PublishContext,
  RegionSpec,
} from '../../src/regions/contract.ts'
import { preparedKernels, prepareRegions } from '../../src/regions/kernels.ts'
import { ReadContext } from '../../src/regions/read-context.ts'
import { type RetryOptions, retryPolicy } from '../../src/regions/retry-policy.ts'
import { SeqlockReader } from '../../src/regions/seqlock-reader.ts'

/** What a writer of any protocol offers whoever publishes it. */
export interface RawWriter {
  format(): void
  /** Stores the terminal mark. */
  close(): void
}

/** What a raw region is made of. */
export interface RawParts<Writer extends RawWriter> {
  readonly protocol: CatalogueEntry['protocol']
  readonly layoutVersion: number
  readonly payloadBytes: number
  readonly regionBytes: number
  readonly createWriter: (
    memory: LocalMemory,
    shape: SeqlockShape,
    kernels: MemoryKernels,
  ) => Writer
}

/** The owner of a raw region: the writer itself, and the order in which it ends. */
export class RawOwner<Writer extends RawWriter> implements OwnerHandle {
  readonly writer: Writer
  readonly #region: MemoryRegion
  readonly #context: PublishContext

  constructor(writer: Writer, region: MemoryRegion, context: PublishContext) {
    this.writer = writer
    this.#region = region
    this.#context = context
  }

  async close(): Promise<void> {
    if (!this.#region.closed) this.writer.close()
    await this.#context.withdraw()
    await this.#region.close()
    this.#context.onClosed()
  }
}

/** A region of whatever layout `parts` have. */
export function rawRegion<Writer extends RawWriter>(
  parts: RawParts<Writer>,
): RegionSpec<RawOwner<Writer>> {
  return { protocol: parts.protocol, publish: (context) => publish(context, parts) }
}

function publish<Writer extends RawWriter>(
  context: PublishContext,
  parts: RawParts<Writer>,
): Publication<RawOwner<Writer>> {
  const { device } = context
  const region = device.allocate(parts.regionBytes, { remoteRead: true })
  const hashKey = randomBytes(8).readBigUInt64LE() | 1n
  const generation = randomInt(1, 2 ** 48 - 1)
  const shape = { payloadBytes: parts.payloadBytes, generation, hashKey }
  const writer = parts.createWriter(region.localMemory(), shape, preparedKernels(device))
  writer.format()
  const entry: CatalogueEntry = {
    name: context.name,
    protocol: parts.protocol,
    // A catalogue has no word for what is wrong on purpose. Whoever opened the region under this
    // name would get the layout that most controls have.
    strategy: 'fenced',
    layoutVersion: parts.layoutVersion,
    capacityBytes: parts.payloadBytes,
    generation,
    rights: ['read'],
    hashKey: hashKey.toString(16).padStart(16, '0'),
    region: region.descriptor,
    parameters: {},
    schema: '',
  }
  return { entry, owner: new RawOwner(writer, region, context) }
}

/** What a handle of a raw region reads with: the device is not asked whether that is sound. */
export async function rawContext(
  source: BindingSource,
  entry: CatalogueEntry,
  createMachine: (kernels: MemoryKernels) => ReaderMachine,
): Promise<ReadContext> {
  await prepareRegions()
  const binding = source.current()
  if (binding instanceof UntornError) throw binding
  const kernels = preparedKernels(binding.device)
  return new ReadContext(source, entry, binding, () => createMachine(kernels))
}

/** A reader of a raw region, behind the handle of the right ones. */
export async function openRawReader(
  source: BindingSource,
  entry: CatalogueEntry,
  createMachine: (shape: SeqlockShape, kernels: MemoryKernels) => ReaderMachine,
  retry: RetryOptions,
): Promise<SeqlockReader> {
  const shape = {
    payloadBytes: entry.capacityBytes,
    generation: entry.generation,
    hashKey: BigInt(`0x${entry.hashKey}`),
  }
  const context = await rawContext(source, entry, (kernels) => createMachine(shape, kernels))
  return new SeqlockReader(context, retryPolicy(retry))
}
