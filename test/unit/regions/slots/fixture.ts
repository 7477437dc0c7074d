// An owner and a reader of versioned slots on the fake fabric.
import { prepareRegions } from '../../../../src/regions/kernels.ts'
import type { CatalogueEntry } from '../../../../src/regions/contract.ts'
import {
  type OpenVersionedSlotsOptions,
  openVersionedSlots,
} from '../../../../src/regions/slots/open-slots.ts'
import type { VersionedSlotsOwner } from '../../../../src/regions/slots/slots-owner.ts'
import type { VersionedSlotsReader } from '../../../../src/regions/slots/slots-reader.ts'
import {
  type VersionedSlotsOptions,
  versionedSlots,
} from '../../../../src/regions/slots/versioned-slots.ts'
import { FakeDevice, type FakeQueuePair } from '../fake-fabric.ts'
import { type FakeContext, FakeSource, publishContext } from '../fixture.ts'

export const BYTES = 200

export interface SlotsWorld {
  readonly device: FakeDevice
  readonly queuePair: FakeQueuePair
  readonly context: FakeContext
  readonly entry: CatalogueEntry
  readonly owner: VersionedSlotsOwner
  readonly source: FakeSource
  readonly reader: VersionedSlotsReader
}

export async function makeSlots(
  options: Partial<VersionedSlotsOptions> = {},
  readerOptions: OpenVersionedSlotsOptions = {},
  device: FakeDevice = new FakeDevice(),
): Promise<SlotsWorld> {
  await prepareRegions()
  const context = publishContext(device)
  const { entry, owner } = versionedSlots({ bytes: BYTES, ...options }).publish(context)
  const queuePair = device.createQueuePair()
  const remoteHandle = device.importRegion(entry.region).handle
  const source = new FakeSource({ device, queuePair, entry, remoteHandle })
  const reader = await openVersionedSlots(source, entry, readerOptions)
  return { device, queuePair, context, entry, owner, source, reader }
}
