// Goal: sessions over a real device: what is published can be read, and stays readable, or ends with
// a code, through withdrawal, cut connections, broken queue pairs and restarts. Method: host and peer
// in one process, each with a device of its own, and a relay between them whose wires can be cut.
import { expect, onTestFinished, test } from 'vitest'
import { connect, type Device, type Host, listen, openDevice, type Peer } from '../../src/index.ts'
import { seqlock, type SeqlockOwner } from '../../src/index.ts'
import type { QueuePair } from '../../src/fabric/contract.ts'
import { Relay } from '../support/relay.ts'

interface Session {
  readonly device: Device
  readonly host: Host
  readonly peer: Peer
  readonly quotes: SeqlockOwner
  readonly relay: Relay
  /** Those of the peer. */
  readonly queuePairs: QueuePair[]
}

const name = process.env['UNTORN_DEVICE']

async function openOne(): Promise<Device> {
  const device = await openDevice(name)
  onTestFinished(() => device.close())
  return device
}

async function startHost(port = 0): Promise<Host> {
  const host = await listen(await openOne(), { port, host: '127.0.0.1' })
  onTestFinished(() => host.close())
  return host
}

async function start(): Promise<Session> {
  const host = await startHost()
  const quotes = host.publish('quotes', seqlock({ bytes: 64 }))
  const device = await openOne()
  const queuePairs: QueuePair[] = []
  const createQueuePair = device.createQueuePair.bind(device)
  device.createQueuePair = (options) => {
    const queuePair = createQueuePair(options)
    queuePairs.push(queuePair)
    return queuePair
  }
  const relay = await Relay.start(() => host.port)
  const peer = await connect(device, { host: '127.0.0.1', port: relay.port })
  onTestFinished(() => peer.close())
  return { device, host, peer, quotes, relay, queuePairs }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function payload(byte: number): Uint8Array {
  return new Uint8Array(64).fill(byte)
}

test('a reader sees what the owner writes', async () => {
  const { peer, quotes } = await start()
  const reader = await peer.open('quotes', { bytes: 64 })
  for (const byte of [1, 2, 3]) {
    const version = quotes.write(payload(byte))
    expect(await reader.read()).toEqual({ version, bytes: payload(byte) })
    expect(reader.readSync()).toEqual({ version, bytes: payload(byte) })
  }
})

test('a withdrawn region ends its readers before its memory goes; the rest is untouched', async () => {
  const { host, peer, quotes } = await start()
  const trades = host.publish('trades', seqlock({ bytes: 64, initial: payload(9) }))
  await until(() => peer.regions().length === 2)
  const [quotesReader, tradesReader] = [await peer.open('quotes'), await peer.open('trades')]
  const endings: unknown[] = []
  const reading = (async () => {
    for (;;) {
      await quotesReader.read()
      // Reads of shared memory complete at once: without a pause the loop would never hear the host.
      await new Promise((resolve) => setImmediate(resolve))
    }
  })().catch((error: unknown) => endings.push(error))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await quotes.close()
  await reading
  expect(['ERR_UNTORN_CLOSED', 'ERR_UNTORN_STALE_GENERATION']).toContain(
    (endings[0] as { code: string }).code,
  )
  await expect(quotesReader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
  expect((await tradesReader.read()).bytes).toEqual(payload(9))
  expect(host.statistics).toMatchObject({ withdrawTimeouts: 0, renewals: 0 })
  expect(trades.closed).toBe(false)
})

test('a cut connection ends reads; reconnecting brings the same reader back', async () => {
  const { host, peer, quotes, relay } = await start()
  const reader = await peer.open('quotes')
  relay.cut()
  await until(() => peer.lost !== undefined && host.peers === 0)
  await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_PEER_LOST' })
  quotes.write(payload(5))
  await peer.reconnect()
  expect((await reader.read()).bytes).toEqual(payload(5))
  expect(host.statistics).toMatchObject({ vanished: 1, handshakes: 2 })
})

test('a restarted host makes the readers of the one before it stale', async () => {
  const { host, peer } = await start()
  const reader = await peer.open('quotes')
  const before = peer.incarnation
  const { port } = host
  await host.close()
  const again = await startHost(port)
  again.publish('quotes', seqlock({ bytes: 64, initial: payload(7) }))
  await until(() => peer.lost !== undefined)
  await peer.reconnect()
  expect(peer.incarnation).not.toBe(before)
  await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
  const fresh = await peer.open('quotes')
  expect((await fresh.read()).bytes).toEqual(payload(7))
})

test('a broken queue pair is replaced, and reads go on', async () => {
  const { host, peer, quotes, queuePairs } = await start()
  const reader = await peer.open('quotes')
  quotes.write(payload(3))
  for (const queuePair of queuePairs) queuePair.fail()
  const first = await reader.read().catch((error: unknown) => error)
  expect(first).toMatchObject({ code: 'ERR_UNTORN_REMOTE' })
  expect((await reader.read()).bytes).toEqual(payload(3))
  expect(host.statistics.renewals).toBe(1)
  expect(peer.lost).toBeUndefined()
})

test('closing leaves the devices as they were', async () => {
  const { host, peer, device } = await start()
  await peer.open('quotes')
  await peer.close()
  await host.close()
  const nothing = { regions: 0, remoteRegions: 0, queuePairs: 0, operationsInFlight: 0 }
  expect(device.accounting()).toMatchObject(nothing)
  expect(host.device.accounting()).toMatchObject(nothing)
})

test('a region can be read only by those it is granted to', async () => {
  const device = await openOne()
  const host = await listen(device, {
    port: 0,
    host: '127.0.0.1',
    authorize: (_peer, entry) => entry.name !== 'secret',
  })
  onTestFinished(() => host.close())
  host.publish('secret', seqlock({ bytes: 8 }))
  const peer = await connect(await openOne(), { host: '127.0.0.1', port: host.port })
  onTestFinished(() => peer.close())
  await expect(peer.open('secret')).rejects.toMatchObject({ code: 'ERR_UNTORN_NO_REGION' })
})
