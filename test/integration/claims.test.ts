// Goal: claims over a real device: a granted window takes the peer's WRITEs and nothing else does; what
// is evicted lands nowhere any more; notices arrive once each, however slow the peer; an owner reaches
// its own memory by loopback. Method: host and peer in one process, each with a device of its own.
import { expect, onTestFinished, test } from 'vitest'
import { randomInt } from 'node:crypto'
import { UntornError } from '../../src/errors.ts'
import type { Device, MemoryRegion } from '../../src/fabric/contract.ts'
import type { Loopback } from '../../src/fabric/loopback.ts'
import { OperationFlags, Opcode } from '../../src/fabric/operation-ring.ts'
import { Status } from '../../src/fabric/status.ts'
import { openDevice } from '../../src/index.ts'
import type {
  BindingSource,
  Claim,
  ClaimHandler,
  ClaimHolder,
  Grant,
  OwnerHandle,
  PublishContext,
  RegionSpec,
} from '../../src/regions/contract.ts'
import { connectWith } from '../../src/session/connect.ts'
import type { Host } from '../../src/session/host.ts'
import { listen } from '../../src/session/listen.ts'
import { simulatedFabric } from '../../src/simulation/device/index.ts'
import { SHARED_MEMORY_DEVICE } from '../../src/fabric/open-device.ts'

const ROW_BYTES = 64
const REGION_BYTES = 4096

/** A region of which each claim opens a row of 64 bytes. */
class RowOwner implements OwnerHandle, ClaimHandler {
  readonly memory: MemoryRegion
  readonly held: ClaimHolder[] = []
  readonly over: ClaimHolder[] = []
  readonly #context: PublishContext
  #closing: Promise<void> | undefined

  constructor(memory: MemoryRegion, context: PublishContext) {
    this.memory = memory
    this.#context = context
  }

  claim(holder: ClaimHolder): Grant {
    const offset = ROW_BYTES * (1 + this.held.length)
    const window = this.memory.window(offset, ROW_BYTES, { remoteWrite: true })
    this.held.push(holder)
    return { windows: [{ offset, region: window.descriptor }], parameters: {} }
  }

  ended(holder: ClaimHolder): void {
    this.over.push(holder)
  }

  loopback(): Loopback {
    const rights = { remoteRead: true, remoteAtomic: true, remoteWrite: true }
    return this.#context.loopback(this.memory.window(0, REGION_BYTES, rights).descriptor)
  }

  close(): Promise<void> {
    this.#closing ??= this.#context
      .withdraw()
      .then(() => this.memory.close())
      .then(() => this.#context.onClosed())
    return this.#closing
  }
}

function rows(): RegionSpec<RowOwner> {
  return {
    protocol: 'seqlock',
    publish: (context) => {
      const memory = context.device.allocate(REGION_BYTES, { remoteRead: true })
      const owner = new RowOwner(memory, context)
      const entry = {
        name: context.name,
        protocol: 'seqlock',
        strategy: 'hash',
        layoutVersion: 1,
        capacityBytes: 64,
        generation: randomInt(1, 2 ** 48 - 1),
        rights: ['read'],
        hashKey: '1f',
        region: memory.descriptor,
        parameters: {},
        schema: '',
      } as const
      return { entry, owner, claims: owner }
    },
  }
}

/** A reader that does nothing but hold its source. */
class Holder {
  readonly source: BindingSource

  constructor(source: BindingSource) {
    this.source = source
  }

  close(): void {
    this.source.release()
  }
}

interface World {
  readonly hostDevice: Device
  readonly device: Device
  readonly host: Host
  readonly owner: RowOwner
  readonly source: BindingSource
  readonly landing: MemoryRegion
}

async function start(devices: readonly [Device, Device]): Promise<World> {
  const [hostDevice, device] = devices
  const host = await listen(hostDevice, { port: 0, host: '127.0.0.1' })
  const owner = host.publish('rows', rows())
  const peer = await connectWith(
    { seqlock: (source: BindingSource) => new Holder(source) },
    device,
    {
      host: '127.0.0.1',
      port: host.port,
    },
  )
  const { source } = await peer.open('rows')
  const landing = device.allocate(ROW_BYTES)
  onTestFinished(async () => {
    await peer.close()
    await host.close()
    await landing.close()
    for (const each of devices) {
      expect(each.accounting()).toMatchObject({ regions: 0, remoteRegions: 0, queuePairs: 0 })
      await each.close()
    }
  })
  return { hostDevice, device, host, owner, source, landing }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Writes the landing row to where the claim says. */
function write(world: World, claim: Claim, handle: number, offset = 0): number {
  const { queuePair } = claim.binding
  const id = queuePair.nextId()
  queuePair.ring.push(Opcode.Write, 0, id, world.landing.handle, 0, handle, offset, ROW_BYTES)
  return queuePair.submitAndPoll(1_000_000)
}

const fabrics: Readonly<Record<string, () => Promise<[Device, Device]>>> = {
  device: async () => {
    const name = process.env['UNTORN_DEVICE']
    return [await openDevice(name), await openDevice(name)]
  },
  simulation: () => {
    const fabric = simulatedFabric({ model: 'minimal' })
    return Promise.resolve([fabric.openDevice('host'), fabric.openDevice('peer')])
  },
}

// A simulated device is the same wherever it runs: once, where the real one is shared memory.
const here = Object.entries(fabrics).filter(
  ([name]) => name === 'device' || process.env['UNTORN_DEVICE'] === SHARED_MEMORY_DEVICE,
)

for (const [name, devices] of here) {
  test(`${name}: a granted row takes WRITEs, the region itself does not`, async () => {
    const world = await start(await devices())
    const claim = await world.source.claim('pin')
    world.landing.bytes.fill(7)
    expect(write(world, claim, claim.windows[0]?.handle as number)).toBe(Status.Success)
    expect(world.owner.memory.slice(ROW_BYTES, 2).join()).toBe('7,7')
    expect(write(world, claim, claim.binding.remoteHandle)).toBe(Status.AccessDenied)
  })

  test(`${name}: what is evicted lands nowhere, and the peer claims anew`, async () => {
    const world = await start(await devices())
    const claim = await world.source.claim('pin')
    const handle = claim.windows[0]?.handle as number
    await world.owner.held[0]?.evict('test')
    expect(world.owner.over).toEqual(world.owner.held)
    world.landing.bytes.fill(9)
    expect(write(world, claim, handle)).not.toBe(Status.Success)
    expect(world.owner.memory.slice(ROW_BYTES, 1).join()).toBe('0')
    await until(() => claim.ended !== undefined)
    await world.source.recovery()
    const next = await world.source.claim('pin')
    expect(write(world, next, next.windows[0]?.handle as number)).toBe(Status.Success)
    expect(world.owner.memory.slice(2 * ROW_BYTES, 1).join()).toBe('9')
  })

  test(`${name}: notices arrive once each, in order, those before anybody listened, too`, async () => {
    const world = await start(await devices())
    const [first, second] = [await world.source.claim('watch'), await world.source.claim('watch')]
    const [one, two] = world.owner.held as [ClaimHolder, ClaimHolder]
    expect(one.notify(Uint8Array.of(1))).toBe(true)
    expect(one.notify(Uint8Array.of(2))).toBe(false)
    const got: number[] = []
    const others: number[] = []
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(one.notify(Uint8Array.of(2))).toBe(false)
    first.onNotice = (message) => got.push(...message)
    second.onNotice = (message) => others.push(message.length)
    for (let value = 2; value < 300; value++) {
      await until(() => one.notify(Uint8Array.of(value & 255)))
    }
    expect(two.notify(new Uint8Array(64).fill(5))).toBe(true)
    await until(() => others.length === 1 && got.length === 299)
    expect(got).toEqual(Array.from({ length: 299 }, (_, index) => (index + 1) & 255))
    expect(others).toEqual([64])
    expect(() => two.notify(new Uint8Array(65))).toThrow(RangeError)
    await second.release()
    expect(two.notify(Uint8Array.of(1))).toBe(false)
  })

  test(`${name}: a peer that stands still costs nobody its queue pair`, async () => {
    const world = await start(await devices())
    const claims: Claim[] = []
    for (let index = 0; index < 8; index++) claims.push(await world.source.claim('watch'))
    let heard = 0
    for (const claim of claims) claim.onNotice = () => (heard += 1)
    for (let round = 0; round < 3; round++) {
      for (const holder of world.owner.held) await until(() => holder.notify(Uint8Array.of(round)))
      // Host and peer share this thread: both stand still.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30)
    }
    await until(() => heard === 24)
    expect(claims.map((claim) => claim.ended)).toEqual(claims.map(() => undefined))
  })

  test(`${name}: a peer that posts no receives is evicted, not left without news`, async () => {
    const [hostDevice, device] = await devices()
    const create = device.createQueuePair.bind(device)
    device.createQueuePair = (options) => {
      const queuePair = create(options)
      queuePair.postReceives = () => {
        queuePair.ring.clear()
        return Status.Success
      }
      return queuePair
    }
    const world = await start([hostDevice, device])
    const claim = await world.source.claim('watch')
    world.owner.held[0]?.notify(Uint8Array.of(1))
    await until(() => claim.ended !== undefined)
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_EVICTED' })
    expect([world.owner.over.length, world.host.statistics.evictions]).toEqual([1, 1])
  })

  test(`${name}: an owner swaps a word of its own by loopback`, async () => {
    const world = await start(await devices())
    const loopback = world.owner.loopback()
    const landing = world.hostDevice.allocate(64)
    const { ring } = loopback.queuePair
    const words = new BigUint64Array(landing.bytes.buffer, landing.bytes.byteOffset, 8)
    const swap = (expected: bigint, desired: bigint): bigint => {
      const id = loopback.queuePair.nextId()
      const { remoteHandle } = loopback
      ring.push(Opcode.CompareAndSwap, 0, id, landing.handle, 0, remoteHandle, 0, 8)
      ring.operands(expected, desired)
      ring.push(Opcode.Read, OperationFlags.Fence, id, landing.handle, 8, remoteHandle, 0, 8)
      expect(loopback.queuePair.submitAndPoll(1_000_000)).toBe(Status.Success)
      return words[0] as bigint
    }
    expect([swap(0n, 5n), words[1]]).toEqual([0n, 5n])
    expect([swap(0n, 6n), words[1]]).toEqual([5n, 5n])
    await loopback.close()
    await loopback.close()
    await landing.close()
  })

  test(`${name}: a withdrawal ends the claims before the memory goes`, async () => {
    const world = await start(await devices())
    const claim = await world.source.claim('pin')
    await world.owner.close()
    expect(world.owner.over).toHaveLength(1)
    expect(claim.ended).toBeInstanceOf(UntornError)
  })
}
