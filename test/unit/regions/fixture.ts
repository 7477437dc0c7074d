// An owner and a reader on the fake fabric, with the session's side of both in the test's hands.
import { type Mock, vi } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { openLoopback } from '../../../src/fabric/loopback.ts'
import type {
  BindingSource,
  Claim,
  CatalogueEntry,
  PublishContext,
  RemoteBinding,
} from '../../../src/regions/contract.ts'
import { prepareRegions } from '../../../src/regions/kernels.ts'
import { type OpenReaderOptions, openSeqlock } from '../../../src/regions/open-seqlock.ts'
import type { SeqlockOwner } from '../../../src/regions/seqlock-owner.ts'
import type { SeqlockReader } from '../../../src/regions/seqlock-reader.ts'
import { type SeqlockOptions, seqlock } from '../../../src/regions/seqlock.ts'
import { FakeDevice, type FakeQueuePair } from './fake-fabric.ts'

export class FakeSource implements BindingSource {
  state: RemoteBinding | UntornError
  recovering: Promise<void> | null = null
  readonly release: Mock<() => void> = vi.fn()
  readonly transportFailed: Mock<(status: number) => UntornError> = vi.fn(
    (status: number) => new UntornError('ERR_UNTORN_REMOTE', `status ${status}`, { status }),
  )

  constructor(state: RemoteBinding) {
    this.state = state
  }

  claim(): Promise<Claim> {
    return Promise.reject(new UntornError('ERR_UNTORN_DENIED', 'a fake source grants nothing'))
  }

  current(): RemoteBinding | UntornError {
    return this.state
  }

  recovery(): Promise<void> | null {
    return this.recovering
  }
}

export interface FakeContext extends PublishContext {
  readonly withdraw: Mock<() => Promise<void>>
  readonly onClosed: Mock<() => void>
}

export function publishContext(device: FakeDevice, name: string = 'quotes'): FakeContext {
  return {
    device,
    name,
    loopback: (region) => openLoopback(device, region),
    withdraw: vi.fn(() => Promise.resolve()),
    onClosed: vi.fn(),
  }
}

export interface World {
  readonly device: FakeDevice
  readonly queuePair: FakeQueuePair
  readonly context: FakeContext
  readonly entry: CatalogueEntry
  readonly owner: SeqlockOwner
  readonly source: FakeSource
  readonly reader: SeqlockReader
}

export async function makeWorld(
  options: SeqlockOptions,
  readerOptions: OpenReaderOptions = {},
  device: FakeDevice = new FakeDevice(),
): Promise<World> {
  await prepareRegions()
  const context = publishContext(device)
  const { entry, owner } = seqlock(options).publish(context)
  const queuePair = device.createQueuePair()
  const remoteHandle = device.importRegion(entry.region).handle
  const source = new FakeSource({ device, queuePair, entry, remoteHandle })
  const reader = await openSeqlock(source, entry, readerOptions)
  return { device, queuePair, context, entry, owner, source, reader }
}

/** What the session does when it replaces the queue pair, or learns of a later incarnation. */
export function rebind(source: FakeSource, change: Partial<RemoteBinding>): void {
  if (source.state instanceof UntornError) throw source.state
  source.state = { ...source.state, ...change }
}

/** A payload whose every byte depends on the version and its place. */
export function payloadOf(version: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (version * 31 + index * 7) & 0xff)
}

/** The code of what `work` throws or rejects with. */
export async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
  return undefined
}
