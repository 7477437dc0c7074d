// Goal: whatever breaks while the lock is being taken, held or released, it ends with a code, nobody is
// left with a lock that nobody frees, and what the owner is told of holders it gets right. Method: simulated
// devices whose completions are kept back and whose queue pairs break; claims in the test's hands.
import { describe, expect, test } from 'vitest'
import { lockStrategies } from '../../../../src/protocols/index.ts'
import { lockedRegion } from '../../../../src/regions/locked/index.ts'
import { codeOf, lockedWorld, payloadOf, until } from './fixture.ts'

describe('taking the lock', () => {
  test('given up while its compare-and-swap is in flight, it is freed when that hit', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region, faults } = await newPeer()
    await region.update((bytes) => bytes.fill(1))
    faults.holdCompletions()
    const abort = new AbortController()
    const waiting = codeOf(region.acquire({ signal: abort.signal }))
    await until(() => owner.holders().some(({ holds }) => holds))
    abort.abort()
    expect(await waiting).toBe('ERR_UNTORN_ABORTED')
    expect(owner.holders()).toMatchObject([{ holds: true }])
    faults.releaseCompletions()
    await until(() => owner.holders().every(({ holds }) => !holds))
    expect(await owner.update((bytes) => bytes.fill(2))).toBe(8)
    expect(region.lockStatistics).toMatchObject({
      acquisitions: 1,
      releases: 1,
      discards: 0,
    })
  })

  test('a queue pair that breaks meanwhile ends the wait; the owner frees what it had', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region, faults, claim } = await newPeer()
    await region.update((bytes) => bytes.fill(1))
    faults.holdCompletions()
    const waiting = codeOf(region.acquire())
    await until(() => owner.holders().some(({ holds }) => holds))
    faults.break()
    expect(await waiting).toBe('ERR_UNTORN_REMOTE')
    claim().end('its queue pair is gone')
    expect(await owner.update((bytes) => bytes.fill(2))).toBe(8)
    expect(owner.statistics).toMatchObject({ ended: 1, rolledForward: 0 })
  })

  test('waits for its claim no longer than it may, and not beyond the close', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region, granting, landings } = await newPeer()
    const before = landings()
    let grant = granting.hold()
    expect(await codeOf(region.acquire({ timeoutMs: 5 }))).toBe('ERR_UNTORN_TIMEOUT')
    const waiting = codeOf(region.acquire())
    const abort = new AbortController()
    const aborted = codeOf(region.acquire({ signal: abort.signal }))
    abort.abort()
    expect(await aborted).toBe('ERR_UNTORN_ABORTED')
    await region.close()
    expect(await waiting).toBe('ERR_UNTORN_CLOSED')
    grant()
    await until(() => owner.holders().length === 0)
    expect(landings()).toBeLessThanOrEqual(before)
    const next = await newPeer()
    grant = next.granting.hold()
    const acquired = next.region.acquire()
    grant()
    expect(await (await acquired).release(payloadOf(1))).toBe(4)
  })

  test('as its handle closes, it is not taken, or freed at once', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region, landings } = await newPeer()
    await region.update((bytes) => bytes.fill(1))
    const waiting = codeOf(region.acquire())
    await region.close()
    expect(await waiting).toBe('ERR_UNTORN_CLOSED')
    expect(await owner.update((bytes) => bytes.fill(2))).toBeGreaterThan(4)
    expect(landings()).toBe(0)
    const late = owner.close()
    expect(await codeOf(owner.acquire())).toBe('ERR_UNTORN_CLOSED')
    await late
  })

  test('given up on a queue pair that breaks, somebody hears of it', async () => {
    const { fabric, owner, owned, newPeer } = await lockedWorld()
    const { region } = await newPeer()
    await owner.update((bytes) => bytes.fill(1))
    const [loopback] = owned
    if (loopback === undefined) throw new Error('there is no loopback')
    const faults = fabric.faults(loopback)
    faults.holdCompletions()
    const abort = new AbortController()
    const waiting = codeOf(owner.acquire({ signal: abort.signal }))
    // The owner has it, and does not know.
    let seen: unknown
    do {
      await new Promise((resolve) => setTimeout(resolve, 1))
      seen = await codeOf(region.read({ attemptsMax: 2 }))
    } while (seen !== 'ERR_UNTORN_WRITER_ACTIVE')
    abort.abort()
    expect(await waiting).toBe('ERR_UNTORN_ABORTED')
    faults.break()
    expect(await codeOf(region.update((bytes) => bytes.fill(2), { timeoutMs: 1000 }))).toBe(8)
  })

  test.each([
    ['no window', { windows: [] }],
    ['no identity', { parameters: {} }],
    ['an identity that none has', { parameters: { holder: 0xffff } }],
    ['half an identity', { parameters: { holder: 1.5 } }],
  ])('a grant with %s is refused', async (_, change) => {
    const { owner, newPeer } = await lockedWorld()
    const { region } = await newPeer((grant) => ({ ...grant, ...change }))
    expect(await codeOf(region.acquire())).toBe('ERR_UNTORN_PROTOCOL')
    // And given back.
    expect(owner.holders()).toEqual([])
  })
})

describe('releasing it', () => {
  test('on a queue pair that breaks after the last step: unknown, and published', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region, faults, claim } = await newPeer()
    const guard = await region.acquire()
    faults.holdCompletions()
    const released = codeOf(guard.release(payloadOf(9)))
    await until(() => owner.holders().every(({ holds }) => !holds))
    faults.break()
    expect(await released).toBe('ERR_UNTORN_UNKNOWN_OUTCOME')
    claim().end('its queue pair is gone')
    await using present = await owner.acquire()
    expect(present.bytes).toEqual(payloadOf(9))
    expect(owner.statistics).toMatchObject({ ended: 0 })
  })

  test('after the claim has ended: evicted, and nothing is posted', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region, claim } = await newPeer()
    const guard = await region.acquire()
    claim().end('for a test')
    expect(guard.held).toBe(false)
    expect(await codeOf(guard.release(payloadOf(9)))).toBe('ERR_UNTORN_EVICTED')
    await using present = await owner.acquire()
    expect(present.bytes).toEqual(payloadOf(0))
    expect(region.lockStatistics).toMatchObject({ releases: 0, discards: 0 })
  })

  test('a handle that closes gives back its guards and its claim', async () => {
    const { owner, newPeer } = await lockedWorld()
    const { region } = await newPeer()
    const guard = await region.acquire()
    await region.close()
    expect(guard.held).toBe(false)
    expect(owner.holders()).toEqual([])
    expect(owner.statistics).toMatchObject({ ended: 0 })
    expect(await codeOf(region.acquire())).toBe('ERR_UNTORN_CLOSED')
    expect(await owner.update((bytes) => bytes.fill(2))).toBe(6)
  })
})

describe('the owner', () => {
  test('tries again to evict a peer that is stopped amid an operation', async () => {
    const { owner, newPeer } = await lockedWorld({ leaseMs: 8 })
    const { region, claim } = await newPeer()
    const guard = await region.acquire()
    claim().busy = 3
    await until(() => owner.statistics.ended === 1)
    expect(owner.statistics).toMatchObject({
      evictionsBusy: 3,
      evictions: 1,
      rolledForward: 0,
    })
    expect(await codeOf(guard.release())).toBe('ERR_UNTORN_EVICTED')
  })

  test('tells who called that an eviction has to wait', async () => {
    const { owner, newPeer } = await lockedWorld({ leaseMs: 0 })
    const { region, claim } = await newPeer()
    await region.acquire()
    claim().busy = 1
    const [holder] = owner.holders()
    expect(holder).toEqual({ id: 1, peer: 'peer', holds: true })
    expect(await codeOf(owner.evict(1))).toBe('ERR_UNTORN_BUSY')
    expect(await codeOf(owner.evict(1))).toBe(true)
    expect(await owner.update((bytes) => bytes.fill(2))).toBe(6)
  })

  test('gives its identities to others only when their acquisitions have ended', async () => {
    const { owner, newPeer } = await lockedWorld({ holdersMax: 2 })
    const seen: (number | undefined)[] = []
    for (let round = 0; round < 5; round++) {
      const { region, claim } = await newPeer()
      const guard = await region.acquire()
      seen.push(claim().parameters['holder'])
      claim().end('for a test')
      expect(guard.held).toBe(false)
    }
    expect(seen).toEqual([2, 3, 4, 5, 6])
    await until(() => owner.statistics.ended === 5)
  })

  test('grants the place of a holder that is gone while it ends its acquisition', async () => {
    const { fabric, owned, newPeer } = await lockedWorld({ holdersMax: 1 })
    const { region, claim } = await newPeer()
    await region.acquire()
    const [loopback] = owned
    if (loopback === undefined) throw new Error('there is no loopback')
    const faults = fabric.faults(loopback)
    faults.holdCompletions()
    claim().end('its queue pair was replaced')
    const again = (await newPeer()).region.acquire()
    const third = await newPeer()
    expect(await codeOf(third.region.acquire())).toBe('ERR_UNTORN_DENIED')
    faults.releaseCompletions()
    expect(await (await again).release(payloadOf(3))).toBe(6)
  })

  test('goes on by another loopback when its own breaks, and its guard learns of it', async () => {
    const { fabric, owner, owned, newPeer } = await lockedWorld()
    const [loopback] = owned
    if (loopback === undefined) throw new Error('there is no loopback')
    const faults = fabric.faults(loopback)
    const guard = await owner.acquire()
    faults.holdCompletions()
    const released = codeOf(guard.release(payloadOf(9)))
    faults.break()
    expect(await released).toBe('ERR_UNTORN_UNKNOWN_OUTCOME')
    const { region } = await newPeer()
    const whole = [payloadOf(0).join(), payloadOf(9).join()]
    await region.update((bytes) => expect(whole).toContain(bytes.join()))
    await owner.update((bytes) => bytes.fill(3))
    expect((await region.read()).bytes).toEqual(payloadOf(3))
  })

  test('repairs by another loopback when its own breaks', async () => {
    const { fabric, owner, owned, newPeer } = await lockedWorld()
    const { region, claim } = await newPeer()
    await region.acquire()
    const [loopback] = owned
    if (loopback === undefined) throw new Error('there is no loopback')
    fabric.faults(loopback).break()
    claim().end('for a test')
    expect(await owner.update((bytes) => bytes.fill(3))).toBe(6)
    expect(owner.statistics).toMatchObject({ ended: 1, repairsFailed: 0 })
  })

  test('without any loopback for a while fails with a code, and tries again', async () => {
    const { fabric, owner, owned, refusing, newPeer } = await lockedWorld({
      holdersMax: 1,
    })
    const { region, claim } = await newPeer()
    await region.acquire()
    const [loopback] = owned
    if (loopback === undefined) throw new Error('there is no loopback')
    fabric.faults(loopback).break()
    refusing.now = true
    claim().end('for a test')
    await until(() => owner.statistics.repairsFailed === 1)
    expect(await codeOf(owner.acquire())).toBe('ERR_UNTORN_SYSTEM')
    // The place of the one that still has the lock is not given away.
    const { region: next } = await newPeer()
    expect(await codeOf(next.acquire())).toBe('ERR_UNTORN_DENIED')
    refusing.now = false
    await until(() => owner.statistics.ended === 1)
    expect(await next.update((bytes) => bytes.fill(4))).toBe(6)
    expect(await owner.update((bytes) => bytes.fill(5))).toBe(8)
  })

  test('that closes while a peer is stopped amid an operation does close', async () => {
    const { owner, newPeer } = await lockedWorld({ leaseMs: 0 })
    const { region, claim } = await newPeer()
    await region.acquire()
    claim().busy = 1
    await owner.close()
    expect(owner.closed).toBe(true)
    expect(claim().busy).toBe(0)
  })
})

test.each([
  [undefined],
  [{}],
  [{ bytes: 0 }],
  [{ bytes: 8, leaseMs: -1 }],
  [{ bytes: 8, leaseMs: 0.5 }],
  [{ bytes: 8, holdersMax: 0 }],
  [{ bytes: 8, holdersMax: 5000 }],
  [{ bytes: 8, strategy: 'words' }],
  [{ bytes: 8, initial: new Uint8Array(7) }],
  [{ bytes: 8, initial: [1] }],
  [{ bytes: 8, hugePages: 1 }],
])('options %o are refused', (options) => {
  expect(() => lockedRegion(options as never)).toThrow(
    expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
  )
})

test('the entry says what a peer must know', async () => {
  const { entry, owner } = await lockedWorld({ leaseMs: 77, strategy: 'hash' })
  const { layoutVersion } = lockStrategies.hash
  expect(entry).toMatchObject({
    protocol: 'locked',
    strategy: 'hash',
    layoutVersion,
  })
  expect(entry.parameters).toEqual({ leaseMs: 77 })
  expect([owner.version, owner.byteLength, owner.leaseMs]).toEqual([2, 64, 77])
})
