// Goal: a watch yields every region's newest version when it is asked, never an old one; it looks less and
// less often while nothing changes, ends as it should, mends what a session mends, and leaves nothing
// behind. Method: an owner and a reader on the fake fabric, fake timers.
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { Status } from '../../../src/fabric/status.ts'
import { RegionReader } from '../../../src/regions/region-reader.ts'
import type { WatchOptions } from '../../../src/regions/watch/watch-options.ts'
import { type World, codeOf, makeWorld, payloadOf } from './fixture.ts'
import { settled, turns, versionOf } from './watch-fixture.ts'

const BYTES = 16

let world: World

beforeEach(async () => {
  vi.useFakeTimers()
  world = await makeWorld({ bytes: BYTES, strategy: 'fenced', initial: payloadOf(2, BYTES) })
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  expect(RegionReader.contextOf(world.reader).cancellations.size).toBe(0)
  vi.useRealTimers()
})

function write(): number {
  return world.owner.write(payloadOf(world.owner.version + 2, BYTES))
}

describe('polling', () => {
  test('the present version comes at once, then each newer one', async () => {
    const watch = world.reader.watch()
    const first = await watch.next()
    expect(first).toEqual({ done: false, value: { version: 2, bytes: payloadOf(2, BYTES) } })
    const pending = watch.next()
    await vi.advanceTimersByTimeAsync(500)
    expect(await settled(pending)).toBeUndefined()
    write()
    await vi.advanceTimersByTimeAsync(100)
    const bytes = payloadOf(4, BYTES)
    expect(await settled(pending)).toEqual({ done: false, value: { version: 4, bytes } })
    await watch.return()
  })

  test('a slow consumer gets the newest, and no queue', async () => {
    const watch = world.reader.watch()
    expect(await versionOf(watch.next())).toBe(2)
    for (let count = 0; count < 5; count += 1) {
      write()
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(await versionOf(watch.next())).toBe(12)
    const pending = watch.next()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await settled(pending)).toBeUndefined()
    await watch.return()
  })

  test('it looks less often while nothing changes, and often again after a change', async () => {
    const watch = world.reader.watch({ pace: { minMs: 2, maxMs: 16 } })
    await watch.next()
    const looks = (): number => world.queuePair.chains.length
    const before = looks()
    const pending = watch.next()
    // Due 2, 6, 14, 30, 46, 62 ms after the first look; all of 8 bytes.
    await vi.advanceTimersByTimeAsync(62)
    expect(looks() - before).toBe(6)
    expect(world.queuePair.chains.at(-1)).toMatchObject([{ length: 8 }])
    write()
    await vi.advanceTimersByTimeAsync(16)
    expect(await versionOf(pending)).toBe(4)
    const next = watch.next()
    write()
    await vi.advanceTimersByTimeAsync(2)
    expect(await versionOf(next)).toBe(6)
    await watch.return()
  })

  test('calls of next take turns', async () => {
    const watch = world.reader.watch()
    const [first, second] = [watch.next(), watch.next()]
    expect(await versionOf(first)).toBe(2)
    expect(await settled(second)).toBeUndefined()
    write()
    await vi.advanceTimersByTimeAsync(10)
    expect(await versionOf(second)).toBe(4)
    await watch.return()
  })
})

describe('the end', () => {
  test('for await, left, leaves nothing behind', async () => {
    const seen: number[] = []
    for await (const { version } of world.reader.watch({ pace: { minMs: 0 } })) {
      seen.push(version)
      write()
      await vi.advanceTimersByTimeAsync(1)
      void Promise.resolve().then(() => vi.advanceTimersByTimeAsync(1))
      if (seen.length === 3) break
    }
    expect(seen).toEqual([2, 4, 6])
  })

  test('return ends a pending next at once, and every later one', async () => {
    const watch = world.reader.watch()
    await watch.next()
    const pending = watch.next()
    await turns()
    expect(await settled(watch.return())).toEqual({ done: true, value: undefined })
    expect(await settled(pending)).toEqual({ done: true, value: undefined })
    expect(await settled(watch.next())).toEqual({ done: true, value: undefined })
  })

  test('return ends a look in flight', async () => {
    const watch = world.reader.watch()
    await watch.next()
    world.queuePair.holding = true
    const pending = watch.next()
    await vi.advanceTimersByTimeAsync(1)
    await watch.return()
    expect(await settled(pending)).toEqual({ done: true, value: undefined })
    world.queuePair.release()
    await turns()
  })

  test('the owner’s close is done', async () => {
    const watch = world.reader.watch()
    await watch.next()
    const pending = watch.next()
    // Peers are awaited, this one's reader among them: the memory is still there.
    world.context.withdraw.mockReturnValue(new Promise(() => undefined))
    void world.owner.close()
    await vi.advanceTimersByTimeAsync(1)
    expect(await settled(pending)).toEqual({ done: true, value: undefined })
  })

  test.each([
    ['a withdrawal', true],
    ['a later incarnation', false],
  ])('%s: done is %s', async (_, closed) => {
    const cause = closed ? new UntornError('ERR_UNTORN_CLOSED', 'by its owner') : undefined
    const watch = world.reader.watch()
    await watch.next()
    world.source.state = new UntornError('ERR_UNTORN_STALE_GENERATION', 'gone', { cause })
    const pending = watch.next()
    const ending = closed ? undefined : 'ERR_UNTORN_STALE_GENERATION'
    const code = codeOf(() => pending)
    await vi.advanceTimersByTimeAsync(1)
    expect(await code).toBe(ending)
    expect(await settled(watch.next())).toEqual({ done: true, value: undefined })
  })

  test('the reader’s close ends a pause at once', async () => {
    const watch = world.reader.watch({ pace: { minMs: 1000 } })
    await watch.next()
    const pending = watch.next()
    await turns()
    await world.reader.close()
    expect(await settled(pending)).toEqual({ done: true, value: undefined })
  })

  test('its signal, in a pause, in a look, and between two of them', async () => {
    for (const moment of ['pause', 'look', 'between'] as const) {
      const abort = new AbortController()
      const watch = world.reader.watch({ signal: abort.signal })
      await watch.next()
      world.queuePair.holding = moment === 'look'
      const code = moment === 'between' ? undefined : codeOf(() => watch.next())
      await turns()
      if (moment === 'look') await vi.advanceTimersByTimeAsync(1)
      abort.abort('enough')
      expect(await (code ?? codeOf(() => watch.next()))).toBe('ERR_UNTORN_ABORTED')
      expect(getEventListeners(abort.signal, 'abort')).toEqual([])
      expect(await settled(watch.next())).toEqual({ done: true, value: undefined })
      world.queuePair.holding = false
      world.queuePair.release()
      await turns()
    }
  })

  test('nothing of it stays with the signal between two calls', async () => {
    const abort = new AbortController()
    const watch = world.reader.watch({ signal: abort.signal })
    await watch.next()
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  })

  test('what else a read fails with', async () => {
    const watch = world.reader.watch()
    await watch.next()
    world.source.state = new UntornError('ERR_UNTORN_PEER_LOST', 'gone')
    const code = codeOf(() => watch.next())
    await vi.advanceTimersByTimeAsync(1)
    expect(await code).toBe('ERR_UNTORN_PEER_LOST')
  })
})

describe('a connection that breaks', () => {
  test('is waited for', async () => {
    const watch = world.reader.watch()
    await watch.next()
    const bound = world.source.state
    let recovered = (): void => undefined
    world.source.transportFailed.mockImplementation((status) => {
      world.source.recovering = new Promise((resolve) => (recovered = resolve))
      world.source.state = new UntornError('ERR_UNTORN_NOT_CONNECTED', 'being replaced')
      return new UntornError('ERR_UNTORN_REMOTE', `status ${status}`, { status })
    })
    world.queuePair.statuses.push(Status.RetryExceeded)
    const pending = watch.next()
    await vi.advanceTimersByTimeAsync(1000)
    write()
    expect(await settled(pending)).toBeUndefined()
    world.source.state = bound
    world.source.recovering = null
    recovered()
    await vi.advanceTimersByTimeAsync(1)
    expect(await versionOf(pending)).toBe(4)
    await watch.return()
  })

  test('again and again is a failure', async () => {
    const watch = world.reader.watch()
    await watch.next()
    for (let count = 0; count < 5; count += 1) {
      world.queuePair.statuses.push(Status.RemoteAccess)
    }
    const code = codeOf(() => watch.next())
    await vi.advanceTimersByTimeAsync(1000)
    expect(await code).toBe('ERR_UNTORN_REMOTE')
    expect(world.source.transportFailed).toHaveBeenCalledTimes(4)
  })

  test('now and then is none', async () => {
    const watch = world.reader.watch()
    await watch.next()
    for (let round = 0; round < 5; round += 1) {
      world.queuePair.statuses.push(Status.RetryExceeded)
      const version = write()
      const pending = watch.next()
      await vi.advanceTimersByTimeAsync(5)
      expect(await versionOf(pending)).toBe(version)
    }
    await watch.return()
  })

  test('return does not wait for it', async () => {
    const watch = world.reader.watch()
    await watch.next()
    world.source.transportFailed.mockImplementation((status) => {
      world.source.recovering = new Promise(() => undefined)
      return new UntornError('ERR_UNTORN_REMOTE', `status ${status}`, { status })
    })
    world.queuePair.statuses.push(Status.RetryExceeded)
    const pending = watch.next()
    await vi.advanceTimersByTimeAsync(1)
    await watch.return()
    expect(await settled(pending)).toEqual({ done: true, value: undefined })
  })
})

test.each([
  ['no object', 1 as unknown as WatchOptions],
  ['no signal', { signal: {} as AbortSignal }],
  ['no pace', { pace: 5 as unknown as { minMs: number } }],
  ['a negative pace', { pace: { minMs: -1 } }],
  ['a pace backwards', { pace: { minMs: 10, maxMs: 5 } }],
  ['no truth value', { notify: 1 as unknown as boolean }],
])('options are checked: %s', async (_, options) => {
  expect(await codeOf(() => world.reader.watch(options))).toBe('ERR_UNTORN_ARGUMENT')
})
