// Goal: a claim is granted by its owner or refused with a code, belongs to one queue pair, and has ended
// for its owner only when that queue pair is closed; for its peer at the latest when it is replaced.
// Method: real sockets, fake devices whose queue pairs close when the test lets them.
import { describe, expect, test } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { Status } from '../../../src/fabric/status.ts'
import { CLAIMS_PER_PEER_MAX } from '../../../src/session/limits.ts'
import type { ListenOptions } from '../../../src/session/listen.ts'
import { FakeClaims, type FakeQueuePair, fakeEntry, fakeRegion } from './fake-device.ts'
import { startHost, startPeer, until } from './harness.ts'

const region = fakeEntry('x').region

async function opened(options: ListenOptions = {}, timeoutMs = 5000) {
  const { host, device: hostDevice } = await startHost(options)
  const claims = new FakeClaims()
  const otherClaims = new FakeClaims()
  const owner = host.publish('cell', fakeRegion(undefined, claims))
  host.publish('other', fakeRegion(undefined, otherClaims))
  host.publish('plain', fakeRegion())
  const { peer, device } = await startPeer(host.port, { timeoutMs })
  const reader = await peer.open('cell')
  const other = await peer.open('other')
  return { host, hostDevice, claims, otherClaims, owner, peer, device, reader, other }
}

function lastPair(device: { readonly queuePairs: readonly FakeQueuePair[] }): FakeQueuePair {
  return device.queuePairs.at(-1) as FakeQueuePair
}

function gate(): { readonly closed: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const closed = new Promise<void>((resolve) => (open = resolve))
  return { closed, open }
}

/** Lets a claim be asked, and no answer arrive. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve))
}

describe('a claim', () => {
  test('is granted with windows and numbers, and given back', async () => {
    const { claims, reader, device } = await opened()
    const before = device.imported.size
    claims.grant = () => ({
      windows: [{ offset: 64, region: { ...region, lengthBytes: 64 } }],
      parameters: { row: 3 },
    })
    const claim = await reader.source.claim('pin')
    expect(claim).toMatchObject({ kind: 'pin', parameters: { row: 3 }, ended: undefined })
    expect(claim.binding).toBe(reader.source.current())
    expect(claim.windows).toMatchObject([{ offset: 64, lengthBytes: 64 }])
    expect(device.imported.has(claim.windows[0]?.handle as number)).toBe(true)
    expect(claims.held[0]).toMatchObject({ kind: 'pin' })
    await Promise.all([claim.release(), claim.release()])
    expect(claims.over).toEqual(claims.held)
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
    expect(device.imported.size).toBe(before)
  })

  test('has an identity of its own in the whole host', async () => {
    const { host, claims, otherClaims, reader, other } = await opened()
    const { peer } = await startPeer(host.port)
    const second = await peer.open('cell')
    for (const source of [reader.source, other.source, second.source, reader.source]) {
      await source.claim('pin')
    }
    const ids = [...claims.held, ...otherClaims.held].map((holder) => holder.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(claims.held.map((holder) => holder.peer)).size).toBe(2)
  })

  test('is refused with the owner’s code, and with one of its own where nothing is offered', async () => {
    const { claims, reader, peer } = await opened()
    claims.grant = () => {
      throw new UntornError('ERR_UNTORN_HEAP_EXHAUSTED', 'full')
    }
    const full = { code: 'ERR_UNTORN_HEAP_EXHAUSTED' }
    await expect(reader.source.claim('write')).rejects.toMatchObject(full)
    claims.grant = () => {
      throw new Error('a bug')
    }
    const denied = { code: 'ERR_UNTORN_DENIED' }
    await expect(reader.source.claim('write')).rejects.toMatchObject(denied)
    const plain = await peer.open('plain')
    await expect(plain.source.claim('pin')).rejects.toMatchObject(denied)
    expect(peer.lost).toBeUndefined()
  })

  test('whose grant no peer would accept is taken back from its owner', async () => {
    const { claims, reader, peer } = await opened()
    claims.grant = () => ({ windows: [], parameters: { row: -1 } })
    await expect(reader.source.claim('pin')).rejects.toMatchObject({ code: 'ERR_UNTORN_PROTOCOL' })
    expect(claims.over).toHaveLength(1)
    claims.grant = () => ({ windows: [{ offset: 100, region }], parameters: {} })
    await expect(reader.source.claim('pin')).rejects.toMatchObject({ code: 'ERR_UNTORN_PROTOCOL' })
    await until(() => claims.over.length === 2)
    expect(peer.lost).toBeUndefined()
  })

  test('is bounded in number for each peer', async () => {
    const { claims, reader } = await opened()
    for (let index = 0; index < CLAIMS_PER_PEER_MAX; index++) await reader.source.claim('pin')
    const denied = { code: 'ERR_UNTORN_DENIED' }
    await expect(reader.source.claim('pin')).rejects.toMatchObject(denied)
    await claims.held[0]?.evict('test')
    expect(claims.over).toHaveLength(CLAIMS_PER_PEER_MAX)
  })

  test('whose host cannot register memory for its notices is told later, and nobody throws', async () => {
    const { claims, reader } = await opened()
    await reader.source.claim('pin')
    // A publication must not fail because a watcher cannot be told of it.
    expect(claims.held[0]?.notify(Uint8Array.of(1))).toBe(false)
    expect(claims.over).toEqual([])
  })

  test('heeds its signal, and what is granted too late is given back', async () => {
    const { claims, reader } = await opened()
    const aborted = { code: 'ERR_UNTORN_ABORTED' }
    await expect(reader.source.claim('pin', AbortSignal.abort())).rejects.toMatchObject(aborted)
    const controller = new AbortController()
    const asking = reader.source.claim('pin', controller.signal)
    await turn()
    controller.abort()
    await expect(asking).rejects.toMatchObject(aborted)
    await until(() => claims.over.length === 1)
  })

  test('of a reader that is closed is given back', async () => {
    const { claims, reader } = await opened()
    const claim = await reader.source.claim('pin')
    const late = reader.source.claim('pin').catch((error: unknown) => error)
    await turn()
    reader.close()
    expect(await late).toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_CLOSED' })
    await until(() => claims.over.length === 2)
  })
})

describe('authorisation', () => {
  test('who restricts readers grants no writers, unless it says so', async () => {
    const { reader } = await opened({ authorize: () => true })
    const denied = { code: 'ERR_UNTORN_DENIED' }
    for (const kind of ['write', 'lock'] as const) {
      await expect(reader.source.claim(kind)).rejects.toMatchObject(denied)
    }
    await reader.source.claim('pin')
  })

  test('authorizeClaim decides by peer, region and kind, and fails closed', async () => {
    const asked: unknown[] = []
    const { reader, other } = await opened({
      authorizeClaim: (peer, entry, kind) => {
        asked.push([peer.address, entry.name, kind])
        if (kind === 'watch') throw new Error('no')
        return kind === 'lock' ? (Promise.resolve(true) as never) : entry.name === 'cell'
      },
    })
    await reader.source.claim('write')
    const denied = { code: 'ERR_UNTORN_DENIED' }
    await expect(other.source.claim('write')).rejects.toMatchObject(denied)
    await expect(reader.source.claim('lock')).rejects.toMatchObject(denied)
    expect(asked).toEqual([
      ['127.0.0.1', 'cell', 'write'],
      ['127.0.0.1', 'other', 'write'],
      ['127.0.0.1', 'cell', 'lock'],
    ])
  })
})

describe('an eviction', () => {
  test('closes the queue pair, then ends all claims of it, then tells the peer', async () => {
    const { claims, otherClaims, reader, other, host, hostDevice, device, peer } = await opened()
    const mine = await reader.source.claim('pin')
    const theirs = await other.source.claim('write')
    const ends: unknown[] = []
    mine.onEnded = (why) => ends.push(why.code)
    theirs.onEnded = (why) => ends.push(why.code)
    const { closed, open } = gate()
    lastPair(hostDevice).closing = closed
    const evicting = claims.held[0]?.evict('it slept')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([claims.over, otherClaims.over, mine.ended, device.queuePairs.length]).toEqual([
      [],
      [],
      undefined,
      1,
    ])
    // Nothing is granted on a queue pair that is going.
    const notConnected = { code: 'ERR_UNTORN_NOT_CONNECTED' }
    await expect(reader.source.claim('pin')).rejects.toMatchObject(notConnected)
    open()
    await evicting
    expect([claims.over, otherClaims.over]).toEqual([claims.held, otherClaims.held])
    await until(() => ends.length === 2)
    expect(ends).toEqual(['ERR_UNTORN_EVICTED', 'ERR_UNTORN_EVICTED'])
    // The peer renews its queue pair, and may claim anew.
    await reader.source.recovery()
    await reader.source.claim('pin')
    expect([device.live().length, hostDevice.live().length, peer.lost]).toEqual([1, 1, undefined])
    expect(claims.over).toHaveLength(1)
    expect(host.statistics).toMatchObject({ evictions: 1, renewals: 1 })
  })

  test('of a stopped peer fails as busy, and is tried again until it ends', async () => {
    const { claims, reader, hostDevice } = await opened()
    const claim = await reader.source.claim('lock')
    lastPair(hostDevice).busyCloses = 2
    const busy = { code: 'ERR_UNTORN_BUSY' }
    await expect(claims.held[0]?.evict('it sleeps')).rejects.toMatchObject(busy)
    await expect(claims.held[0]?.evict('it sleeps')).rejects.toMatchObject(busy)
    expect([claims.over, claim.ended]).toEqual([[], undefined])
    await until(() => claims.over.length === 1)
    await until(() => claim.ended?.code === 'ERR_UNTORN_EVICTED')
  })

  test('twice, or of a claim that is over, does nothing more', async () => {
    const { claims, reader, hostDevice } = await opened()
    await reader.source.claim('lock')
    await Promise.all([claims.held[0]?.evict('a'), claims.held[0]?.evict('b')])
    await claims.held[0]?.evict('c')
    expect(claims.over).toHaveLength(1)
    await until(() => hostDevice.live().length === 1)
    await reader.source.claim('lock')
    await claims.held[0]?.evict('late: another queue pair')
    expect(claims.over).toHaveLength(1)
  })
})

describe('the end of a claim', () => {
  test('comes with the queue pair that breaks', async () => {
    const { claims, reader, hostDevice } = await opened()
    const claim = await reader.source.claim('pin')
    reader.source.transportFailed(Status.RemoteAccess)
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_NOT_CONNECTED' })
    await until(() => claims.over.length === 1)
    expect(hostDevice.queuePairs[0]?.state).toBe('closed')
    await reader.source.recovery()
    await reader.source.claim('pin')
    expect(claims.over).toHaveLength(1)
  })

  test('of one that is just being granted comes, too', async () => {
    const { claims, reader, peer } = await opened()
    const asking = reader.source.claim('pin').catch((error: unknown) => error)
    await turn()
    reader.source.transportFailed(Status.RemoteAccess)
    expect(await asking).toMatchObject({ code: 'ERR_UNTORN_NOT_CONNECTED' })
    await until(() => claims.over.length === 1)
    await reader.source.recovery()
    expect(peer.lost).toBeUndefined()
  })

  test('comes with the connection, after the queue pair is closed', async () => {
    const { claims, reader, hostDevice, peer, host } = await opened()
    const claim = await reader.source.claim('pin')
    const { closed, open } = gate()
    lastPair(hostDevice).closing = closed
    await peer.close()
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_PEER_LOST' })
    await until(() => host.peers === 0)
    expect(claims.over).toEqual([])
    open()
    await until(() => claims.over.length === 1)
  })

  test('comes with a reconnect, and the same source claims anew', async () => {
    const { claims, reader, peer } = await opened()
    const claim = await reader.source.claim('pin')
    await peer.reconnect()
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_PEER_LOST' })
    await until(() => claims.over.length === 1)
    await reader.source.claim('pin')
    expect(claims.over).toHaveLength(1)
  })

  test('comes with the withdrawal, before the owner’s memory goes', async () => {
    const { claims, otherClaims, reader, other, owner, peer } = await opened()
    const claim = await reader.source.claim('pin')
    const unaffected = await other.source.claim('pin')
    await owner.close()
    expect(claims.over).toHaveLength(1)
    expect(claim.ended).toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
    expect([otherClaims.over, unaffected.ended]).toEqual([[], undefined])
    const stale = { code: 'ERR_UNTORN_STALE_GENERATION' }
    await expect(reader.source.claim('pin')).rejects.toMatchObject(stale)
    expect(peer.lost).toBeUndefined()
  })

  test('an owner that throws at it does not keep the others from theirs', async () => {
    const { claims, otherClaims, reader, other, peer } = await opened()
    claims.ended = () => {
      throw new Error('a bug')
    }
    await reader.source.claim('pin')
    await other.source.claim('pin')
    await peer.close()
    await until(() => otherClaims.over.length === 1)
  })
})

test('a withdrawal waits for claims by a queue pair that is being replaced', async () => {
  const { claims, reader, hostDevice, owner } = await opened()
  await reader.source.claim('pin')
  const { closed, open } = gate()
  lastPair(hostDevice).closing = closed
  reader.source.transportFailed(Status.RemoteAccess)
  let withdrawn = false
  const closing = owner.close().then(() => (withdrawn = true))
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect([withdrawn, claims.over]).toEqual([false, []])
  open()
  await closing
  expect(claims.over).toHaveLength(1)
})
