// Goal: an RCU cell over a real device and a simulated one: objects of any size, read whole; what a guard
// shows stays; what nobody sees comes back; peers write beside the owner and nothing is lost. Method:
// host and peers in one process, each with a device of its own; objects prove their version.
import { expect, onTestFinished, test } from 'vitest'
import {
  type Device,
  type Host,
  type Peer,
  type RcuCellOwner,
  type RcuCellReader,
  UntornError,
  connect,
  listen,
  openDevice,
  rcuCell,
} from '../../src/index.ts'
import type { RcuCellOptions } from '../../src/index.ts'
import { simulatedFabric } from '../../src/simulation/device/index.ts'
import { SHARED_MEMORY_DEVICE } from '../../src/fabric/open-device.ts'

const OBJECT_BYTES_MAX = 1000

interface World {
  readonly device: () => Promise<Device>
  readonly hostDevice: Device
  readonly host: Host
  readonly owner: RcuCellOwner
  readonly peer: Peer
  readonly reader: RcuCellReader
}

/** Version v is v as often as its length says, so that bytes of two versions show. */
function objectOf(version: number): Uint8Array {
  return new Uint8Array((version * 97) % OBJECT_BYTES_MAX).fill(version & 255)
}

function expectWhole({ version, bytes }: { version: number; bytes: Uint8Array }): void {
  const wanted = objectOf(version)
  expect([version, bytes.length]).toEqual([version, wanted.length])
  expect(bytes.every((byte) => byte === (version & 255))).toBe(true)
}

const fabrics: Readonly<Record<string, () => () => Promise<Device>>> = {
  device: () => () => openDevice(process.env['UNTORN_DEVICE']),
  simulation: () => {
    const fabric = simulatedFabric({ model: 'minimal' })
    let count = 0
    return () => Promise.resolve(fabric.openDevice(`host ${count++}`))
  },
}

async function start(
  device: () => Promise<Device>,
  options: Partial<RcuCellOptions> = {},
): Promise<World> {
  const hostDevice = await device()
  const host = await listen(hostDevice, { port: 0, host: '127.0.0.1' })
  const cell = { bytes: 64 * 1024, objectBytesMax: OBJECT_BYTES_MAX, poison: true, ...options }
  const owner = host.publish('cell', rcuCell({ initial: objectOf(1), ...cell }))
  const peerDevice = await device()
  const peer = await connect(peerDevice, { host: '127.0.0.1', port: host.port })
  const reader = await peer.open('cell', { protocol: 'rcu-cell' })
  onTestFinished(async () => {
    await peer.close()
    await host.close()
    for (const each of [hostDevice, peerDevice]) {
      expect(each.accounting()).toMatchObject({ regions: 0, remoteRegions: 0, queuePairs: 0 })
      await each.close()
    }
  })
  return { device, hostDevice, host, owner, peer, reader }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

// A simulated device is the same wherever it runs: once, where the real one is shared memory.
const here = Object.entries(fabrics).filter(
  ([name]) => name === 'device' || process.env['UNTORN_DEVICE'] === SHARED_MEMORY_DEVICE,
)

for (const [name, makeFabric] of here) {
  test(`${name}: objects of any size are read whole, in every shape of a read`, async () => {
    const { owner, reader } = await start(makeFabric())
    expectWhole(await reader.read())
    for (let version = 2; version < 60; version++) {
      expect(owner.store(objectOf(version))).toBe(version)
      expectWhole(reader.readSync())
      expectWhole(await reader.read())
      expectWhole(await reader.readInto(new Uint8Array(OBJECT_BYTES_MAX)))
      expect(await reader.readIfChanged(version)).toBeUndefined()
      expect(reader.readIfChangedSync(version)).toBeUndefined()
      expectWhole(reader.readIfChangedSync(version - 1) as { version: number; bytes: Uint8Array })
    }
    await expect(reader.readInto(new Uint8Array(3))).rejects.toMatchObject({
      code: 'ERR_UNTORN_OUT_OF_BOUNDS',
    })
    expect(owner.statistics).toMatchObject({ writes: 58, retired: 0, reclaimed: 58 })
  })

  test(`${name}: the owner loads, swaps, compares and updates`, async () => {
    const { owner, reader } = await start(makeFabric(), { initial: Uint8Array.of(1) })
    expect(owner.load()).toEqual({ version: 1, bytes: Uint8Array.of(1) })
    expect(owner.swap(Uint8Array.of(2))).toEqual({ version: 1, bytes: Uint8Array.of(1) })
    expect(owner.compareAndSwap(1, Uint8Array.of(9))).toBeUndefined()
    expect(owner.compareAndSwap(2, Uint8Array.of(3))).toBe(3)
    expect(owner.update((bytes) => Uint8Array.of(...bytes, 4))).toBe(4)
    expect(await reader.read()).toEqual({ version: 4, bytes: Uint8Array.of(3, 4) })
    const thrower = (): never => {
      throw new Error('no')
    }
    expect(() => owner.update(thrower)).toThrow('no')
    expect(() => owner.store(new Uint8Array(OBJECT_BYTES_MAX + 1))).toThrow(RangeError)
    expect(owner.statistics).toMatchObject({ writes: 3, aborts: 1 })
    const denied = { code: 'ERR_UNTORN_DENIED' }
    await expect(reader.update((bytes) => bytes)).rejects.toMatchObject(denied)
  })

  test(`${name}: what a guard shows stays until it is released`, async () => {
    const { owner, reader } = await start(makeFabric(), { leaseMs: 5000 })
    owner.store(objectOf(2))
    {
      using guard = await reader.pin()
      const shown = guard.current()
      expect([shown.version, shown.byteLength]).toEqual([2, objectOf(2).length])
      for (let version = 3; version < 40; version++) owner.store(objectOf(version))
      expectWhole({ version: 2, bytes: await shown.read() })
      expectWhole({ version: 2, bytes: shown.readSync() })
      expect((await shown.read(10, 20)).length).toBe(20)
      expectWhole(await guard.load())
      expectWhole(guard.loadSync())
      expect(guard.current().version).toBe(39)
      expectWhole({ version: 2, bytes: await shown.read() })
      expect(owner.statistics).toMatchObject({ retired: 37, readers: 1, oldestPin: { version: 0 } })
      expect(guard.remainingMs()).toBeGreaterThan(1000)
      await expect(shown.read(10, 2000)).rejects.toMatchObject({ code: 'ERR_UNTORN_OUT_OF_BOUNDS' })
    }
    await owner.synchronize()
    await until(() => owner.statistics.retired === 0)
    expect(owner.statistics.oldestPin).toBeUndefined()
  })

  test(`${name}: a full heap fails without harm, and has room again when the guard goes`, async () => {
    const { owner, reader } = await start(makeFabric(), { bytes: 4096, leaseMs: 5000 })
    const guard = await reader.pin()
    const full = expect.objectContaining({ code: 'ERR_UNTORN_HEAP_EXHAUSTED' })
    const big = new Uint8Array(OBJECT_BYTES_MAX)
    expect(() => {
      for (;;) owner.store(big)
    }).toThrow(full)
    const { version } = owner
    expect((await reader.read()).version).toBe(version)
    expectWhole({ version: 1, bytes: await guard.current().read() })
    guard.release()
    guard.release()
    await until(() => owner.statistics.retired === 0)
    expect(owner.store(big)).toBe(version + 1)
    await expect(guard.load()).rejects.toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
  })

  test(`${name}: a guard outlives its lease only by renewal`, async () => {
    const { owner, reader } = await start(makeFabric(), { leaseMs: 300 })
    const guard = await reader.pin()
    for (let round = 0; round < 6; round++) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      await guard.renew()
    }
    owner.store(objectOf(2))
    expectWhole({ version: 1, bytes: await guard.current().read() })
    // The reader is silent: the owner waits for the lease, and goes on without it.
    await owner.synchronize()
    expect(guard.remainingMs()).toBe(0)
    const expired = { code: 'ERR_UNTORN_LEASE_EXPIRED' }
    await expect(guard.current().read()).rejects.toMatchObject(expired)
    await expect(guard.renew()).rejects.toMatchObject(expired)
    await expect(guard.load()).rejects.toMatchObject(expired)
    expect(owner.statistics).toMatchObject({ expirations: 1, retired: 0 })
    using next = await reader.pin()
    expectWhole({ version: 2, bytes: await next.current().read() })
  })

  test(`${name}: an online reader pins without a WRITE, and goes offline`, async () => {
    // Renewed three times a lease: a machine may be too busy for a short one.
    const { owner, reader } = await start(makeFabric(), { leaseMs: 1200 })
    await reader.online()
    for (let version = 2; version < 12; version++) {
      owner.store(objectOf(version))
      using guard = await reader.pin()
      expectWhole({ version, bytes: await guard.current().read() })
      await new Promise((resolve) => setTimeout(resolve, 140))
    }
    await owner.synchronize()
    expect(owner.statistics.expirations).toBe(0)
    reader.offline()
    reader.offline()
    await until(() => {
      // Each waits for nothing, and scans.
      void owner.synchronize()
      return owner.statistics.oldestPin === undefined
    })
  })

  test(`${name}: grace periods: poll, call and barrier, in order`, async () => {
    const { owner, reader } = await start(makeFabric(), { leaseMs: 5000 })
    const guard = await reader.pin()
    owner.store(objectOf(2))
    const calls: number[] = []
    const cookie = owner.startPoll()
    owner.call(() => calls.push(1))
    owner.call(() => calls.push(2))
    const barrier = owner.barrier()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([owner.poll(cookie), calls]).toEqual([false, []])
    const aborted = { code: 'ERR_UNTORN_ABORTED' }
    const signal = AbortSignal.timeout(5)
    await expect(owner.synchronize({ signal })).rejects.toMatchObject(aborted)
    guard.release()
    await barrier
    expect([owner.poll(cookie), calls]).toEqual([true, [1, 2]])
    expect(() => owner.poll(99)).toThrow(RangeError)
  })

  test(`${name}: rows are bounded, come back with their reader, and evicted guards are dead`, async () => {
    const { owner, reader, peer, host, device } = await start(makeFabric(), { readers: 1 })
    const guard = await reader.pin()
    const otherDevice = await device()
    const other = await connect(otherDevice, { host: '127.0.0.1', port: host.port })
    const second = await other.open('cell', { protocol: 'rcu-cell' })
    await expect(second.pin()).rejects.toMatchObject({ code: 'ERR_UNTORN_DENIED' })
    expectWhole(await second.read())
    owner.store(objectOf(2))
    await peer.close()
    await until(() => owner.statistics.readers === 0)
    await until(() => owner.statistics.retired === 0)
    await expect(guard.load()).rejects.toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
    await second.pin()
    await other.close()
    await otherDevice.close()
  })

  test(`${name}: the owner’s close ends reads, guards and waits`, async () => {
    const { owner, reader } = await start(makeFabric(), { leaseMs: 5000 })
    const guard = await reader.pin()
    owner.store(objectOf(2))
    const waits = Promise.all([owner.synchronize(), owner.barrier()])
    await owner.close()
    await waits
    const failure = await guard.load().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UntornError)
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
    expect(() => owner.store(objectOf(3))).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_CLOSED' }),
    )
    expect(() => owner.load()).toThrow(expect.objectContaining({ code: 'ERR_UNTORN_CLOSED' }))
  })

  test(`${name}: peers and owner update one cell, and no update is lost`, async () => {
    const { owner, reader, device, host } = await start(makeFabric(), {
      writers: 2,
      initial: new Uint8Array(8),
    })
    const otherDevice = await device()
    const other = await connect(otherDevice, { host: '127.0.0.1', port: host.port })
    const second = await other.open('cell', { protocol: 'rcu-cell' })
    const increment = (bytes: Uint8Array): Uint8Array => {
      const next = new Uint8Array(8 + (bytes[0] as number))
      next.set(bytes.subarray(0, 8))
      new DataView(next.buffer).setUint32(0, new DataView(next.buffer).getUint32(0, true) + 1, true)
      return next
    }
    const rounds = 60
    const work = [reader, second].map(async (each) => {
      for (let round = 0; round < rounds; round++) await each.update(increment)
    })
    for (let round = 0; round < rounds; round++) {
      owner.update(increment)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(work)
    const { version, bytes } = owner.load()
    expect(version).toBe(1 + 3 * rounds)
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)).toBe(3 * rounds)
    expect(await reader.read()).toEqual({ version, bytes })
    expect(await reader.compareAndSwap(version - 1, bytes)).toBeUndefined()
    expect(await reader.compareAndSwap(version, Uint8Array.of(7))).toBe(version + 1)
    expect(owner.swap(Uint8Array.of(8))).toEqual({ version: version + 1, bytes: Uint8Array.of(7) })
    await other.close()
    await otherDevice.close()
    await until(() => owner.statistics.writers === 1)
    await until(() => owner.statistics.retired === 0)
  })
}

test('a loop of operations that all end at once lets the event loop turn', async () => {
  const { owner, reader } = await start(fabrics['device']?.() as () => Promise<Device>, {
    writers: 1,
    leaseMs: 60_000,
  })
  let turns = 0
  const turn = (): void => {
    turns += 1
    timer = setImmediate(turn)
  }
  let timer = setImmediate(turn)
  using guard = await reader.pin()
  for (const operation of [
    () => guard.load(),
    () => guard.current().read(),
    async () => (await reader.pin()).release(),
  ]) {
    turns = 0
    for (let count = 0; count < 640; count++) await operation()
    expect(turns).toBeGreaterThan(5)
  }
  guard.release()
  turns = 0
  for (let count = 0; count < 200; count++) await reader.update((bytes) => bytes)
  expect(turns).toBeGreaterThan(2)
  clearImmediate(timer)
  expect(owner.load().version).toBe(201)
})
