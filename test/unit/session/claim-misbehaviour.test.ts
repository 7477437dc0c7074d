// Goal: whatever a stranger says about claims ends its own connection with a code, or is refused, and
// its claims end with it; a host that answers what was not asked is given up. Method: raw sockets beside
// a well-behaved peer that must not notice.
import { describe, expect, test } from 'vitest'
import type { UntornError } from '../../../src/errors.ts'
import { CLAIMS_PER_PEER_MAX } from '../../../src/session/limits.ts'
import type { Message } from '../../../src/session/messages.ts'
import { FakeClaims, fakeEntry, fakeRegion } from './fake-device.ts'
import { RawClient, rawHost, startHost, startPeer, until, welcome } from './harness.ts'

const grant = { windows: [], parameters: {} }

function claim(id: number, fields: Partial<Message & { type: 'claim' }> = {}): Message {
  return { type: 'claim', id, name: 'cell', generation: 70, kind: 'pin', ...fields }
}

async function started() {
  const { host, device } = await startHost()
  const claims = new FakeClaims()
  const owner = host.publish('cell', fakeRegion(70, claims))
  host.publish('plain', fakeRegion(71))
  const { peer } = await startPeer(host.port)
  const reader = await peer.open('cell')
  const neighbour = await reader.source.claim('pin')
  const client = await RawClient.connect(host.port)
  client.hello()
  await until(() => host.peers === 2)
  return { host, device, claims, owner, peer, neighbour, client }
}

/** Answers to claims, in order. */
function answers(client: RawClient): string[] {
  return client.messages.flatMap((message) => {
    if (message.type === 'granted') return ['granted']
    return message.type === 'denied' ? [message.code] : []
  })
}

describe('a host', () => {
  test.each([
    ['a claim whose id was used', [claim(2), claim(2)]],
    ['a claim whose id goes back', [claim(2), claim(1)]],
    ['unclaim of what was never asked', [claim(1), { type: 'unclaim', id: 2 }]],
    ['noticed by what was never asked', [{ type: 'noticed', id: 1 }]],
    ['noticed by a claim that was sent nothing', [claim(1), { type: 'noticed', id: 1 }]],
    ['a grant', [{ type: 'granted', id: 1, grant }]],
    ['a denial', [{ type: 'denied', id: 1, code: 'ERR_UNTORN_DENIED', message: '' }]],
    ['an eviction', [{ type: 'evicted', reason: '' }]],
    ['unclaimed', [{ type: 'unclaimed', id: 1 }]],
  ] as [string, Message[]][])('ends a connection that says %s', async (_what, messages) => {
    const { claims, client, host, peer, neighbour } = await started()
    client.say(...messages)
    await until(() => client.closed)
    expect(client.errors()).toEqual(['ERR_UNTORN_PROTOCOL'])
    await until(() => claims.over.length === claims.held.length - 1)
    expect([host.peers, peer.lost, neighbour.ended]).toEqual([1, undefined, undefined])
  })

  test('ends a connection that claims before it has said hello', async () => {
    const { host } = await started()
    const client = await RawClient.connect(host.port)
    client.say(claim(1))
    await until(() => client.closed)
    expect(client.errors()).toEqual(['ERR_UNTORN_PROTOCOL'])
  })

  test('refuses claims on what is not published, of another generation, or without offers', async () => {
    const { client, claims } = await started()
    client.say(
      claim(1, { name: 'nothing' }),
      claim(2, { generation: 69 }),
      claim(3, { name: 'plain', generation: 71 }),
      claim(9),
    )
    await until(() => answers(client).length === 4)
    const [unknown, denied] = ['ERR_UNTORN_NO_REGION', 'ERR_UNTORN_DENIED']
    expect(answers(client)).toEqual([unknown, unknown, denied, 'granted'])
    expect(claims.held).toHaveLength(2)
  })

  test('confirms what is given back twice, or has ended, once each time', async () => {
    const { client, claims } = await started()
    client.say(claim(1), { type: 'unclaim', id: 1 }, { type: 'unclaim', id: 1 })
    client.say({ type: 'noticed', id: 1 })
    await until(() => client.types().filter((type) => type === 'unclaimed').length === 2)
    expect(claims.over).toHaveLength(1)
    expect(client.closed).toBe(false)
  })

  test('grants a flood no more than the bound, and takes all of it back', async () => {
    const { client, claims, neighbour, peer } = await started()
    for (let id = 1; id <= 3000; id++) client.say(claim(id))
    await until(() => answers(client).length === 3000)
    expect(claims.held).toHaveLength(1 + CLAIMS_PER_PEER_MAX)
    client.socket.resetAndDestroy()
    await until(() => claims.over.length === CLAIMS_PER_PEER_MAX)
    expect([peer.lost, neighbour.ended]).toEqual([undefined, undefined])
  })

  test('leaves claims alone when a region is released that nobody withdrew', async () => {
    const { client, claims } = await started()
    client.say(claim(1), { type: 'released', name: 'cell', generation: 70 })
    client.say(claim(2))
    await until(() => answers(client).length === 2)
    expect(claims.over).toEqual([])
  })

  test('evicts a peer that does not let go of a withdrawn region', async () => {
    const { client, claims, host, owner, device, peer } = await started()
    client.say(claim(1))
    await until(() => answers(client).length === 1)
    await owner.close()
    expect(claims.over).toHaveLength(2)
    expect(host.statistics.withdrawTimeouts).toBe(1)
    await until(() => client.types().includes('evicted'))
    expect([client.closed, peer.lost, device.live().length]).toEqual([false, undefined, 1])
  })
})

describe('a peer', () => {
  async function connected() {
    const clients: RawClient[] = []
    const port = await rawHost((client) => {
      clients.push(client)
      client.say(welcome(), { type: 'published', entry: fakeEntry('cell', 70) })
    })
    const { peer, device } = await startPeer(port, { timeoutMs: 150 })
    await until(() => peer.regions().length === 1)
    return { peer, device, client: clients[0] as RawClient, reader: await peer.open('cell') }
  }

  function asked(client: RawClient): number[] {
    return client.messages.flatMap((message) => (message.type === 'claim' ? [message.id] : []))
  }

  test.each([
    ['a grant that nobody asked for', [{ type: 'granted', id: 2, grant }]],
    [
      'a second answer',
      [
        { type: 'granted', id: 1, grant },
        { type: 'granted', id: 1, grant },
      ],
    ],
    [
      'a denial after the grant',
      [
        { type: 'granted', id: 1, grant },
        { type: 'denied', id: 1, code: 'ERR_UNTORN_DENIED', message: '' },
      ],
    ],
    ['confirmation of what was never asked', [{ type: 'unclaimed', id: 2 }]],
    ['a claim', [claim(1)]],
  ] as [string, Message[]][])('gives up a host that says %s', async (_what, messages) => {
    const { peer, client, reader, device } = await connected()
    const outcome = reader.source.claim('pin').then(
      () => 'granted',
      (error: unknown) => (error as UntornError).code,
    )
    await until(() => asked(client).length === 1)
    client.say(...messages)
    await until(() => peer.lost !== undefined)
    expect(peer.lost).toMatchObject({ cause: { code: 'ERR_UNTORN_PROTOCOL' } })
    expect(['granted', 'ERR_UNTORN_PEER_LOST']).toContain(await outcome)
    expect(device.live()).toEqual([])
  })

  test('waits no longer than its time, and gives back what comes too late', async () => {
    const { peer, client, reader } = await connected()
    const timeout = { code: 'ERR_UNTORN_TIMEOUT' }
    await expect(reader.source.claim('pin')).rejects.toMatchObject(timeout)
    client.say({ type: 'granted', id: 1, grant })
    await until(() => client.types().includes('unclaim'))
    client.say({ type: 'unclaimed', id: 1 })
    await expect(reader.source.claim('pin')).rejects.toMatchObject(timeout)
    client.say({ type: 'denied', id: 2, code: 'ERR_UNTORN_DENIED', message: '' })
    expect(peer.lost).toBeUndefined()
  })

  test('that is evicted ends its claims and asks for another queue pair, once', async () => {
    const { client, reader, device } = await connected()
    const asking = reader.source.claim('pin').catch((error: unknown) => error)
    await until(() => asked(client).length === 1)
    client.say({ type: 'evicted', reason: 'a' }, { type: 'evicted', reason: 'b' })
    expect(await asking).toMatchObject({ code: 'ERR_UNTORN_EVICTED' })
    // The answer to a claim of the earlier queue pair may cross the eviction.
    client.say({ type: 'granted', id: 1, grant })
    client.say({ type: 'renewed', endpoint: { provider: 'shared-memory', queuePairNumber: 9 } })
    await reader.source.recovery()
    expect(client.types().filter((type) => type === 'renew')).toHaveLength(1)
    expect(device.live()).toHaveLength(1)
    const next = reader.source.claim('pin')
    await until(() => asked(client).length === 2)
    client.say({ type: 'granted', id: 2, grant })
    expect((await next).ended).toBeUndefined()
  })

  test('whose claim is given back to a host that never confirms closes all the same', async () => {
    const { client, reader, peer } = await connected()
    const asking = reader.source.claim('pin')
    await until(() => asked(client).length === 1)
    client.say({ type: 'granted', id: 1, grant })
    const released = (await asking).release()
    await peer.close()
    await released
  })
})
