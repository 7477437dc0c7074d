// Goal: sessions work over TLS, and who does not get through it is dropped with nobody disturbed.
// Method: pre-shared keys, which need no certificates.
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { fakeRegion } from './fake-device.ts'
import { RawClient, startHost, startPeer, until } from './harness.ts'

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

  test('strangers fail with a code, on time, and the host closes without waiting for them', async () => {
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
    const late = await RawClient.connect(host.port)
    expect([host.peers, peer.lost]).toEqual([1, undefined])
    await host.close()
    await until(() => late.closed)
  })
})
