// Goal: whoever vanishes, and however, the other side notices, every pending read ends with a code,
// and nothing is left behind; what broke is mended where it can be. Method: destroyed sockets,
// silence, failing queue pairs, hosts restarted on the same port.
import { describe, expect, test } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { Status } from '../../../src/fabric/status.ts'
import { Relay } from '../../support/relay.ts'
import { fakeEntry, fakeRegion } from './fake-device.ts'
import { RawClient, rawHost, startHost, startPeer, until, welcome } from './harness.ts'

const lost = { code: 'ERR_UNTORN_PEER_LOST' }

async function opened() {
  const started = await startHost()
  const { host } = started
  const owner = host.publish('quotes', fakeRegion(100))
  const other = host.publish('other', fakeRegion(200))
  const relay = await Relay.start(() => host.port)
  const { peer, device } = await startPeer(relay.port)
  const reader = await peer.open('quotes')
  const otherReader = await peer.open('other')
  return {
    host,
    hostDevice: started.device,
    owner,
    other,
    relay,
    peer,
    device,
    reader,
    otherReader,
  }
}

describe('goodbye', () => {
  test('a closing host ends pending reads, and both sides hang up', async () => {
    const { host, peer, device, reader, hostDevice } = await opened()
    const losses: unknown[] = []
    peer.onLost = (failure) => losses.push(failure)
    const pending = reader.read().catch((error: unknown) => error)
    await host.close()
    expect(await pending).toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
    await until(() => peer.lost !== undefined)
    expect(peer.lost).toMatchObject(lost)
    await until(() => losses.length === 1)
    expect(device.live()).toEqual([])
    expect(hostDevice.live()).toEqual([])
    await expect(peer.open('quotes')).rejects.toMatchObject(lost)
  })

  test('a closing peer ends its own reads, closes its readers and its part of the host', async () => {
    const { host, peer, device, reader, hostDevice } = await opened()
    const pending = reader.read().catch((error: unknown) => error)
    await peer.close()
    expect(await pending).toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
    expect(reader.closed).toBe(true)
    expect(device.imported.size).toBe(0)
    await until(() => host.peers === 0)
    expect(hostDevice.live()).toEqual([])
    expect(host.statistics).toMatchObject({ goodbyes: 1, vanished: 0 })
  })

  test('close twice, at once and later', async () => {
    const { host, peer } = await opened()
    await Promise.all([peer.close(), peer.close(), host.close(), host.close()])
    await peer.close()
    await host.close()
    expect(host.peers).toBe(0)
  })
})

describe('vanishing', () => {
  test('of the peer: its queue pair is closed, nobody waits for it', async () => {
    const { host, device } = await startHost()
    const owner = host.publish('quotes', fakeRegion())
    const client = await RawClient.connect(host.port)
    client.hello()
    await until(() => host.peers === 1)
    const closing = owner.close()
    await until(() => client.types().includes('withdrawn'))
    client.socket.destroy()
    const startMs = performance.now()
    await closing
    expect(performance.now() - startMs).toBeLessThan(500)
    expect(host.peers).toBe(0)
    expect(device.live()).toEqual([])
    expect(host.statistics).toMatchObject({ vanished: 1, withdrawTimeouts: 0 })
  })

  test.each([
    ['end', (client: RawClient) => client.socket.end()],
    ['reset', (client: RawClient) => client.socket.resetAndDestroy()],
    ['garbage', (client: RawClient) => client.socket.write('HTTP/1.1 200 OK\r\n\r\n')],
    [
      'an error',
      (client: RawClient) => {
        client.say({ type: 'error', code: 'ERR_UNTORN_SYSTEM', message: 'out of luck' })
      },
    ],
  ])('of the host by %s ends pending reads', async (_how, vanish) => {
    const clients: RawClient[] = []
    const port = await rawHost((client) => {
      clients.push(client)
      const entry = fakeEntry('quotes')
      client.say(welcome(), { type: 'published', entry })
    })
    const { peer, device } = await startPeer(port)
    await until(() => peer.regions().length === 1)
    const reader = await peer.open('quotes')
    const pending = reader.read().catch((error: unknown) => error)
    vanish(clients[0] as RawClient)
    expect(await pending).toMatchObject(lost)
    expect(peer.lost).toMatchObject(lost)
    expect(device.live()).toEqual([])
    await expect(reader.read()).rejects.toMatchObject(lost)
  })

  test('of a host that falls silent, though its socket lives', async () => {
    const port = await rawHost((client) => client.say(welcome(20)))
    const { peer } = await startPeer(port)
    await until(() => peer.lost !== undefined)
    expect(peer.lost).toMatchObject(lost)
  })

  test('of a peer that falls silent; one that promised nothing may be silent', async () => {
    const { host } = await startHost()
    const endpoint = { provider: 'shared-memory' } as const
    const silent = await RawClient.connect(host.port)
    silent.say({ type: 'hello', endpoint, heartbeatMs: 20 })
    const free = await RawClient.connect(host.port)
    free.say({ type: 'hello', endpoint, heartbeatMs: 0 })
    await until(() => host.statistics.vanished === 1 && silent.closed)
    expect([host.peers, free.closed]).toEqual([1, false])
    expect(silent.errors()).toEqual(['ERR_UNTORN_TIMEOUT'])
  })

  test('does not happen to sides that beat', async () => {
    const { host } = await startHost({ heartbeatMs: 20 })
    const { peer } = await startPeer(host.port, { heartbeatMs: 20 })
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect([host.peers, peer.lost]).toEqual([1, undefined])
  })
})

describe('a broken queue pair', () => {
  test('is replaced over the same connection, and other regions go on', async () => {
    const { host, hostDevice, device, reader, otherReader } = await opened()
    const failing = reader.read().catch((error: unknown) => error)
    device.live()[0]?.complete(Status.RemoteAccess)
    expect(await failing).toMatchObject({ code: 'ERR_UNTORN_REMOTE', status: Status.RemoteAccess })
    expect(otherReader.source.current()).toMatchObject({ code: 'ERR_UNTORN_NOT_CONNECTED' })
    const next = otherReader.read()
    await until(() => device.live()[0]?.inFlight === 1)
    device.live()[0]?.complete(Status.Success)
    await expect(next).resolves.toBeTypeOf('number')
    expect([device.live().length, hostDevice.live().length]).toEqual([1, 1])
    expect(device.live()[0]?.remote).toEqual(hostDevice.live()[0]?.endpoint)
    expect(hostDevice.live()[0]?.remote).toEqual(device.live()[0]?.endpoint)
    expect(host.statistics.renewals).toBe(1)
  })

  test('flushed neighbours do not have it replaced once more', async () => {
    const { host, device, reader, otherReader } = await opened()
    const neighbour = otherReader.read().catch((error: unknown) => error)
    const failing = otherReader.source.transportFailed(Status.General)
    expect(failing).toMatchObject({ code: 'ERR_UNTORN_REMOTE', status: Status.General })
    expect(await neighbour).toMatchObject({ code: 'ERR_UNTORN_REMOTE', status: Status.Flushed })
    await reader.source.recovery()
    expect(reader.source.transportFailed(Status.Flushed)).toMatchObject({ status: Status.Flushed })
    expect(reader.source.recovery()).toBeNull()
    expect([host.statistics.renewals, device.queuePairs.length]).toEqual([1, 2])
  })

  test('is left alone by operations refused before they were posted', async () => {
    const { device, reader } = await opened()
    for (const [status, code] of [
      [Status.AccessDenied, 'ERR_UNTORN_ACCESS_DENIED'],
      [Status.OutOfBounds, 'ERR_UNTORN_OUT_OF_BOUNDS'],
      [Status.SendQueueFull, 'ERR_UNTORN_QUEUE_FULL'],
    ] as const) {
      expect(reader.source.transportFailed(status)).toMatchObject({ code, status })
    }
    expect(device.queuePairs).toHaveLength(1)
  })

  test('is replaced when the transport gave up while the connection lives', async () => {
    const { peer, reader, host, otherReader } = await opened()
    const failure = reader.source.transportFailed(Status.RetryExceeded)
    expect(failure).toMatchObject({ code: 'ERR_UNTORN_REMOTE', status: Status.RetryExceeded })
    await reader.source.recovery()
    expect([peer.lost, host.statistics.renewals]).toEqual([undefined, 1])
    expect(otherReader.source.current()).not.toBeInstanceOf(UntornError)
  })

  test('means a lost peer when the host does not replace its side in time', async () => {
    const port = await rawHost((client) => {
      client.say(welcome(), { type: 'published', entry: fakeEntry('quotes') })
    })
    const { peer, device } = await startPeer(port, { timeoutMs: 60 })
    await until(() => peer.regions().length === 1)
    const reader = await peer.open('quotes')
    reader.source.transportFailed(Status.General)
    const waiting = reader.source.recovery()
    expect(waiting).not.toBeNull()
    await waiting
    expect(peer.lost).toMatchObject(lost)
    expect(device.queuePairs.map((queuePair) => queuePair.state)).toEqual(['closed', 'closed'])
  })
})

describe('reconnect', () => {
  test('binds readers of the same generation anew and ends the others', async () => {
    const { host, relay, peer, device, reader, otherReader } = await opened()
    const third = host.publish('third', fakeRegion(300))
    await until(() => peer.regions().length === 3)
    const thirdReader = await peer.open('third')
    relay.cut()
    await until(() => peer.lost !== undefined && host.peers === 0)
    await host.close()
    expect(third.closed).toBe(true)
    const restarted = (await startHost({ port: host.port })).host
    restarted.publish('quotes', fakeRegion(100))
    restarted.publish('other', fakeRegion(201))
    await peer.reconnect()
    expect(peer.lost).toBeUndefined()
    expect(peer.incarnation).toBe(restarted.incarnation)
    const stale = { code: 'ERR_UNTORN_STALE_GENERATION' }
    await expect(otherReader.read()).rejects.toMatchObject(stale)
    await expect(thirdReader.read()).rejects.toMatchObject(stale)
    const read = reader.read()
    device.live()[0]?.complete(Status.Success)
    await expect(read).resolves.toBeTypeOf('number')
    expect(device.imported.size).toBe(1)
    expect(device.live()).toHaveLength(1)
  })

  test('works on a living connection, and joins one under way', async () => {
    const { host, peer, device, reader } = await opened()
    const pending = reader.read().catch((error: unknown) => error)
    await Promise.all([peer.reconnect(), peer.reconnect()])
    expect(await pending).toMatchObject(lost)
    await until(() => host.peers === 1)
    expect(host.statistics).toMatchObject({ handshakes: 2, goodbyes: 1 })
    expect(device.live()).toHaveLength(1)
  })

  test('that fails leaves the peer lost, and may be tried again', async () => {
    const { host, peer, reader } = await opened()
    await host.close()
    await expect(peer.reconnect()).rejects.toMatchObject({ code: 'ERR_UNTORN_CONNECT' })
    expect(peer.lost).toMatchObject(lost)
    await startHost({ port: host.port })
    await peer.reconnect()
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
  })

  test('is ended by close', async () => {
    const port = await rawHost((client) => client.say(welcome()))
    const { peer } = await startPeer(port)
    const again = peer.reconnect().catch((error: unknown) => error)
    await peer.close()
    expect(await again).toMatchObject({ code: 'ERR_UNTORN_ABORTED' })
  })
})
