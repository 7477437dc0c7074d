// Goal: whatever a stranger sends, or leaves unsent, ends its own connection with a code and
// disturbs nobody else. Method: raw sockets beside a well-behaved peer that must not notice.
import fc from 'fast-check'
import { connect as connectTcp } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { encodeFrame } from '../../../src/session/frame.ts'
import { CONTROL_VERSION, PENDING_CONNECTIONS_MAX } from '../../../src/session/limits.ts'
import { encodeMessage, type Message } from '../../../src/session/messages.ts'
import { fakeRegion } from './fake-device.ts'
import { RawClient, rawHost, startHost, startPeer, until, welcome } from './harness.ts'

const endpoint = { provider: 'shared-memory' } as const
const hello: Message = { type: 'hello', endpoint, heartbeatMs: 0 }

function otherVersion(): Buffer {
  const frame = encodeMessage(hello)
  frame.writeUInt16BE(CONTROL_VERSION + 1, 4)
  return frame
}

function announced(bytes: number): Buffer {
  const frame = encodeFrame(1, Buffer.alloc(0))
  frame.writeUInt32BE(bytes, 8)
  return frame
}

describe('a host', () => {
  test.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'ERR_UNTORN_PROTOCOL', 'protocolErrors'],
    ['another version', otherVersion(), 'ERR_UNTORN_PROTOCOL_VERSION', 'versionMismatches'],
    ['an oversized frame', announced(9000), 'ERR_UNTORN_FRAME_TOO_LARGE', 'framesTooLarge'],
    [
      'an unknown type',
      encodeFrame(77, Buffer.from('{}')),
      'ERR_UNTORN_PROTOCOL',
      'protocolErrors',
    ],
    ['no JSON', encodeFrame(1, Buffer.from('{')), 'ERR_UNTORN_PROTOCOL', 'protocolErrors'],
    ['a bad field', encodeFrame(1, Buffer.from('{}')), 'ERR_UNTORN_PROTOCOL', 'protocolErrors'],
    [
      'renew before hello',
      encodeMessage({ type: 'renew', endpoint }),
      'ERR_UNTORN_PROTOCOL',
      'protocolErrors',
    ],
    [
      'hello twice',
      Buffer.concat([encodeMessage(hello), encodeMessage(hello)]),
      'ERR_UNTORN_PROTOCOL',
      'protocolErrors',
    ],
    ['a host’s words', encodeMessage(welcome()), 'ERR_UNTORN_PROTOCOL', 'protocolErrors'],
  ] as const)('answers %s with its code', async (_what, bytes, code, counter) => {
    const { host, device } = await startHost()
    const { peer } = await startPeer(host.port)
    const client = await RawClient.connect(host.port)
    client.socket.write(bytes)
    await until(() => client.closed)
    expect(client.errors()).toEqual([code])
    expect(host.statistics[counter]).toBe(1)
    expect([host.peers, peer.lost, device.live().length]).toEqual([1, undefined, 1])
  })

  test('answers a truncated frame with its code', async () => {
    const { host } = await startHost()
    const client = new RawClient(connectTcp({ port: host.port, allowHalfOpen: true }))
    client.socket.end(encodeMessage(hello).subarray(0, 30))
    await until(() => client.closed)
    expect(client.errors()).toEqual(['ERR_UNTORN_PROTOCOL'])
    expect(host.statistics.protocolErrors).toBe(1)
  })

  test('gives the handshake its time, even to one that drips', async () => {
    const { host } = await startHost({ timeoutMs: 80 })
    const mute = await RawClient.connect(host.port)
    const dripping = await RawClient.connect(host.port)
    const frame = encodeMessage(hello)
    let sent = 0
    const drip = setInterval(() => {
      dripping.socket.write(frame.subarray(sent, sent + 1))
      sent += 1
    }, 5)
    onTestFinished(() => clearInterval(drip))
    await until(() => mute.closed && dripping.closed)
    expect([mute.errors(), dripping.errors()]).toEqual([
      ['ERR_UNTORN_TIMEOUT'],
      ['ERR_UNTORN_TIMEOUT'],
    ])
    expect(host.statistics.handshakeTimeouts).toBe(2)
  })

  test('drops a connection that does not hang up after its end', async () => {
    const { host } = await startHost()
    const client = new RawClient(connectTcp({ port: host.port, allowHalfOpen: true }))
    // Only a reset, the answer to what it sends to a destroyed socket, ends this one.
    const chatter = setInterval(() => client.socket.write('garbage'), 20)
    onTestFinished(() => clearInterval(chatter))
    await until(() => client.closed)
    expect(client.errors()).toEqual(['ERR_UNTORN_PROTOCOL'])
  })

  test('bounds the connections that have not said hello, and none that has', async () => {
    const { host } = await startHost()
    const { peer } = await startPeer(host.port)
    const clients = await Promise.all(
      Array.from({ length: PENDING_CONNECTIONS_MAX + 3 }, () => RawClient.connect(host.port)),
    )
    await until(() => clients.filter((client) => client.closed).length === 3)
    expect(host.statistics.overflows).toBe(3)
    expect([host.peers, peer.lost]).toEqual([1, undefined])
    clients.find((client) => !client.closed)?.hello()
    await until(() => host.peers === 2)
    await startPeer(host.port)
  })

  test('survives random bytes and random frames, and goes on serving', async () => {
    const { host, device } = await startHost({ timeoutMs: 200 })
    host.publish('quotes', fakeRegion())
    const { peer } = await startPeer(host.port)
    const frame = fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.json())
      .map(([type, json]) => encodeFrame(type, Buffer.from(json)))
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    const stream = fc.tuple(
      fc.boolean(),
      fc.array(fc.oneof(noise, frame, fc.constant(encodeMessage(hello))), { maxLength: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(stream, async ([greets, chunks]) => {
        const client = await RawClient.connect(host.port)
        if (greets) client.hello()
        for (const chunk of chunks) client.socket.write(chunk)
        client.socket.end()
        await until(() => client.closed)
      }),
      { numRuns: 60 },
    )
    await until(() => host.peers === 1)
    expect(peer.lost).toBeUndefined()
    expect(device.live()).toHaveLength(1)
    await expect(peer.open('quotes')).resolves.toBeDefined()
  })
})

describe('a peer', () => {
  test.each([
    ['garbage', (client: RawClient) => client.socket.write('SSH-2.0-x\r\n'), 'ERR_UNTORN_PROTOCOL'],
    [
      'another version',
      (client: RawClient) => client.socket.write(otherVersion()),
      'ERR_UNTORN_PROTOCOL_VERSION',
    ],
    [
      'an oversized frame',
      (client: RawClient) => client.socket.write(announced(2 ** 30)),
      'ERR_UNTORN_FRAME_TOO_LARGE',
    ],
    ['a frame out of place', (client: RawClient) => client.hello(), 'ERR_UNTORN_PROTOCOL'],
    ['a hang-up', (client: RawClient) => client.socket.end(), 'ERR_UNTORN_CONNECT'],
    ['silence', () => {}, 'ERR_UNTORN_TIMEOUT'],
    [
      'a refusal',
      (client: RawClient) => {
        client.say({ type: 'error', code: 'ERR_UNTORN_NO_GID', message: 'no' })
      },
      'ERR_UNTORN_NO_GID',
    ],
    [
      'a welcome to another provider',
      (client: RawClient) => {
        client.say({ ...welcome(), endpoint: { provider: 'verbs' } } as Message)
      },
      'ERR_UNTORN_PROVIDER_MISMATCH',
    ],
  ] as const)('that meets %s fails with a code', async (_what, answer, code) => {
    const port = await rawHost((client) => void answer(client))
    await expect(startPeer(port, { timeoutMs: 100 })).rejects.toMatchObject({ code })
  })

  test('finds nobody listening', async () => {
    const { host } = await startHost()
    await host.close()
    await expect(startPeer(host.port)).rejects.toMatchObject({
      code: 'ERR_UNTORN_CONNECT',
      syscall: 'connect',
      errno: 111,
    })
  })

  test('heeds its AbortSignal before, while dialling and in the handshake', async () => {
    const port = await rawHost(() => {})
    const reason = new Error('enough')
    await expect(startPeer(port, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'ERR_UNTORN_ABORTED',
      cause: reason,
    })
    const controller = new AbortController()
    const connecting = startPeer(port, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 30)
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_UNTORN_ABORTED', cause: reason })
  })
})
