// What the devices of one simulated fabric know of each other: keys of regions, numbers of queue
// pairs. Invariant: neither is used twice, so a key that was dead stays dead.
import { randomInt } from 'node:crypto'
import { UntornError, argumentRangeError } from '../../errors.ts'
import type { NativeEndpoint, NativeRegionDescriptor } from '../../native/binding.ts'
import { SimulatedMemory } from '../simulated-memory.ts'

interface KnownRegion {
  readonly memory: SimulatedMemory
  readonly access: number
  readonly lengthBytes: number
  readonly onImport: () => void
}

export class Directory<QueuePair> {
  /**
   * Tells this fabric's endpoints and descriptors from those of another one, perhaps in another
   * process. Random, but no part of the simulated world: nothing in it depends on the value.
   */
  readonly identity: string = String(randomInt(1, 2 ** 48 - 1))
  readonly #regions = new Map<number, KnownRegion>()
  readonly #queuePairs = new Map<number, QueuePair>()
  /** What a dead key leads to: operations on it fail at the responder. */
  readonly #nothing: SimulatedMemory = new SimulatedMemory('nothing', -1, 0)
  #lastKey = 0
  #lastNumber = 0

  constructor() {
    this.#nothing.valid = false
  }

  /**
   * @param access NativeAccess mask
   * @param onImport a peer has its descriptor
   */
  addRegion(
    memory: SimulatedMemory,
    access: number,
    onImport: () => void,
  ): NativeRegionDescriptor & { remoteKey: number } {
    this.#lastKey += 1
    const lengthBytes = memory.bytes.length
    this.#regions.set(this.#lastKey, { memory, access, lengthBytes, onImport })
    return {
      provider: 'simulation',
      lengthBytes,
      access: access & ~1,
      inode: this.identity,
      remoteKey: this.#lastKey,
    }
  }

  removeRegion(remoteKey: number): void {
    this.#regions.delete(remoteKey)
  }

  /**
   * The memory behind a descriptor; one that is not valid when the key is dead, or the descriptor
   * claims more than the region grants.
   * @throws RangeError ERR_UNTORN_ARGUMENT for what is no descriptor of a simulated region
   */
  findRegion(descriptor: NativeRegionDescriptor): SimulatedMemory {
    assertSimulated('region', descriptor.provider)
    const { lengthBytes, access, remoteKey, inode } = descriptor
    if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 1 || (access & ~0b1110) !== 0) {
      throw argumentRangeError('this is no descriptor of a region')
    }
    const known = inode === this.identity ? this.#regions.get(remoteKey ?? 0) : undefined
    if (known === undefined || lengthBytes > known.lengthBytes) return this.#nothing
    if ((access & ~known.access) !== 0) return this.#nothing
    known.onImport()
    return known.memory
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
