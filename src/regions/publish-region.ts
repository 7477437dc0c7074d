// What publishing a region is in every protocol: memory, a generation, a key, an entry for the
// catalogue. Invariant: whatever fails throws and leaves nothing behind.
import { randomBytes, randomInt } from 'node:crypto'
import type { MemoryRegion } from '../fabric/contract.ts'
import type { MemoryKernels } from '../protocols/local-memory.ts'
import type { EntryShape } from './check-entry.ts'
import type { CatalogueEntry, Publication, PublishContext } from './contract.ts'
import { preparedKernels } from './kernels.ts'
import { RegionOwner, type RegionWriter } from './region-owner.ts'

/** What a protocol knows of its region before there is memory. */
export interface RegionPlan extends Pick<
  CatalogueEntry,
  'protocol' | 'strategy' | 'layoutVersion' | 'capacityBytes' | 'parameters' | 'schema'
> {
  /** Bytes of the region. */
  readonly lengthBytes: number
  readonly hugePages: boolean
}

/** What an owner is made of. */
export interface NewRegion {
  readonly region: MemoryRegion
  readonly entry: CatalogueEntry
  readonly shape: EntryShape
  readonly kernels: MemoryKernels
}

/**
 * Allocates a region and hands it to `create`, which formats it and makes its owner.
 * @throws UntornError whatever allocation fails with, and whatever `create` throws
 */
export function publishRegion<Owner extends RegionOwner<RegionWriter>>(
  context: PublishContext,
  plan: RegionPlan,
  create: (parts: NewRegion) => Owner,
): Publication<Owner> {
  const { device, name } = context
  const { lengthBytes, hugePages, ...described } = plan
  const region = device.allocate(lengthBytes, { remoteRead: true, hugePages })
  try {
    const hashKey = randomKey()
    // 1 … 2^48 - 2: the generator's range ends below 2^48 - 1.
    const generation = randomInt(1, 2 ** 48 - 1)
    const entry: CatalogueEntry = {
      ...described,
      name,
      generation,
      rights: ['read'],
      hashKey: hashKey.toString(16).padStart(16, '0'),
      region: region.descriptor,
    }
    const shape = { payloadBytes: plan.capacityBytes, generation, hashKey }
    const owner = create({ region, entry, shape, kernels: preparedKernels(device) })
    return { entry, owner, claims: RegionOwner.claimsOf(owner) }
  } catch (error) {
    abandon(region)
    throw error
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
