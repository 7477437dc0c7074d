// Goal: a host and its peers agree on queue pairs and on the catalogue, at every moment of a
// region's life. Method: real sockets on the loopback interface, fake devices.
import { describe, expect, test } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { Status } from '../../../src/fabric/status.ts'
import { REGIONS_MAX } from '../../../src/session/limits.ts'
import { FakeDevice, fakeRegion } from './fake-device.ts'
import { startHost, startPeer, until } from './harness.ts'

function names(peer: { regions(): readonly { name: string }[] }): string[] {
  return peer.regions().map((entry) => entry.name)
}

describe('handshake', () => {
  test('connects a queue pair of each side to the other’s, by the socket’s own address', async () => {
    const { host, device: hostDevice } = await startHost()
    const { peer, device } = await startPeer(host.port)
    const ours = device.queuePairs[0]
    const theirs = hostDevice.queuePairs[0]
    expect(ours?.remote).toEqual(theirs?.endpoint)
    expect(theirs?.remote).toEqual(ours?.endpoint)
    expect(ours?.options.localAddress).toBe('127.0.0.1')
    expect(theirs?.options.localAddress).toBe('127.0.0.1')
    expect(peer.incarnation).toBe(host.incarnation)
    expect(peer.lost).toBeUndefined()
    expect([host.peers, host.address]).toEqual([1, '127.0.0.1'])
  })

  test('each peer has a queue pair of its own', async () => {
    const { host, device } = await startHost()
    await startPeer(host.port)
    await startPeer(host.port)
    expect(device.live()).toHaveLength(2)
    expect(host.statistics).toMatchObject({ connections: 2, handshakes: 2 })
  })

  test('devices of different providers are refused on both sides', async () => {
    const { host } = await startHost()
    const device = new FakeDevice('verbs')
    await expect(startPeer(host.port, {}, device)).rejects.toMatchObject({
      code: 'ERR_UNTORN_PROVIDER_MISMATCH',
    })
    expect(device.live()).toEqual([])
    expect(host.statistics.providerMismatches).toBe(1)
  })

  test('what the host’s device refuses, the peer is told by its code', async () => {
    const { host, device } = await startHost()
    await device.close()
    await expect(startPeer(host.port)).rejects.toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
    expect(host.statistics.failures).toBe(1)
  })
})

describe('catalogue', () => {
  test('holds what was published before and after the peer came, until it is withdrawn', async () => {
    const { host } = await startHost()
    const early = host.publish('early', fakeRegion(11))
    const { peer } = await startPeer(host.port)
    expect(peer.regions()).toEqual([early.entry])
    const late = host.publish('late', fakeRegion(12))
    await until(() => names(peer).length === 2)
    expect(peer.regions()[1]).toEqual(late.entry)
    await early.close()
    expect(names(peer)).toEqual(['late'])
  })

  test('opening what is not there names what is', async () => {
    const { host } = await startHost()
    host.publish('quotes', fakeRegion())
    const { peer } = await startPeer(host.port)
    const failure = await peer.open('qoutes').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ERR_UNTORN_NO_REGION' })
    expect((failure as UntornError).message).toContain('quotes')
  })

  test('a name is taken until its owner is closed', async () => {
    const { host } = await startHost()
    const owner = host.publish('quotes', fakeRegion())
    const again = (): unknown => host.publish('quotes', fakeRegion())
    expect(again).toThrow(expect.objectContaining({ code: 'ERR_UNTORN_REGION_EXISTS' }))
    await owner.close()
    expect(again).not.toThrow()
  })

  test('refuses bad names, entries no peer would accept, and more regions than a frame holds', async () => {
    const { host } = await startHost()
    for (const name of ['', 'a\nb', 'x'.repeat(129), 7 as never]) {
      const misuse = expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' })
      expect(() => host.publish(name, fakeRegion())).toThrow(misuse)
    }
    expect(() => host.publish('zero', fakeRegion(0))).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_PROTOCOL' }),
    )
    const longName = (index: number): string => String(index).padEnd(128, '"')
    for (let index = 0; index < REGIONS_MAX; index++) host.publish(longName(index), fakeRegion())
    expect(() => host.publish('more', fakeRegion())).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_FRAME_TOO_LARGE' }),
    )
    const { peer } = await startPeer(host.port)
    expect(names(peer)).toHaveLength(REGIONS_MAX)
  })

  test('authorize decides who gets which key, and one that throws or promises gives none', async () => {
    const { host } = await startHost({
      authorize: (peer, entry) => {
        expect(peer.address).toBe('127.0.0.1')
        if (entry.name === 'throws') throw new Error('no')
        if (entry.name === 'promises') return Promise.resolve(true) as never
        return entry.name.startsWith('public')
      },
    })
    for (const name of ['secret', 'public-1', 'throws', 'promises'])
      host.publish(name, fakeRegion())
    const { peer } = await startPeer(host.port)
    expect(names(peer)).toEqual(['public-1'])
    for (const name of ['secret-2', 'public-2']) host.publish(name, fakeRegion())
    await until(() => names(peer).length === 2)
    expect(names(peer)).toEqual(['public-1', 'public-2'])
  })
})

describe('open regions', () => {
  test('readers of one region share an import, which goes with the last of them', async () => {
    const { host } = await startHost()
    host.publish('quotes', fakeRegion())
    const { peer, device } = await startPeer(host.port)
    const [first, second] = [await peer.open('quotes'), await peer.open('quotes')]
    expect(device.imported.size).toBe(1)
    first.close()
    expect(device.imported.size).toBe(1)
    second.close()
    expect(device.imported.size).toBe(0)
    await expect(first.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
  })

  test('a reader that refuses the region leaves nothing behind', async () => {
    const { host } = await startHost()
    host.publish('quotes', fakeRegion())
    const { peer, device } = await startPeer(host.port)
    const refuse = new UntornError('ERR_UNTORN_UNSOUND', 'no')
    await expect(peer.open('quotes', { refuse })).rejects.toBe(refuse)
    expect(device.imported.size).toBe(0)
  })

  test('a withdrawn region ends its readers, then its import, then the owner’s wait', async () => {
    const { host } = await startHost()
    const owner = host.publish('quotes', fakeRegion())
    const { peer, device } = await startPeer(host.port)
    const reader = await peer.open('quotes')
    const pending = reader.read().catch((error: unknown) => error)
    device.busy = true
    const closing = owner.close()
    await until(() => names(peer).length === 0)
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
    expect(owner.closed).toBe(false)
    device.live()[0]?.complete(Status.RemoteAccess)
    expect(await pending).toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
    device.busy = false
    await closing
    expect(device.imported.size).toBe(0)
    expect(host.statistics.withdrawTimeouts).toBe(0)
  })

  test('a peer that comes during a withdrawal does not get the region any more', async () => {
    const { host } = await startHost()
    const owner = host.publish('quotes', fakeRegion())
    const { peer, device } = await startPeer(host.port)
    await peer.open('quotes')
    device.busy = true
    const closing = owner.close()
    expect(names((await startPeer(host.port)).peer)).toEqual([])
    device.busy = false
    await closing
  })

  test('a peer that never ends its reads holds a withdrawal up for a bounded time', async () => {
    const { host } = await startHost()
    const owner = host.publish('quotes', fakeRegion())
    const { peer, device } = await startPeer(host.port)
    await peer.open('quotes')
    device.busy = true
    const startMs = performance.now()
    await owner.close()
    expect(performance.now() - startMs).toBeLessThan(1800)
    device.busy = false
  })

  test('the same name published anew is another region', async () => {
    const { host } = await startHost()
    const owner = host.publish('quotes', fakeRegion(1))
    const { peer, device } = await startPeer(host.port)
    const old = await peer.open('quotes')
    await owner.close()
    host.publish('quotes', fakeRegion(2))
    await until(() => names(peer).length === 1)
    await expect(old.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
    const reader = await peer.open('quotes')
    const read = reader.read()
    device.live()[0]?.complete(Status.Success)
    await expect(read).resolves.toBeTypeOf('number')
  })
})

describe('misuse', () => {
  test.each([{ port: -1 }, { port: 65536 }, { port: '1' }, { timeoutMs: 0 }, { heartbeatMs: -1 }])(
    'listen refuses %j',
    async (options) => {
      await expect(startHost(options as never)).rejects.toMatchObject({
        code: 'ERR_UNTORN_ARGUMENT',
      })
    },
  )

  test('an address in use', async () => {
    const { host } = await startHost()
    await expect(startHost({ port: host.port })).rejects.toMatchObject({
      code: 'ERR_UNTORN_SYSTEM',
      errno: 98,
      syscall: 'listen',
    })
  })

  test('a closed device, a closed host, a closed peer', async () => {
    const device = new FakeDevice()
    await device.close()
    const closed = { code: 'ERR_UNTORN_CLOSED' }
    await expect(startHost({}, device)).rejects.toMatchObject(closed)
    const { host } = await startHost()
    await expect(startPeer(host.port, {}, device)).rejects.toMatchObject(closed)
    const { peer } = await startPeer(host.port)
    await peer.close()
    await expect(peer.open('x')).rejects.toMatchObject(closed)
    await expect(peer.reconnect()).rejects.toMatchObject(closed)
    await host.close()
    expect(() => host.publish('x', fakeRegion())).toThrow(expect.objectContaining(closed))
  })
})
