// Goal: values survive what bytes survive: writers that compete for a lock or a cell lose no update, and
// regions of every protocol can be read together. Method: an owner and two peers in one process, each with a
// device of its own, all counting in one value.
import { expect, onTestFinished, test } from 'vitest'
import { type ValueOf, array, struct, text, u64 } from '../../src/codecs/index.ts'
import {
  type Device,
  type Host,
  type Peer,
  type TypedLockedReader,
  connect,
  listen,
  lockedRegion,
  openDevice,
  rcuCell,
  readTogether,
  seqlock,
  versionedSlots,
} from '../../src/index.ts'

const name = process.env['UNTORN_DEVICE']
const counter = struct({ total: u64, byWriter: array(u64, 3), last: text(9) })
type Counter = ValueOf<typeof counter>
const zero: Counter = { total: 0n, byWriter: [0n, 0n, 0n], last: '' }

async function openOne(): Promise<Device> {
  const device = await openDevice(name)
  onTestFinished(() => device.close())
  return device
}

/** Two peers of a host that publishes what `publish` does. */
async function start<T>(publish: (host: Host) => T): Promise<{ owner: T; peers: [Peer, Peer] }> {
  const host = await listen(await openOne(), { port: 0, host: '127.0.0.1' })
  onTestFinished(() => host.close())
  const owner = publish(host)
  const join = async (): Promise<Peer> => {
    const peer = await connect(await openOne(), { host: '127.0.0.1', port: host.port })
    onTestFinished(() => peer.close())
    return peer
  }
  return { owner, peers: [await join(), await join()] }
}

/** The owner, or a peer. */
interface Writer {
  update(change: (value: Counter) => Counter): number | Promise<number>
}

function counted(value: Counter, writer: number): Counter {
  const byWriter = value.byWriter.map((count, index) => (index === writer ? count + 1n : count))
  const total = byWriter.reduce((sum, count) => sum + count, 0n)
  return { total, byWriter, last: `writer ${writer}` }
}

test.each(['locked', 'rcu-cell'] as const)('no update of a value is lost: %s', async (protocol) => {
  const rounds = 60
  const cell = rcuCell({ codec: counter, bytes: 65_536, writers: 2, initial: zero })
  const { owner, peers } = await start<Writer>((host) =>
    protocol === 'locked'
      ? host.publish('counter', lockedRegion({ codec: counter }))
      : host.publish('counter', cell),
  )
  const [first, second] = (await Promise.all(
    peers.map((peer) =>
      protocol === 'locked'
        ? peer.open('counter', { protocol: 'locked', codec: counter })
        : peer.open('counter', { protocol: 'rcu-cell', codec: counter }),
    ),
  )) as [TypedLockedReader<Counter>, TypedLockedReader<Counter>]
  const writers: readonly Writer[] = [owner, first, second]
  await Promise.all(
    writers.map(async (writer, index) => {
      for (let round = 0; round < rounds; round += 1) {
        await writer.update((value) => counted(value, index))
        if (index === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }),
  )
  const { value } = await first.read()
  expect(value).toMatchObject({ total: BigInt(3 * rounds), byWriter: [60n, 60n, 60n] })
})

test('a guard has the value, publishes another, or none', async () => {
  const { owner, peers } = await start((host) =>
    host.publish('counter', lockedRegion({ codec: counter, initial: zero })),
  )
  const remote = await peers[0].open('counter', { protocol: 'locked', codec: counter })
  const guard = await remote.acquire()
  expect(guard.value).toEqual(zero)
  expect(() => guard.release({ ...zero, total: -1n })).toThrow(/^total/)
  expect(guard.held).toBe(true)
  const version = await guard.release({ ...zero, last: 'remote' })
  expect(await remote.read()).toEqual({ version, value: { ...zero, last: 'remote' } })
  const own = await owner.acquire()
  expect(own.value.last).toBe('remote')
  await own.discard()
  expect((await remote.read()).value.last).toBe('remote')
  await expect(
    remote.update(() => {
      throw new Error('mine')
    }),
  ).rejects.toThrow('mine')
  await expect(remote.update(() => ({ ...zero, last: 'far too long' }))).rejects.toMatchObject({
    code: 'ERR_UNTORN_ARGUMENT',
  })
  await owner.update((value) => Promise.resolve({ ...value, last: 'owner' }))
  expect(remote.readSync().value.last).toBe('owner')
})

test('bytes under a lock that are no value free it again', async () => {
  const { owner, peers } = await start((host) =>
    host.publish('counter', lockedRegion({ codec: counter, initial: zero })),
  )
  const remote = await peers[0].open('counter', { protocol: 'locked', codec: counter })
  await owner.raw.update((bytes) => bytes.fill(0xff))
  await expect(remote.acquire()).rejects.toMatchObject({ code: 'ERR_UNTORN_DECODE' })
  await expect(remote.update((value) => value)).rejects.toMatchObject({ code: 'ERR_UNTORN_DECODE' })
  await owner.raw.update((bytes) => bytes.fill(0))
  expect((await remote.acquire()).value).toEqual(zero)
})

test('a locked region is watched by looking, and notifies nobody', async () => {
  const { peers } = await start((host) => host.publish('counter', lockedRegion({ codec: counter })))
  const [writer, reader] = await Promise.all(
    peers.map((peer) => peer.open('counter', { protocol: 'locked', codec: counter })),
  )
  const watch = reader?.watch()
  expect((await watch?.next())?.value?.value).toEqual(zero)
  const next = watch?.next()
  await writer?.update((value) => counted(value, 1))
  expect((await next)?.value?.value.total).toBe(1n)
  await watch?.return()
  await expect(reader?.watch({ notify: true }).next()).rejects.toMatchObject({
    code: 'ERR_UNTORN_DENIED',
  })
})

test('regions of every protocol are read together', async () => {
  const { owner, peers } = await start((host) => ({
    inPlace: host.publish('in place', seqlock({ codec: u64 })),
    slots: host.publish('slots', versionedSlots({ codec: u64 })),
    cell: host.publish('cell', rcuCell({ codec: u64, bytes: 4096, initial: 0n })),
    locked: host.publish('locked', lockedRegion({ codec: u64 })),
  }))
  const { inPlace, slots, cell, locked } = owner
  const [, peer] = peers
  const readers = [
    await peer.open('in place', { codec: u64 }),
    await peer.open('slots', { protocol: 'versioned-slots', codec: u64 }),
    await peer.open('cell', { protocol: 'rcu-cell', codec: u64 }),
    await peer.open('locked', { protocol: 'locked', codec: u64 }),
  ] as const
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const writing = (async () => {
    for (let count = 1n; count <= 200n; count += 1n) {
      inPlace.write(count)
      await turn()
      slots.publish(count)
      await turn()
      cell.store(count)
      await turn()
      await locked.update(() => count)
    }
  })()
  let last = 0n
  while (last < 200n) {
    const values = (await readTogether(readers)).map(({ value }) => value)
    // Each is as far as the one after it, or one ahead, and the first is never two ahead of the last.
    const [first = 0n, , , fourth = 0n] = values
    expect(values).toEqual([...values].sort((a, b) => Number(b - a)))
    expect([0n, 1n]).toContain(first - fourth)
    last = fourth
    await turn()
  }
  await writing
})
