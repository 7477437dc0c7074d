// Goal: a notified watch is woken by the owner, looks at its pace, and no publication goes unseen for good:
// not with notices lost, looks that break, or claims that end. Method: an owner and a reader on the fake
// fabric, fake timers, claims in the test's hands. watch-notices.test.ts runs random histories.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { Status } from '../../../src/fabric/status.ts'
import type { Claim } from '../../../src/regions/contract.ts'
import { RegionOwner } from '../../../src/regions/region-owner.ts'
import { RegionReader } from '../../../src/regions/region-reader.ts'
import { type World, codeOf, makeWorld, payloadOf } from './fixture.ts'
import { FakeClaim, settled, turns, versionOf } from './watch-fixture.ts'

const BYTES = 16

let world: World
let claims: FakeClaim[] = []

beforeEach(async () => {
  vi.useFakeTimers()
  world = await makeWorld({ bytes: BYTES, strategy: 'fenced', initial: payloadOf(2, BYTES) })
  claims = []
  world.source.claim = () => {
    const claim = new FakeClaim(world.source.state as Claim['binding'], claims.length)
    claims.push(claim)
    RegionOwner.claimsOf(world.owner).claim(claim.holder)
    return Promise.resolve(claim)
  }
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  expect(RegionReader.contextOf(world.reader).cancellations.size).toBe(0)
  vi.useRealTimers()
})

function write(): number {
  return world.owner.write(payloadOf(world.owner.version + 2, BYTES))
}

const notify = true

test('a publication wakes it, without a look before', async () => {
  const watch = world.reader.watch({ notify })
  expect(await versionOf(watch.next())).toBe(2)
  const pending = watch.next()
  await vi.advanceTimersByTimeAsync(900)
  const before = world.queuePair.chains.length
  write()
  expect(await versionOf(pending)).toBe(4)
  expect(world.queuePair.chains.length - before).toBe(2)
  await watch.return()
  expect(claims).toHaveLength(1)
  expect(claims[0]?.release).toHaveBeenCalledTimes(1)
})

test('publications closer than its pace are one look', async () => {
  const watch = world.reader.watch({ notify, pace: { minMs: 10 } })
  await watch.next()
  const pending = watch.next()
  await turns()
  for (let count = 0; count < 4; count += 1) {
    write()
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(await settled(pending)).toBeUndefined()
  await vi.advanceTimersByTimeAsync(6)
  expect(await versionOf(pending)).toBe(10)
  await watch.return()
})

test('a notice during a look is not lost', async () => {
  const watch = world.reader.watch({ notify })
  await watch.next()
  await vi.advanceTimersByTimeAsync(10)
  const pending = watch.next()
  await turns()
  world.queuePair.holding = true
  claims[0]?.onNotice?.(new Uint8Array(0))
  await turns()
  // The look samples what there is now; the notice comes before it has ended.
  world.queuePair.holding = false
  world.queuePair.release()
  write()
  await vi.advanceTimersByTimeAsync(1)
  expect(await versionOf(pending)).toBe(4)
  await watch.return()
})

test('lost notices are made up for', async () => {
  const watch = world.reader.watch({ notify, pace: { maxMs: 300 } })
  await watch.next()
  const pending = watch.next()
  await turns()
  const [claim] = claims as [FakeClaim]
  claim.lossy = true
  write()
  await vi.advanceTimersByTimeAsync(299)
  expect(await settled(pending)).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(await versionOf(pending)).toBe(4)
  expect(claim.notices).toBe(1)
  await watch.return()
})

test('a look that broke is taken again, though the claim has not ended', async () => {
  const watch = world.reader.watch({ notify })
  await watch.next()
  await vi.advanceTimersByTimeAsync(10)
  const pending = watch.next()
  await turns()
  world.queuePair.statuses.push(Status.RetryExceeded)
  write()
  await vi.advanceTimersByTimeAsync(2)
  expect(world.source.transportFailed).toHaveBeenCalledTimes(1)
  expect(await versionOf(pending)).toBe(4)
  await watch.return()
})

test('a claim that ends is asked for again, and followed by a look', async () => {
  const watch = world.reader.watch({ notify })
  await watch.next()
  const pending = watch.next()
  await turns()
  const [claim] = claims as [FakeClaim]
  claim.lossy = true
  let recovered = (): void => undefined
  world.source.recovering = new Promise((resolve) => (recovered = resolve))
  claim.end(new UntornError('ERR_UNTORN_NOT_CONNECTED', 'the queue pair is being replaced'))
  await turns()
  write()
  expect(claims).toHaveLength(1)
  world.source.recovering = null
  recovered()
  await vi.advanceTimersByTimeAsync(1)
  expect(await versionOf(pending)).toBe(4)
  const next = watch.next()
  await vi.advanceTimersByTimeAsync(10)
  expect(claims).toHaveLength(2)
  write()
  expect(await versionOf(next)).toBe(6)
  await watch.return()
})

test('a publication that comes between two claims is seen', async () => {
  const claim = world.source.claim.bind(world.source)
  const lost = new UntornError('ERR_UNTORN_NOT_CONNECTED', 'the queue pair is being replaced')
  let grants = 0
  world.source.claim = async () => {
    grants += 1
    if (grants === 1) {
      // It has ended before anybody could listen.
      const ended = new FakeClaim(world.source.state as Claim['binding'], 9)
      ended.ended = lost
      return ended
    }
    write()
    return await claim()
  }
  const watch = world.reader.watch({ notify })
  expect(await versionOf(watch.next())).toBe(2)
  const pending = watch.next()
  await vi.advanceTimersByTimeAsync(2)
  expect(await versionOf(pending)).toBe(4)
  await watch.return()
})

test('the owner’s close is done, also when it is heard of by the claim', async () => {
  const watch = world.reader.watch({ notify })
  await watch.next()
  const pending = watch.next()
  await turns()
  const cause = new UntornError('ERR_UNTORN_CLOSED', 'by its owner')
  const why = new UntornError('ERR_UNTORN_STALE_GENERATION', 'withdrawn', { cause })
  world.source.state = why
  world.source.claim = () => Promise.reject(why)
  claims[0]?.end(why)
  await vi.advanceTimersByTimeAsync(1)
  expect(await settled(pending)).toEqual({ done: true, value: undefined })
})

test('an eviction while it claims costs a claim, not the watch', async () => {
  const claim = world.source.claim.bind(world.source)
  let asked = 0
  world.source.claim = () => {
    asked += 1
    // The owner of another region took back what this peer had: its queue pair is replaced.
    if (asked > 1) return claim()
    return Promise.reject(new UntornError('ERR_UNTORN_EVICTED', 'the owner says: test'))
  }
  const watch = world.reader.watch({ notify })
  expect(await versionOf(watch.next())).toBe(2)
  expect(asked).toBe(2)
  await watch.return()
})

test('a region that notifies nobody says so', async () => {
  world.source.claim = () => Promise.reject(new UntornError('ERR_UNTORN_DENIED', 'no'))
  expect(await codeOf(() => world.reader.watch({ notify }).next())).toBe('ERR_UNTORN_DENIED')
})

test('a claim granted too late is given back', async () => {
  const claim = new FakeClaim(world.source.state as Claim['binding'], 9)
  // The watch does not wait until the owner has it.
  claim.release.mockReturnValue(new Promise(() => undefined))
  let grant = (): void => undefined
  world.source.claim = () => new Promise((resolve) => (grant = () => resolve(claim)))
  const watch = world.reader.watch({ notify })
  const pending = watch.next()
  await turns()
  await watch.return()
  grant()
  expect(await settled(pending)).toEqual({ done: true, value: undefined })
  expect(claim.release).toHaveBeenCalledTimes(1)
})
