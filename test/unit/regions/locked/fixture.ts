// A locked region on one device of a simulated fabric and a peer's handle on another, without a session:
// the test says when a claim ends, and what an eviction comes to.
import { onTestFinished } from 'vitest'
import { UntornError } from '../../../../src/errors.ts'
import type { Device, QueuePair } from '../../../../src/fabric/contract.ts'
import { openLoopback } from '../../../../src/fabric/loopback.ts'
import type {
  BindingSource,
  CatalogueEntry,
  Claim,
  ClaimHandler,
  ClaimHolder,
  Grant,
  RemoteBinding,
} from '../../../../src/regions/contract.ts'
import { prepareRegions } from '../../../../src/regions/kernels.ts'
import {
  type LockedOwner,
  type LockedReader,
  type LockedRegionOptions,
  lockedRegion,
  openLocked,
} from '../../../../src/regions/locked/index.ts'
import {
  type QueuePairFaults,
  type SimulatedFabric,
  simulatedFabric,
} from '../../../../src/simulation/device/index.ts'

export const BYTES = 64

/** A peer's claim, with the owner's view of it. */
export class TestClaim implements Claim, ClaimHolder {
  readonly kind = 'lock'
  readonly id: number
  readonly peer = 'peer'
  readonly binding: RemoteBinding
  readonly windows: Claim['windows']
  readonly parameters: Claim['parameters']
  ended: UntornError | undefined
  onEnded = null
  onNotice = null
  /** What the next evictions fail with. */
  busy = 0
  readonly #handler: ClaimHandler

  constructor(
    id: number,
    binding: RemoteBinding,
    handler: ClaimHandler,
    change: (grant: Grant) => Grant,
  ) {
    this.id = id
    this.binding = binding
    this.#handler = handler
    const grant = change(handler.claim(this))
    this.parameters = grant.parameters
    this.windows = grant.windows.map(({ offset, region }) => {
      const remote = binding.device.importRegion(region)
      return { offset, lengthBytes: remote.byteLength, handle: remote.handle }
    })
  }

  async evict(why: string): Promise<void> {
    if (this.busy > 0) {
      this.busy -= 1
      throw new UntornError('ERR_UNTORN_BUSY', 'the peer is stopped')
    }
    await this.binding.queuePair.close()
    this.end(why)
  }

  notify(): boolean {
    return true
  }

  release(): Promise<void> {
    this.end('given back')
    return Promise.resolve()
  }

  /** Nothing of it lands any more. */
  end(why: string): void {
    if (this.ended !== undefined) return
    this.ended = new UntornError('ERR_UNTORN_EVICTED', why)
    this.#handler.ended(this)
  }
}

export interface TestPeer {
  readonly region: LockedReader
  readonly queuePair: QueuePair
  readonly faults: QueuePairFaults
  /** The latest. */
  readonly claim: () => TestClaim
  /** Keeps claims from being granted until what it returns is called. */
  readonly granting: { hold(): () => void }
  /** Regions of the device of peers: what landing memory there is. */
  readonly landings: () => number
}

export interface LockedWorld {
  readonly fabric: SimulatedFabric
  readonly owner: LockedOwner
  readonly entry: CatalogueEntry
  /** Queue pairs of the owner's device, in the order of their creation. */
  readonly owned: readonly QueuePair[]
  /** Whether the owner can have no further loopback. */
  readonly refusing: { now: boolean }
  readonly newPeer: (change?: (grant: Grant) => Grant) => Promise<TestPeer>
}

export async function lockedWorld(
  options: Partial<LockedRegionOptions> = {},
): Promise<LockedWorld> {
  await prepareRegions()
  const fabric = simulatedFabric({ model: 'minimal' })
  const [far, near] = [fabric.openDevice('far'), fabric.openDevice('near')] as const
  const owned = recordQueuePairs(far)
  const refusing = { now: false }
  const { entry, owner, claims } = lockedRegion({
    bytes: BYTES,
    ...options,
  }).publish({
    device: far,
    name: 'shared',
    loopback: (window) => {
      if (refusing.now) throw new UntornError('ERR_UNTORN_SYSTEM', 'no queue pair is left')
      return openLoopback(far, window)
    },
    withdraw: () => Promise.resolve(),
    onClosed: () => undefined,
  })
  onTestFinished(async () => {
    await owner.close()
    await near.close()
    await far.close()
  })
  let lastId = 0
  const newPeer = async (change = (grant: Grant) => grant): Promise<TestPeer> => {
    const queuePair = near.createQueuePair()
    const farPair = far.createQueuePair()
    queuePair.connect(farPair.endpoint)
    farPair.connect(queuePair.endpoint)
    const remoteHandle = near.importRegion(entry.region).handle
    const binding: RemoteBinding = {
      device: near,
      queuePair,
      entry,
      remoteHandle,
    }
    let claim: TestClaim | undefined
    let granted = Promise.resolve()
    const source: BindingSource = {
      current: () => binding,
      transportFailed: (status) => new UntornError('ERR_UNTORN_REMOTE', `${status}`, { status }),
      recovery: () => null,
      claim: async () => {
        await granted
        claim = new TestClaim(++lastId, binding, claims as ClaimHandler, change)
        return claim
      },
      release: () => undefined,
    }
    const region = await openLocked(source, entry)
    return {
      region,
      queuePair,
      faults: fabric.faults(queuePair),
      claim: () => claim as TestClaim,
      granting: {
        hold: () => {
          let grant = (): void => undefined
          granted = new Promise((resolve) => (grant = resolve))
          return grant
        },
      },
      landings: () => near.accounting().regions,
    }
  }
  return { fabric, owner, entry, owned, refusing, newPeer }
}

function recordQueuePairs(device: Device): readonly QueuePair[] {
  const queuePairs: QueuePair[] = []
  const create = device.createQueuePair.bind(device)
  device.createQueuePair = (options) => {
    const queuePair = create(options)
    queuePairs.push(queuePair)
    return queuePair
  }
  return queuePairs
}

export function payloadOf(number: number): Uint8Array {
  return new Uint8Array(BYTES).fill(number)
}

export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
