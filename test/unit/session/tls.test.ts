// Goal: sessions work over TLS, and who does not get through it is dropped with nobody disturbed.
// Method: pre-shared keys, which need no certificates.
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { fakeRegion } from './fake-device.ts'
import { RawClient, rawHost, startHost, startPeer, until } from './harness.ts'

const psk = Buffer.from('0123456789abcdef')
const suite = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
const server: TlsOptions = { ...suite, pskCallback: () => psk }

function client(key: Buffer): ConnectionOptions {
  return {
    ...suite,
    pskCallback: () => ({ psk: key, identity: 'reader' }),
    checkServerIdentity: () => undefined,
  }
}

describe('over TLS', () => {
  test('a session runs and ends as over plain TCP', async () => {
    const { host, device: hostDevice } = await startHost({ tls: server })
    host.publish('quotes', fakeRegion())
    const { peer, device } = await startPeer(host.port, { tls: client(psk) })
    await peer.open('quotes')
    expect(device.queuePairs[0]?.options.localAddress).toBe('127.0.0.1')
    await peer.close()
    await until(() => host.peers === 0)
    expect(hostDevice.live()).toEqual([])
    expect(host.statistics).toMatchObject({ handshakes: 1, goodbyes: 1, vanished: 0 })
  })

  test('a closing host says goodbye', async () => {
    const { host } = await startHost({ tls: server })
    const { peer } = await startPeer(host.port, { tls: client(psk) })
    await host.close()
    await until(() => peer.lost !== undefined)
    expect(peer.lost).toMatchObject({ code: 'ERR_UNTORN_PEER_LOST' })
  })

  test('a closing host does not wait for who is still shaking hands', async () => {
    const { host } = await startHost({ tls: server })
    const late = await RawClient.connect(host.port)
    const startMs = performance.now()
    await host.close()
    expect(performance.now() - startMs).toBeLessThan(1000)
    await until(() => late.closed)
  })

  test('an AbortSignal ends a connection that is still shaking hands', async () => {
    const port = await rawHost(() => {})
    const controller = new AbortController()
    const options = { signal: controller.signal, tls: client(psk) }
    const connecting = startPeer(port, options)
    setTimeout(() => controller.abort(), 30)
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_UNTORN_ABORTED' })
  })

  test('strangers fail with a code, and on time', async () => {
    const { host } = await startHost({ tls: server, timeoutMs: 150 })
    const { peer } = await startPeer(host.port, { tls: client(psk) })
    await expect(
      startPeer(host.port, { tls: client(Buffer.from('another key')) }),
    ).rejects.toMatchObject({ code: 'ERR_UNTORN_CONNECT' })
    await expect(startPeer(host.port, { timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'ERR_UNTORN_CONNECT',
    })
    const mute = await RawClient.connect(host.port)
    await until(() => mute.closed)
    expect([host.peers, peer.lost]).toEqual([1, undefined])
  })
})
