// An owner's way to its own memory through its device: two queue pairs of the device, connected to each
// other. Where the device's atomics and the CPU's do not see each other, an owner swaps a word that its
// peers swap by this, and by nothing else.
//
// Invariant: what goes through it is ordered like any peer's operations, and `close` ends all of it.
import type { Device, QueuePair, QueuePairOptions, RegionDescriptor } from './contract.ts'

export interface Loopback {
  readonly device: Device
  readonly queuePair: QueuePair
  /** Handle of the region, for operation records on `queuePair`. */
  readonly remoteHandle: number
  /** Ends what is in flight; then nothing of it touches memory any more. Idempotent. */
  close(): Promise<void>
}

/**
 * Connects a device to a region of its own, with the rights of the descriptor: that of a window whose
 * key is given to nobody else. Two queue pairs, one import.
 * @throws UntornError ERR_UNTORN_NO_GID, ERR_UNTORN_CLOSED, ERR_UNTORN_SYSTEM; nothing is left behind
 */
export function openLoopback(
  device: Device,
  region: RegionDescriptor,
  options: QueuePairOptions = {},
): Loopback {
  const queuePair = device.createQueuePair(options)
  let far: QueuePair | undefined
  try {
    // Nothing is sent to the far end: its queues need no depth.
    far = device.createQueuePair({ ...options, sendDepth: 1, receiveDepth: 1 })
    queuePair.connect(far.endpoint)
    far.connect(queuePair.endpoint)
    return new DeviceLoopback(device, queuePair, far, device.importRegion(region))
  } catch (error) {
    // Nothing was posted, so that neither can be busy.
    void queuePair.close()
    void far?.close()
    throw error
  }
}

class DeviceLoopback implements Loopback {
  readonly device: Device
  readonly queuePair: QueuePair
  readonly remoteHandle: number
  readonly #far: QueuePair
  readonly #remote: { close(): boolean }

  constructor(
    device: Device,
    queuePair: QueuePair,
    far: QueuePair,
    remote: { readonly handle: number; close(): boolean },
  ) {
    this.device = device
    this.queuePair = queuePair
    this.remoteHandle = remote.handle
    this.#far = far
    this.#remote = remote
  }

  async close(): Promise<void> {
    await this.queuePair.close()
    await this.#far.close()
    // The queue pair let go of it; a device that is gone has forgotten it.
    this.#remote.close()
  }
}
