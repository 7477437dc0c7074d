// What the devices of one simulated fabric know of each other: keys of regions, numbers of queue
// pairs. Invariant: neither is used twice, so a key that was dead stays dead.
import { randomInt } from 'node:crypto'
import { UntornError, argumentRangeError } from '../../errors.ts'
import type { NativeEndpoint, NativeRegionDescriptor } from '../../native/binding.ts'
import { type RemoteKey, SimulatedMemory } from '../simulated-memory.ts'

/** A region, or a window into one. */
interface KnownRegion {
  readonly memory: SimulatedMemory
  readonly start: number
  readonly lengthBytes: number
  /** NativeAccess mask. */
  readonly access: number
  /** A peer has its descriptor. */
  readonly onImport: () => void
}

/** What a descriptor leads to. */
export interface FoundRegion {
  readonly key: RemoteKey
  readonly memory: SimulatedMemory
  readonly start: number
}

/** A key that can be taken back while the memory stays. */
class DirectoryKey implements RemoteKey {
  readonly region: KnownRegion
  open = true

  constructor(region: KnownRegion) {
    this.region = region
  }

  get valid(): boolean {
    return this.open && this.region.memory.valid
  }
}

export class Directory<QueuePair> {
  /**
   * Tells this fabric's endpoints and descriptors from those of another one, perhaps in another
   * process. Random, but no part of the simulated world: nothing in it depends on the value.
   */
  readonly identity: string = String(randomInt(1, 2 ** 48 - 1))
  readonly #keys = new Map<number, DirectoryKey>()
  readonly #queuePairs = new Map<number, QueuePair>()
  /** What a dead key leads to: operations on it fail at the responder. */
  readonly #nowhere: FoundRegion
  #lastKey = 0
  #lastNumber = 0

  constructor() {
    const nothing = new SimulatedMemory('nothing', -1, 0)
    nothing.valid = false
    this.#nowhere = { key: nothing, memory: nothing, start: 0 }
  }

  addRegion(region: KnownRegion): NativeRegionDescriptor & { remoteKey: number } {
    this.#lastKey += 1
    this.#keys.set(this.#lastKey, new DirectoryKey(region))
    return {
      provider: 'simulation',
      lengthBytes: region.lengthBytes,
      access: region.access & ~1,
      inode: this.identity,
      remoteKey: this.#lastKey,
    }
  }

  /** Operations that use the key fail from now on, those in flight as well. */
  removeRegion(remoteKey: number): void {
    const key = this.#keys.get(remoteKey)
    if (key !== undefined) key.open = false
    this.#keys.delete(remoteKey)
  }

  /**
   * The memory behind a descriptor; by a key that is not valid when it is dead, or the descriptor
   * claims more than the region grants.
   * @throws RangeError ERR_UNTORN_ARGUMENT for what is no descriptor of a simulated region
   */
  findRegion(descriptor: NativeRegionDescriptor): FoundRegion {
    assertSimulated('region', descriptor.provider)
    const { lengthBytes, access, remoteKey, inode } = descriptor
    if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 1 || (access & ~0b1110) !== 0) {
      throw argumentRangeError('this is no descriptor of a region')
    }
    const key = inode === this.identity ? this.#keys.get(remoteKey ?? 0) : undefined
    if (key === undefined) return this.#nowhere
    const { region } = key
    const fits = lengthBytes <= region.lengthBytes && (access & ~region.access) === 0
    if (!fits) return this.#nowhere
    region.onImport()
    return { key, memory: region.memory, start: region.start }
  }

  addQueuePair(
    create: (endpoint: NativeEndpoint & { queuePairNumber: number }) => QueuePair,
  ): QueuePair {
    this.#lastNumber += 1
    const queuePair = create({
      provider: 'simulation',
      inode: this.identity,
      queuePairNumber: this.#lastNumber,
    })
    this.#queuePairs.set(this.#lastNumber, queuePair)
    return queuePair
  }

  removeQueuePair(endpoint: NativeEndpoint): void {
    this.#queuePairs.delete(endpoint.queuePairNumber ?? 0)
  }

  /**
   * @throws UntornError ERR_UNTORN_PEER_LOST when it is closed, or of another fabric
   * @throws RangeError ERR_UNTORN_ARGUMENT for an endpoint of another provider
   */
  findQueuePair(endpoint: NativeEndpoint): QueuePair {
    assertSimulated('endpoint', endpoint.provider)
    const ours = endpoint.inode === this.identity
    const queuePair = ours ? this.#queuePairs.get(endpoint.queuePairNumber ?? 0) : undefined
    if (queuePair !== undefined) return queuePair
    const why = ours ? 'it was closed' : 'it belongs to another simulated fabric'
    throw new UntornError('ERR_UNTORN_PEER_LOST', `no queue pair answers there: ${why}`)
  }
}

function assertSimulated(what: string, provider: string): void {
  if (provider === 'simulation') return
  throw argumentRangeError(`the ${what} is of provider "${provider}", this device of "simulation"`)
}
