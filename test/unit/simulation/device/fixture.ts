// An owner and a reader on two devices of one simulated fabric, without the session: the test decides
// what a transport failure means.
import { onTestFinished } from 'vitest'
import { UntornError } from '../../../../src/errors.ts'
import type { Device, QueuePair } from '../../../../src/fabric/contract.ts'
import { openLoopback } from '../../../../src/fabric/loopback.ts'
import type { BindingSource, CatalogueEntry } from '../../../../src/regions/contract.ts'
import { prepareRegions } from '../../../../src/regions/kernels.ts'
import { type OpenReaderOptions, openSeqlock } from '../../../../src/regions/open-seqlock.ts'
import type { SeqlockOwner } from '../../../../src/regions/seqlock-owner.ts'
import type { ReadSyncOptions } from '../../../../src/regions/read-options.ts'
import type { SeqlockReader } from '../../../../src/regions/seqlock-reader.ts'
import { type SeqlockOptions, seqlock } from '../../../../src/regions/seqlock.ts'
import {
  type QueuePairFaults,
  type SimulatedFabric,
  type SimulatedFabricOptions,
  simulatedFabric,
} from '../../../../src/simulation/device/index.ts'

export const BYTES = 64

export interface Hosts {
  readonly fabric: SimulatedFabric
  readonly near: Device
  readonly far: Device
  readonly nearPair: QueuePair
  readonly farPair: QueuePair
  /** Faults of `nearPair`. */
  readonly faults: QueuePairFaults
}

export interface Pair extends Hosts {
  readonly owner: SeqlockOwner
  readonly entry: CatalogueEntry
  readonly reader: SeqlockReader
  /** Closes whatever is open; afterwards nothing may be accounted for. */
  readonly close: () => Promise<void>
}

/** Two devices with a connected queue pair each. */
export function openHosts(options: SimulatedFabricOptions = {}): Hosts {
  const fabric = simulatedFabric(options)
  const near = fabric.openDevice('near')
  const far = fabric.openDevice('far')
  onTestFinished(async () => {
    await near.close()
    await far.close()
  })
  const nearPair = near.createQueuePair()
  const farPair = far.createQueuePair()
  nearPair.connect(farPair.endpoint)
  farPair.connect(nearPair.endpoint)
  return { fabric, near, far, nearPair, farPair, faults: fabric.faults(nearPair) }
}

/** A region published on `far`, and a reader of it on `near`. */
export async function openPair(
  options: SimulatedFabricOptions = {},
  region: Partial<SeqlockOptions> = {},
  readerOptions: OpenReaderOptions = {},
): Promise<Pair> {
  await prepareRegions()
  const hosts = openHosts(options)
  const { near, far, nearPair, farPair } = hosts
  const { entry, owner } = seqlock({ bytes: BYTES, initial: payloadOf(2), ...region }).publish({
    device: far,
    name: 'quotes',
    loopback: (window) => openLoopback(far, window),
    withdraw: () => Promise.resolve(),
    onClosed: () => undefined,
  })
  const remote = near.importRegion(entry.region)
  const binding = { device: near, queuePair: nearPair, entry, remoteHandle: remote.handle }
  const source: BindingSource = {
    current: () => binding,
    transportFailed: (status) => new UntornError('ERR_UNTORN_REMOTE', `${status}`, { status }),
    recovery: () => null,
    claim: () => Promise.reject(new UntornError('ERR_UNTORN_DENIED', 'nothing is granted')),
    release: () => undefined,
  }
  const reader = await openSeqlock(source, entry, readerOptions)
  const close = async (): Promise<void> => {
    await nearPair.close()
    await farPair.close()
    await reader.close()
    await owner.close()
    remote.close()
  }
  return { ...hosts, owner, entry, reader, close }
}

/** Whose version it is can be told from every word of it. */
export function payloadOf(version: number): Uint8Array {
  const payload = new Uint8Array(BYTES)
  new Uint32Array(payload.buffer).forEach((_, index, words) => {
    words[index] = Math.imul(version + 1, 0x9e37_79b1) + index
  })
  return payload
}

/** Both drivers of one reader. */
export const drivers: readonly [
  string,
  (reader: SeqlockReader, options?: ReadSyncOptions) => unknown,
][] = [
  ['the spinning driver', (reader, options) => reader.readSync(options)],
  ['the asynchronous driver', (reader, options) => reader.read(options)],
]

/** Code and status of what `work` throws or rejects with; its result otherwise. */
export async function endOf(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    const { code, status } = error as { code?: unknown; status?: unknown }
    if (code === undefined) throw error
    return status === undefined ? { code } : { code, status }
  }
}
