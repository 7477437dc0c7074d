// Goal: a locked region over a real device and a simulated one: many write and no update is lost, readers
// get whole payloads, and whoever loses its claim learns so, and leaves all of its payload or nothing.
// Method: host and peers in one process, each with a device of its own; payloads are words that all
// equal one number, so that a mixture shows.
import { expect, onTestFinished, test } from 'vitest'
import {
  type Device,
  type Host,
  type LockedOwner,
  type LockedReader,
  type LockedRegionOptions,
  type Peer,
  connect,
  listen,
  lockedRegion,
  openDevice,
} from '../../src/index.ts'
import { simulatedFabric } from '../../src/simulation/device/index.ts'

const BYTES = 256

interface World {
  readonly host: Host
  readonly owner: LockedOwner
  readonly newPeer: () => Promise<{ readonly peer: Peer; readonly region: LockedReader }>
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
  options: Partial<LockedRegionOptions> = {},
): Promise<World> {
  const devices = [await device()]
  const peers: Peer[] = []
  const host = await listen(devices[0] as Device, { port: 0, host: '127.0.0.1' })
  const owner = host.publish('shared', lockedRegion({ bytes: BYTES, ...options }))
  const newPeer = async (): Promise<{ peer: Peer; region: LockedReader }> => {
    const own = await device()
    devices.push(own)
    const peer = await connect(own, { host: '127.0.0.1', port: host.port })
    peers.push(peer)
    return { peer, region: await peer.open('shared', { protocol: 'locked' }) }
  }
  onTestFinished(async () => {
    for (const peer of peers) await peer.close()
    await host.close()
    for (const each of devices) {
      expect(each.accounting()).toMatchObject({ regions: 0, remoteRegions: 0, queuePairs: 0 })
      await each.close()
    }
  })
  return { host, owner, newPeer }
}

/** The number that all words of a payload are. */
function numberOf(bytes: Uint8Array): number {
  const words = new BigUint64Array(bytes.slice().buffer)
  expect(words.every((word) => word === words[0])).toBe(true)
  return Number(words[0])
}

function payloadOf(number: number): Uint8Array {
  return new Uint8Array(new BigUint64Array(BYTES / 8).fill(BigInt(number)).buffer)
}

function increment(bytes: Uint8Array): void {
  bytes.set(payloadOf(numberOf(bytes) + 1))
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}

for (const [name, makeFabric] of Object.entries(fabrics)) {
  test.each(['fenced', 'hash'] as const)(
    `${name}: owner and peers increment, and nothing is lost (%s)`,
    async (strategy) => {
      const { owner, newPeer } = await start(makeFabric(), { strategy })
      const { region: first } = await newPeer()
      const { region: second } = await newPeer()
      const over = new AbortController()
      const reads = (async () => {
        for (let last = 0; !over.signal.aborted;) {
          const { bytes } = await second.read()
          const number = numberOf(bytes)
          expect(number).toBeGreaterThanOrEqual(last)
          last = number
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      const rounds = 20
      const writers = [owner, first, first, second].map(async (handle) => {
        for (let round = 0; round < rounds; round++) await handle.update(increment)
      })
      await Promise.all(writers)
      over.abort()
      await reads
      expect(numberOf((await first.read()).bytes)).toBe(4 * rounds)
      // Each acquisition is two versions, and 2 was there before.
      expect((await first.read()).version).toBe(2 + 2 * 4 * rounds)
      expect(owner.version).toBe(2 + 2 * 4 * rounds)
      expect(first.lockStatistics).toMatchObject({ releases: 2 * rounds, discards: 0 })
      expect(owner.statistics).toMatchObject({ writes: rounds, evictions: 0, ended: 0 })
    },
  )

  test(`${name}: a guard has a private copy, ends once, and discards when it is dropped`, async () => {
    const { owner, newPeer } = await start(makeFabric(), { initial: payloadOf(7) })
    const { region } = await newPeer()
    const guard = await region.acquire()
    expect([guard.version, numberOf(guard.bytes), guard.held]).toEqual([2, 7, true])
    guard.bytes.fill(0)
    expect(await codeOf(region.read({ attemptsMax: 3 }))).toBe('ERR_UNTORN_WRITER_ACTIVE')
    expect(owner.holders()).toMatchObject([{ holds: true }])
    expect(() => guard.release(new Uint8Array(3))).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
    expect(await guard.discard()).toBe(4)
    expect(await codeOf(guard.release())).toBe('ERR_UNTORN_CLOSED')
    {
      await using dropped = await region.acquire()
      dropped.bytes.fill(1)
    }
    expect(await region.read()).toMatchObject({ version: 6, bytes: payloadOf(7) })
    expect(await codeOf(region.update(() => Promise.reject(new Error('no'))))).toBeInstanceOf(Error)
    expect(numberOf((await region.read()).bytes)).toBe(7)
    expect(region.lockStatistics).toMatchObject({ releases: 0, discards: 3 })
    const third = await region.acquire()
    expect(await third.release(payloadOf(8))).toBe(10)
    expect(numberOf((await region.read()).bytes)).toBe(8)
  })

  test(`${name}: waits for the lock are bounded, and can be aborted`, async () => {
    const { owner, newPeer } = await start(makeFabric())
    const { region } = await newPeer()
    const guard = await owner.acquire()
    expect(await codeOf(region.acquire({ attemptsMax: 3 }))).toBe('ERR_UNTORN_WRITER_ACTIVE')
    expect(await codeOf(region.acquire({ timeoutMs: 20 }))).toBe('ERR_UNTORN_TIMEOUT')
    const signal = AbortSignal.timeout(20)
    expect(await codeOf(region.acquire({ signal }))).toBe('ERR_UNTORN_ABORTED')
    const aborted = AbortSignal.abort()
    expect(await codeOf(region.acquire({ signal: aborted }))).toBe('ERR_UNTORN_ABORTED')
    const waiting = region.acquire()
    await guard.release(payloadOf(1))
    await using had = await waiting
    expect(numberOf(had.bytes)).toBe(1)
  })

  test(`${name}: an evicted holder is told, and nothing of it is published`, async () => {
    const { owner, newPeer } = await start(makeFabric())
    const { region } = await newPeer()
    const guard = await region.acquire()
    const [holder] = owner.holders()
    expect(holder).toMatchObject({ holds: true })
    expect(await owner.evict(holder?.id ?? 0)).toBe(true)
    expect(await owner.evict(holder?.id ?? 0)).toBe(false)
    // The peer may not have heard of it: then all that it sees is a connection that breaks.
    const told = ['ERR_UNTORN_EVICTED', 'ERR_UNTORN_UNKNOWN_OUTCOME']
    expect(told).toContain(await codeOf(guard.release(payloadOf(5))))
    expect(owner.statistics).toMatchObject({ evictions: 1, ended: 1, rolledForward: 0 })
    expect(await owner.update(increment)).toBe(6)
    // It may ask again, by another queue pair.
    expect(await region.update(increment)).toBe(8)
    expect(numberOf((await region.read()).bytes)).toBe(2)
  })

  test(`${name}: a holder that outstays its lease is evicted`, async () => {
    const { owner, newPeer } = await start(makeFabric(), { leaseMs: 40 })
    const { region } = await newPeer()
    expect(region.leaseMs).toBe(40)
    const guard = await region.acquire()
    const { region: other } = await newPeer()
    expect(await other.update(increment)).toBe(6)
    expect(await codeOf(guard.release(payloadOf(5)))).toBe('ERR_UNTORN_EVICTED')
    expect(numberOf((await other.read()).bytes)).toBe(1)
    expect(owner.statistics).toMatchObject({ evictions: 1, ended: 1 })
    // Short ones are not.
    for (let round = 0; round < 10; round++) {
      await other.update(increment)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(owner.statistics.evictions).toBe(1)
  })

  test(`${name}: a peer that goes leaves the lock`, async () => {
    const { owner, newPeer } = await start(makeFabric(), { leaseMs: 0 })
    const { peer, region } = await newPeer()
    await region.acquire()
    await peer.close()
    expect(await owner.update(increment)).toBe(6)
    expect(owner.holders()).toEqual([])
  })

  test(`${name}: no more holders than the owner grants`, async () => {
    const { newPeer } = await start(makeFabric(), { holdersMax: 1 })
    const { peer, region } = await newPeer()
    const { region: second } = await newPeer()
    await region.update(increment)
    expect(await codeOf(second.acquire())).toBe('ERR_UNTORN_DENIED')
    expect(numberOf((await second.read()).bytes)).toBe(1)
    await peer.close()
    await region.close()
    let granted: unknown
    for (let tries = 0; tries < 100 && typeof granted !== 'number'; tries++) {
      granted = await codeOf(second.update(increment))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(granted).toBe(6)
  })

  test(`${name}: closing ends the region for all, even while somebody holds the lock`, async () => {
    const { owner, newPeer } = await start(makeFabric())
    const { region } = await newPeer()
    const guard = await region.acquire()
    const waiting = codeOf(owner.acquire())
    await owner.close()
    expect(await waiting).toBe('ERR_UNTORN_CLOSED')
    expect(owner.closed).toBe(true)
    expect(await codeOf(owner.acquire())).toBe('ERR_UNTORN_CLOSED')
    expect(['ERR_UNTORN_EVICTED', 'ERR_UNTORN_CLOSED']).toContain(await codeOf(guard.release()))
    expect([
      'ERR_UNTORN_STALE_GENERATION',
      'ERR_UNTORN_CLOSED',
      'ERR_UNTORN_NOT_CONNECTED',
    ]).toContain(await codeOf(region.acquire()))
  })

  test(`${name}: an owner that closes while it holds the lock itself`, async () => {
    const { owner, newPeer } = await start(makeFabric())
    const { region } = await newPeer()
    const guard = await owner.acquire()
    await owner.close()
    expect(await codeOf(guard.release())).toBe('ERR_UNTORN_CLOSED')
    expect(['ERR_UNTORN_STALE_GENERATION', 'ERR_UNTORN_CLOSED']).toContain(
      await codeOf(region.read()),
    )
  })
}
