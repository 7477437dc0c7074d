// Goal: the parts of the RCU cell's handles keep what they promise by themselves. Method: timers and
// clocks in the test's hands; entries and grants of owners that cannot be right.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { WriteClaims } from '../../../src/regions/cell/cell-claims.ts'
import { Housekeeping, Housework } from '../../../src/regions/cell/housekeeping.ts'
import { GraceWaiters } from '../../../src/regions/cell/grace-waiters.ts'
import { openRcuCell } from '../../../src/regions/cell/open-cell.ts'
import { PinSeat } from '../../../src/regions/cell/pin-seat.ts'
import { type RcuCellOptions, rcuCell } from '../../../src/regions/cell/rcu-cell.ts'
import { readerClock } from '../../../src/regions/cell/reader-clock.ts'
import { runAttempts } from '../../../src/regions/cell/run-attempts.ts'
import { WriteSeat } from '../../../src/regions/cell/write-seat.ts'
import type { MemoryRegion } from '../../../src/fabric/contract.ts'
import type {
  CatalogueEntry,
  Claim,
  ClaimHolder,
  OpenWindow,
} from '../../../src/regions/contract.ts'
import { LoopTurns } from '../../../src/regions/drivers/loop-turns.ts'
import { prepareRegions } from '../../../src/regions/kernels.ts'
import { ReadContext } from '../../../src/regions/read-context.ts'
import { GracePeriods } from '../../../src/protocols/cell/index.ts'
import { Evidence, Verdict } from '../../../src/protocols/machine.ts'
import { portableKernels } from '../../../src/protocols/portable-kernels.ts'
import { loadHash } from '../../../src/protocols/hash.ts'
import { CellRegion } from '../protocols/support/cell-region.ts'
import { FakeDevice } from './fake-fabric.ts'
import { FakeSource, publishContext } from './fixture.ts'

const options: RcuCellOptions = { bytes: 8192, objectBytesMax: 100, readers: 2, writers: 1 }

async function published(change: Partial<RcuCellOptions> = {}) {
  await prepareRegions()
  const device = new FakeDevice('simulation')
  const { entry, owner } = rcuCell({ ...options, writers: 0, ...change }).publish(
    publishContext(device, 'cell'),
  )
  const queuePair = device.createQueuePair()
  const remoteHandle = device.importRegion(entry.region).handle
  const binding = { device, queuePair, entry, remoteHandle }
  return { device, owner, entry, source: new FakeSource(binding), binding }
}

describe('options', () => {
  test.each([
    [{ bytes: 100 }, RangeError],
    [{ bytes: 2 ** 31 }, RangeError],
    [{ bytes: '1' as never }, RangeError],
    [{ objectBytesMax: 0 }, RangeError],
    [{ objectBytesMax: 2 ** 22 }, RangeError],
    [{ readers: -1 }, RangeError],
    [{ readers: 5000 }, RangeError],
    [{ writers: 1.5 }, RangeError],
    [{ leaseMs: 0 }, RangeError],
    [{ leaseMs: 10.5 }, RangeError],
    [{ slackMs: Number.NaN }, RangeError],
    [{ quarantine: -1 }, RangeError],
    [{ poison: 1 as never }, TypeError],
    [{ hugePages: 'no' as never }, TypeError],
    [{ initial: 'text' as never }, TypeError],
    [{ initial: new Uint8Array(101) }, RangeError],
  ] as [Partial<RcuCellOptions>, typeof RangeError][])('%o are refused', (change, kind) => {
    const misuse = (): unknown => rcuCell({ ...options, ...change })
    expect(misuse).toThrow(kind)
    expect(misuse).toThrow(expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }))
  })

  test('no options are refused as well', () => {
    expect(() => rcuCell(undefined as never)).toThrow(TypeError)
  })
})

describe('an entry', () => {
  test.each([
    [{ protocol: 'seqlock' }],
    [{ strategy: 'hash' }],
    [{ layoutVersion: 9 }],
    [{ capacityBytes: 0 }],
    [{ capacityBytes: 2 ** 22 }],
    [{ capacityBytes: 1_000_000 }],
    [{ hashKey: '0' }],
    [{ rights: [] }],
    [{ parameters: {} }],
    [{ parameters: { spanCount: 1, readers: 2, writers: 0, firstVersion: 1 } }],
    [{ parameters: { spanCount: 2 ** 24, readers: 4096, writers: 1024, firstVersion: 1 } }],
    [{ parameters: { spanCount: 8, readers: 2, writers: 0, firstVersion: 0 } }],
  ] as [Partial<CatalogueEntry>][])('of %o is refused', async (change) => {
    const { source, entry } = await published()
    const mismatch = { code: 'ERR_UNTORN_LAYOUT_MISMATCH' }
    await expect(openRcuCell(source, { ...entry, ...change })).rejects.toMatchObject(mismatch)
  })

  test('of another size than wanted is refused; one that fits is read', async () => {
    const { source, entry, owner } = await published({ initial: Uint8Array.of(7) })
    const mismatch = { code: 'ERR_UNTORN_LAYOUT_MISMATCH' }
    await expect(openRcuCell(source, entry, { bytes: 99 })).rejects.toMatchObject(mismatch)
    const reader = await openRcuCell(source, entry, { bytes: 100 })
    expect(reader.readSync()).toEqual({ version: 1, bytes: Uint8Array.of(7) })
    expect(owner.store(new Uint8Array(0))).toBe(2)
    expect(await reader.read()).toEqual({ version: 2, bytes: new Uint8Array(0) })
    await expect(reader.pin()).rejects.toMatchObject({ code: 'ERR_UNTORN_DENIED' })
    expect(reader.statistics.failures).toEqual({ ERR_UNTORN_DENIED: 1 })
    await reader.close()
    await owner.close()
  })
})

describe('a grant', () => {
  async function seatParts(parameters: Record<string, number>, windows: OpenWindow[]) {
    const { source, entry, binding } = await published()
    const kernels = portableKernels(await loadHash())
    const claim = { binding, parameters, windows, ended: undefined } as unknown as Claim
    const shape = {
      objectBytesMax: 100,
      spanCount: 8,
      readers: 2,
      writers: 1,
      generation: entry.generation,
      hashKey: BigInt(`0x${entry.hashKey}`),
    }
    const context = new ReadContext(source, entry, binding, () => {
      throw new Error('nothing is read')
    })
    return { context, shape, kernels, claim }
  }

  const row = { offset: 128, lengthBytes: 64, handle: 9 }
  const mismatch: unknown = expect.objectContaining({ code: 'ERR_UNTORN_LAYOUT_MISMATCH' })

  test.each([
    [{}, [row]],
    [{ row: 2, leaseMs: 10 }, [row]],
    [{ row: 1, leaseMs: 0 }, [row]],
    [{ row: 1, leaseMs: 1e12 }, [row]],
    [{ row: 0, leaseMs: 10 }, [row]],
    [{ row: 1, leaseMs: 10 }, []],
    [{ row: 1, leaseMs: 10 }, [{ ...row, lengthBytes: 8 }]],
  ] as [Record<string, number>, OpenWindow[]][])(
    'of a row with %o %o is refused',
    async (...args) => {
      const parts = await seatParts(...args)
      expect(() => new PinSeat(parts)).toThrow(mismatch)
    },
  )

  test('of the row that it says is taken; of no such place to write is refused', async () => {
    expect(new PinSeat(await seatParts({ row: 1, leaseMs: 10 }, [row])).row.leaseMs).toBe(10)
    const parts = await seatParts({ writer: 1 }, [])
    expect(() => new WriteSeat(parts)).toThrow(mismatch)
  })
})

describe('a place to write', () => {
  test('that cannot be granted whole leaves no window behind, and is free again', () => {
    const { owner: cell } = new CellRegion({ writers: 1, spanCount: 8 })
    cell.format()
    const open = new Set<object>()
    let room = 1
    const memory = {
      closed: false,
      window: () => {
        if (open.size === room) throw new UntornError('ERR_UNTORN_SYSTEM', 'no window is left')
        const window = { offset: 0, descriptor: {}, close: () => open.delete(window) }
        open.add(window)
        return window
      },
    } as unknown as MemoryRegion
    const { word } = cell
    const settle = (): void => cell.catchUp(word.low, word.high, cell.writers.endings)
    const claims = new WriteClaims(cell, memory, () => undefined, settle)
    const holder = { id: 1, kind: 'write', peer: 'test' } as ClaimHolder
    expect(() => claims.claim(holder)).toThrow(UntornError)
    expect([open.size, claims.count]).toEqual([0, 0])
    room = 2
    expect(claims.claim(holder).windows).toHaveLength(2)
  })
})

describe('housekeeping', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('looks more and more seldom while nothing comes of it, and rests when all is done', () => {
    let end: (typeof Housework)[keyof typeof Housework] = Housework.Waiting
    const looks: number[] = []
    const start = Date.now()
    const keeper = new Housekeeping(() => {
      looks.push(Date.now() - start)
      return end
    }, 8)
    expect(vi.getTimerCount()).toBe(0)
    keeper.wake()
    keeper.wake()
    vi.advanceTimersByTime(31)
    expect(looks).toEqual([1, 3, 7, 15, 23, 31])
    keeper.hurry()
    vi.advanceTimersByTime(1)
    expect(looks.at(-1)).toBe(32)
    end = Housework.Progress
    vi.advanceTimersByTime(2)
    expect(looks.slice(-1)).toEqual([34])
    end = Housework.Done
    vi.advanceTimersByTime(100)
    expect([looks.length, vi.getTimerCount()]).toEqual([9, 0])
    keeper.wake()
    keeper.stop()
    keeper.wake()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('an operation that is tried again', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('leaves no timer behind when it is aborted in a pause', async () => {
    const { source, entry, binding } = await published()
    const context = new ReadContext(source, entry, binding, () => {
      throw new Error('nothing is read')
    })
    const controller = new AbortController()
    const end = runAttempts({
      context,
      machine: { version: 0, evidence: Evidence.Torn },
      attempt: () => Verdict.Retry,
      policy: { attemptsMax: 9, initialUs: 3e7, maxUs: 6e7, timeoutMs: 1e6 },
      signal: controller.signal,
      turns: new LoopTurns(),
      transportFailed: (status) => new UntornError('ERR_UNTORN_REMOTE', `${status}`),
    })
    // The first retry follows at once.
    await vi.advanceTimersByTimeAsync(10)
    expect(vi.getTimerCount()).toBe(2)
    controller.abort()
    expect(await end).toMatchObject({ failure: { code: 'ERR_UNTORN_ABORTED' }, flying: null })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('who waits for a grace period', () => {
  test('is told once, in order, and all at the end', async () => {
    let [version, grace] = [1, 0]
    const periods = new GracePeriods({ version: () => version, graceVersion: () => grace })
    const waiters = new GraceWaiters(periods)
    const told: string[] = []
    waiters.call(() => told.push('first'))
    const synchronized = waiters.synchronize(undefined).then(() => told.push('second'))
    version = 2
    waiters.call(() => told.push('third'))
    waiters.tell()
    expect([told, waiters.waiting]).toEqual([[], 3])
    grace = 1
    waiters.tell()
    await synchronized
    expect([told, waiters.waiting]).toEqual([['first', 'second'], 1])
    waiters.close()
    waiters.close()
    await Promise.resolve()
    expect(told).toEqual(['first', 'second', 'third'])
    await waiters.synchronize(undefined)
  })

  test('may stop waiting', async () => {
    const periods = new GracePeriods({ version: () => 1, graceVersion: () => 0 })
    const waiters = new GraceWaiters(periods)
    const controller = new AbortController()
    const waiting = waiters.synchronize(controller.signal)
    controller.abort()
    await expect(waiting).rejects.toBeInstanceOf(UntornError)
    await expect(waiters.synchronize(AbortSignal.abort())).rejects.toBeInstanceOf(UntornError)
    expect(waiters.waiting).toBe(0)
  })

  test('with what is no signal is refused with a code', async () => {
    const { owner } = await published()
    for (const wrong of [null, { signal: 1 }, { signal: {} }]) {
      const argument = { code: 'ERR_UNTORN_ARGUMENT' }
      await expect(owner.synchronize(wrong as never)).rejects.toMatchObject(argument)
    }
    await owner.close()
  })
})

test('a reader’s clock goes on while the machine sleeps, and never back', () => {
  const now = vi.spyOn(performance, 'now')
  const wall = vi.spyOn(Date, 'now')
  const wallStart = wall.getMockImplementation() ?? Date.now
  const base = { steady: performance.now(), wall: wallStart() }
  const at = (steadyMs: number, wallMs: number): number => {
    now.mockReturnValue(base.steady + steadyMs)
    wall.mockReturnValue(base.wall + wallMs)
    return readerClock()
  }
  const first = at(0, 0)
  expect(at(100, 100) - first).toBeCloseTo(100, -1)
  // The machine slept for five seconds: the steady clock did not notice.
  expect(at(110, 5110) - first).toBeCloseTo(5110, -1)
  // The wall clock is set back: nothing happened.
  expect(at(120, 1000) - first).toBeCloseTo(5120, -1)
  // Another sleep after that is noticed all the same.
  expect(at(130, 3010) - first).toBeCloseTo(7130, -1)
  now.mockRestore()
  wall.mockRestore()
})
