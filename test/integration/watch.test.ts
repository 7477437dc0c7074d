// Goal: over a real device and sessions, watches see what is published, polled and notified, through broken
// queue pairs, and end with the region; typed values round-trip; regions of two hosts read together belong
// together. Method: hosts and peers in one process, each with a device of its own.
import { expect, onTestFinished, test } from 'vitest'
import { array, f64, json, struct, u64 } from '../../src/codecs/index.ts'
import {
  type Device,
  type Host,
  type Peer,
  connect,
  listen,
  openDevice,
  rcuCell,
  readTogether,
  seqlock,
  versionedSlots,
} from '../../src/index.ts'
import type { QueuePair } from '../../src/fabric/contract.ts'

const name = process.env['UNTORN_DEVICE']
const tick = struct({ count: u64, prices: array(f64, 5) })

async function openOne(): Promise<Device> {
  const device = await openDevice(name)
  onTestFinished(() => device.close())
  return device
}

async function startHost(): Promise<Host> {
  const host = await listen(await openOne(), { port: 0, host: '127.0.0.1' })
  onTestFinished(() => host.close())
  return host
}

/** A peer, and the queue pairs that it makes. */
async function join(...hosts: Host[]): Promise<{ peers: Peer[]; queuePairs: QueuePair[] }> {
  const device = await openOne()
  const queuePairs: QueuePair[] = []
  const createQueuePair = device.createQueuePair.bind(device)
  device.createQueuePair = (options) => {
    const queuePair = createQueuePair(options)
    queuePairs.push(queuePair)
    return queuePair
  }
  const peers = await Promise.all(
    hosts.map((host) => connect(device, { host: '127.0.0.1', port: host.port })),
  )
  for (const peer of peers) onTestFinished(() => peer.close())
  return { peers, queuePairs }
}

function tickOf(count: number): { count: bigint; prices: number[] } {
  return { count: BigInt(count), prices: [1, 2, 3, 4, 5].map((price) => price * count) }
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

const ways = [
  ['polled', { pace: { minMs: 0, maxMs: 5 } }],
  // Without notices it would take a minute.
  ['notified', { notify: true, pace: { minMs: 0, maxMs: 60_000 } }],
] as const

test.each(ways)(
  'a watch sees values as they come, and ends with the region: %s',
  async (_, how) => {
    const host = await startHost()
    const owner = host.publish('ticks', seqlock({ codec: tick, initial: tickOf(0) }))
    const { peers } = await join(host)
    const reader = await (peers[0] as Peer).open('ticks', { codec: tick })
    const seen: number[] = []
    for await (const { version, value } of reader.watch(how)) {
      expect(value).toEqual(tickOf(Number(value.count)))
      expect(version).toBe(2 + 2 * Number(value.count))
      seen.push(Number(value.count))
      const next = Number(value.count) + 1
      if (next === 20) void owner.close()
      // After the watch has begun to wait, or before.
      else setTimeout(() => owner.write(tickOf(next)), next % 3)
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_each, count) => count))
  },
)

test.each(ways)('bursts are coalesced and their end is seen: %s', async (_, how) => {
  const host = await startHost()
  const spec = versionedSlots({ codec: tick, initial: tickOf(0) })
  const owner = host.publish('ticks', spec)
  const { peers } = await join(host)
  const options = { protocol: 'versioned-slots', codec: tick } as const
  const reader = await (peers[0] as Peer).open('ticks', options)
  const [bursts, length] = [20, 500]
  const publish = async (): Promise<void> => {
    for (let burst = 0; burst < bursts; burst += 1) {
      for (let count = 1; count <= length; count += 1) owner.publish(tickOf(burst * length + count))
      await sleep(1)
    }
  }
  const publishing = publish()
  let [last, seen] = [-1, 0]
  for await (const { value } of reader.watch(how)) {
    const count = Number(value.count)
    expect(value).toEqual(tickOf(count))
    expect(count).toBeGreaterThan(last)
    last = count
    seen += 1
    if (count === bursts * length) break
  }
  await publishing
  expect(seen).toBeLessThan(bursts * length)
})

test.each(ways)('a watch goes on after its queue pair broke: %s', async (_, how) => {
  const host = await startHost()
  const owner = host.publish('ticks', seqlock({ codec: f64 }))
  const { peers, queuePairs } = await join(host)
  const reader = await (peers[0] as Peer).open('ticks', { codec: f64 })
  const watch = reader.watch(how)
  expect(await watch.next()).toMatchObject({ value: { value: 0 } })
  const next = watch.next()
  await sleep(20)
  for (const queuePair of queuePairs) queuePair.fail()
  // A notified watch has nothing in flight that could fail: reads of others notice for it.
  await reader.read().catch(() => undefined)
  owner.write(7)
  expect(await next).toMatchObject({ value: { value: 7 } })
  const after = watch.next()
  await sleep(20)
  owner.write(8)
  expect(await after).toMatchObject({ value: { value: 8 } })
  expect(host.statistics.renewals).toBe(1)
  await watch.return()
})

test('watches of many readers are each told; closing one leaves the others', async () => {
  const host = await startHost()
  const owner = host.publish('ticks', seqlock({ codec: f64 }))
  const { peers } = await join(host, host)
  const pace = { minMs: 0, maxMs: 60_000 }
  const readers = await Promise.all(
    [0, 1, 0, 1].map((at) => (peers[at] as Peer).open('ticks', { codec: f64 })),
  )
  const watches = readers.map((reader) => reader.watch({ notify: true, pace }))
  await Promise.all(watches.map((watch) => watch.next()))
  const pending = watches.map((watch) => watch.next())
  await sleep(20)
  await watches[0]?.return()
  await readers[1]?.close()
  owner.write(1)
  const values = (await Promise.all(pending)).map(({ value }) => value?.value)
  expect(values).toEqual([undefined, undefined, 1, 1])
  await peers[0]?.close()
  const last = watches[3]?.next()
  await sleep(20)
  owner.write(2)
  expect((await last)?.value?.value).toBe(2)
  await watches[3]?.return()
})

test.each(ways)('what peers publish in a cell is watched as well: %s', async (_, how) => {
  const host = await startHost()
  const codec = json<{ by: string; text: string }>({ bytesMax: 200 })
  const initial = { by: 'owner', text: '' }
  const spec = rcuCell({ codec, bytes: 65_536, writers: 2, initial })
  const owner = host.publish('note', spec)
  const { peers } = await join(host, host)
  const [writer, reader] = await Promise.all(
    peers.map((peer) => peer.open('note', { protocol: 'rcu-cell', codec })),
  )
  const watch = (reader as NonNullable<typeof reader>).watch(how)
  expect((await watch.next()).value?.value).toEqual(initial)
  const next = watch.next()
  await sleep(20)
  await writer?.update(({ by }) => ({ by: 'peer', text: `after ${by}` }))
  expect((await next).value?.value).toEqual({ by: 'peer', text: 'after owner' })
  const after = watch.next()
  await sleep(20)
  owner.update(({ by }) => ({ by: 'owner', text: `after ${by}` }))
  expect((await after).value?.value).toEqual({ by: 'owner', text: 'after peer' })
  await watch.return()
})

test('regions of two hosts, read together, were present together', async () => {
  const hosts = [await startHost(), await startHost()]
  const [x, y] = hosts.map((host) => host.publish('count', seqlock({ codec: u64 })))
  const { peers } = await join(...hosts)
  const [a, b] = await Promise.all(peers.map((peer) => peer.open('count', { codec: u64 })))
  if (x === undefined || y === undefined || a === undefined || b === undefined) throw new Error()
  const stop = new AbortController()
  const writing = (async () => {
    for (let count = 1n; !stop.signal.aborted; count += 1n) {
      x.write(count)
      await new Promise((resolve) => setImmediate(resolve))
      y.write(count)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  let together = 0
  for (let round = 0; round < 300; round += 1) {
    const [first, second] = await readTogether([a, b])
    const ahead = first.value - second.value
    expect([0n, 1n]).toContain(ahead)
    if (ahead === 0n) together += 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  stop.abort()
  await writing
  expect(together).toBeLessThan(300)
  expect(a.statistics.reads).toBeGreaterThan(10)
})
