// What a simulated queue pair needs of the device that it belongs to.
import type { NativeEndpoint } from '../../native/binding.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { HandleTable } from './handle-table.ts'
import type { Pump } from './pump.ts'
import type { QueuePairSurface } from './queue-pair-surface.ts'
import type { LocalSlot, RemoteSlot } from './slots.ts'

export interface QueuePairHome {
  readonly pump: Pump
  readonly locals: HandleTable<LocalSlot>
  readonly remotes: HandleTable<RemoteSlot>
  readonly sendBytesMax: number
  /** Number of the device's NIC. */
  readonly nic: number
  /** What the device's CPU stored so far is visible. */
  fence(): void
  /** @throws UntornError ERR_UNTORN_PEER_LOST; RangeError ERR_UNTORN_ARGUMENT */
  findQueuePair(endpoint: NativeEndpoint): QueuePairSurface
  /** The engine's side of a queue pair whose responder is NIC `nic`. */
  addQueuePair(nic: number, sendDepth: number): SimulatedQueuePair
  removeQueuePair(engine: SimulatedQueuePair): void
  closed(queuePair: QueuePairSurface): void
}
