// Goal: every way in which a read can fail ends it with its own code, within its bounds, and leaves
// the reader usable. Method: faults injected into the fake fabric: statuses, chains that never
// complete, writers at every moment between two READs.
import { describe, expect, it, vi } from 'vitest'
import { RetriesExhausted, UntornError, WriterActive } from '../../../src/errors.ts'
import { Status } from '../../../src/fabric/status.ts'
import { SLOT_COUNT_MAX } from '../../../src/regions/landing-pool.ts'
import type { SeqlockReader } from '../../../src/regions/seqlock-reader.ts'
import { FakeDevice, type FakeQueuePair } from './fake-fabric.ts'
import { codeOf, makeWorld, payloadOf, rebind, type World } from './fixture.ts'

vi.mock('../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('./fake-fabric.ts')
  return { native: () => fakeNative }
})

const BYTES = 64
const fast = { backOff: { initialUs: 0, maxUs: 0 } }
const shapes = ['read', 'readSync'] as const

async function failureOf(work: () => unknown): Promise<UntornError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof UntornError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Makes the owner write before every READ, so that no attempt of `fenced` succeeds. */
function keepWriting({ queuePair, owner }: World): void {
  queuePair.beforeRead = () => owner.write(payloadOf(owner.version + 2, BYTES))
}

describe.each(shapes)('%s', (shape) => {
  it('tells a writer that holds on: WriterActive', async () => {
    const { owner, reader } = await makeWorld({ bytes: BYTES })
    const token = owner.writeBegin()
    const failure = await failureOf(() => reader[shape]({ ...fast, attemptsMax: 5 }))
    expect(failure).toBeInstanceOf(WriterActive)
    expect((failure as WriterActive).version).toBe(3)
    expect((failure as WriterActive).since).toBeLessThanOrEqual(performance.now())
    expect(reader.statistics).toMatchObject({ attempts: 5, writerActive: 5, reads: 0 })
    expect(reader.statistics.failures).toEqual({ ERR_UNTORN_WRITER_ACTIVE: 1 })
    owner.writeEnd(token)
    expect((await reader[shape]()).version).toBe(4)
  })

  it('tells writers that overtake it: RetriesExhausted', async () => {
    const world = await makeWorld({ bytes: BYTES })
    keepWriting(world)
    const failure = await failureOf(() => world.reader[shape]({ ...fast, attemptsMax: 7 }))
    expect(failure).toBeInstanceOf(RetriesExhausted)
    expect(failure).toMatchObject({ attempts: 7 })
    expect(world.reader.statistics).toMatchObject({ attempts: 7, torn: 7 })
  })

  it('does not take one look at a write for a writer that holds on', async () => {
    const { owner, reader } = await makeWorld({ bytes: BYTES })
    owner.writeBegin()
    const failure = await failureOf(() => reader[shape]({ attemptsMax: 1 }))
    expect(failure.code).toBe('ERR_UNTORN_RETRIES_EXHAUSTED')
  })

  it('does not take write after write for one writer that holds on', async () => {
    const { owner, reader, queuePair } = await makeWorld({ bytes: BYTES })
    let token = owner.writeBegin()
    queuePair.beforeRead = (index) => {
      if (index % 3 !== 0) return
      owner.writeEnd(token)
      token = owner.writeBegin()
    }
    const failure = await failureOf(() => reader[shape]({ ...fast, attemptsMax: 5 }))
    expect(failure.code).toBe('ERR_UNTORN_RETRIES_EXHAUSTED')
    expect(reader.statistics.writerActive).toBe(5)
  })

  it('succeeds at the attempt that meets no writer', async () => {
    const world = await makeWorld({ bytes: BYTES })
    keepWriting(world)
    const write = world.queuePair.beforeRead
    world.queuePair.beforeRead = (index) => (index < 9 ? write?.(index) : undefined)
    const { version, bytes } = await world.reader[shape](fast)
    expect(version).toBe(world.owner.version)
    expect(bytes).toEqual(payloadOf(version, BYTES))
    expect(world.reader.statistics).toMatchObject({ attempts: 4, torn: 3, reads: 1 })
  })

  it('gives up when its time is over, though attempts are left', async () => {
    const world = await makeWorld({ bytes: BYTES })
    keepWriting(world)
    const options = { attemptsMax: 1e9, timeoutMs: 20 }
    const failure = await failureOf(() => world.reader[shape](options))
    expect(failure.code).toBe('ERR_UNTORN_TIMEOUT')
  })

  it.each([
    Status.Flushed,
    Status.RemoteAccess,
    Status.RetryExceeded,
    Status.OutOfBounds,
    Status.AccessDenied,
    Status.UnknownRegion,
    Status.NotConnected,
    Status.Closed,
    Status.PostFailed,
  ])('lets the session name status %i, and reads on afterwards', async (status) => {
    const { reader, queuePair, source } = await makeWorld({ bytes: BYTES })
    queuePair.statuses.push(status)
    const failure = await failureOf(() => reader[shape]())
    expect(failure).toMatchObject({ code: 'ERR_UNTORN_REMOTE', status })
    expect(source.transportFailed).toHaveBeenCalledExactlyOnceWith(status)
    expect(reader.statistics.failures).toEqual({ ERR_UNTORN_REMOTE: 1 })
    expect((await reader[shape]()).version).toBe(2)
  })

  it('waits for room in the queue, and counts no attempt for it', async () => {
    const { reader, queuePair, source } = await makeWorld({ bytes: BYTES })
    queuePair.statuses.push(...Array.from({ length: 5 }, () => Status.SendQueueFull))
    expect((await reader[shape]({ attemptsMax: 1 })).version).toBe(2)
    expect(reader.statistics.attempts).toBe(1)
    expect(source.transportFailed).not.toHaveBeenCalled()
  })

  it('does not wait for room for ever', async () => {
    const { reader, queuePair } = await makeWorld({ bytes: BYTES })
    vi.spyOn(queuePair, 'submitAndPoll').mockImplementation(() => {
      queuePair.ring.clear()
      return Status.SendQueueFull
    })
    const failure = await failureOf(() => reader[shape]({ timeoutMs: 20 }))
    expect(['ERR_UNTORN_REMOTE', 'ERR_UNTORN_TIMEOUT']).toContain(failure.code)
  })

  it('keeps landing memory that is still written out of use: time-out', async () => {
    const { reader, queuePair, owner, device } = await makeWorld({ bytes: BYTES })
    queuePair.holding = true
    const failure = await failureOf(() => reader[shape]({ timeoutMs: 10 }))
    expect(failure.code).toBe('ERR_UNTORN_TIMEOUT')
    queuePair.holding = false
    owner.write(payloadOf(4, BYTES))
    const { bytes } = await reader[shape]()
    const used = queuePair.chains.map((chain) => chain[0]?.localOffset)
    expect(used[1]).not.toBe(used[0])
    owner.write(payloadOf(6, BYTES))
    queuePair.release()
    expect(bytes).toEqual(payloadOf(4, BYTES))
    await reader.close()
    expect(device.regions.size).toBe(1)
  })

  it('ends with the session’s own failure while there is no binding', async () => {
    const { reader, source } = await makeWorld({ bytes: BYTES })
    const { state } = source
    source.state = new UntornError('ERR_UNTORN_PEER_LOST', 'gone')
    expect((await failureOf(() => reader[shape]())).code).toBe('ERR_UNTORN_PEER_LOST')
    source.state = state
    expect((await reader[shape]()).version).toBe(2)
  })

  it('does not read a later incarnation: StaleGeneration', async () => {
    const { reader, source, entry } = await makeWorld({ bytes: BYTES })
    await reader[shape]()
    const later = { ...entry, generation: entry.generation + 1 }
    rebind(source, { entry: later })
    expect((await failureOf(() => reader[shape]())).code).toBe('ERR_UNTORN_STALE_GENERATION')
  })

  it('goes on over a new queue pair of the same incarnation', async () => {
    const { reader, source, device, owner } = await makeWorld({ bytes: BYTES })
    await reader[shape]()
    const queuePair = device.createQueuePair()
    rebind(source, { queuePair })
    owner.write(payloadOf(4, BYTES))
    expect(await reader[shape]()).toEqual({ version: 4, bytes: payloadOf(4, BYTES) })
    expect(queuePair.chains.length).toBeGreaterThan(0)
  })

  it('does not blame the present connection for a failure of one before it', async () => {
    const { reader, source, queuePair, device } = await makeWorld({ bytes: BYTES })
    queuePair.statuses.push(Status.Flushed)
    queuePair.beforeRead = null
    const submit = queuePair.submitAndPoll.bind(queuePair)
    vi.spyOn(queuePair, 'submitAndPoll').mockImplementation(() => {
      rebind(source, { queuePair: device.createQueuePair() })
      return submit()
    })
    const failure = await failureOf(() => reader[shape]())
    expect(failure).toMatchObject({ code: 'ERR_UNTORN_REMOTE', status: Status.Flushed })
    expect(source.transportFailed).not.toHaveBeenCalled()
  })
})

describe('asynchronous reads', () => {
  it('abort: before, in flight, and while backing off', async () => {
    const { reader, queuePair, owner } = await makeWorld({ bytes: BYTES })
    const reason = new Error('enough')
    const before = reader.read({ signal: AbortSignal.abort(reason) })
    expect(await failureOf(() => before)).toMatchObject({
      code: 'ERR_UNTORN_ABORTED',
      cause: reason,
    })
    queuePair.holding = true
    const inFlight = new AbortController()
    const held = reader.read({ signal: inFlight.signal })
    inFlight.abort(reason)
    expect((await failureOf(() => held)).code).toBe('ERR_UNTORN_ABORTED')
    queuePair.holding = false
    const token = owner.writeBegin()
    const backingOff = new AbortController()
    const waiting = reader.read({ signal: backingOff.signal, backOff: { initialUs: 1e7 } })
    setTimeout(() => backingOff.abort(), 5)
    expect((await failureOf(() => waiting)).code).toBe('ERR_UNTORN_ABORTED')
    owner.writeEnd(token)
    expect((await reader.read()).version).toBe(4)
    expect(reader.statistics.failures).toEqual({ ERR_UNTORN_ABORTED: 3 })
    queuePair.release()
  })

  it('leave no listener and no timer behind', async () => {
    const { reader, queuePair } = await makeWorld({ bytes: BYTES })
    const { signal } = new AbortController()
    const add = vi.spyOn(signal, 'addEventListener')
    const remove = vi.spyOn(signal, 'removeEventListener')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    queuePair.slow = true
    await reader.read({ signal })
    expect(add).toHaveBeenCalledOnce()
    expect(remove).toHaveBeenCalledOnce()
    expect(clear).toHaveBeenCalledOnce()
    queuePair.slow = false
    await reader.read({ signal })
    expect(add).toHaveBeenCalledOnce()
    clear.mockRestore()
  })

  it('go through every chain of an attempt when completions come late', async () => {
    const { reader, queuePair, owner } = await makeWorld({ bytes: BYTES })
    queuePair.slow = true
    await reader.read()
    owner.write(payloadOf(4, BYTES))
    // Version first, then, as it is new, the payload under it.
    expect(await reader.readIfChanged(2)).toEqual({ version: 4, bytes: payloadOf(4, BYTES) })
    expect(queuePair.chains.map((chain) => chain.length)).toEqual([3, 1, 2])
  })

  it('wait while the queue pair is being replaced', async () => {
    const { reader, source } = await makeWorld({ bytes: BYTES })
    const { state } = source
    source.state = new UntornError('ERR_UNTORN_NOT_CONNECTED', 'replacing')
    let recovered = (): void => {}
    source.recovering = new Promise((resolve) => {
      recovered = resolve
    })
    const read = reader.read()
    expect(await codeOf(() => reader.readSync())).toBe('ERR_UNTORN_NOT_CONNECTED')
    source.recovering = null
    source.state = state
    recovered()
    expect((await read).version).toBe(2)
  })

  it('do not wait for a replacement for ever', async () => {
    const { reader, source } = await makeWorld({ bytes: BYTES })
    source.recovering = new Promise(() => {})
    expect((await failureOf(() => reader.read({ timeoutMs: 10 }))).code).toBe('ERR_UNTORN_TIMEOUT')
  })

  it('lose no slot to reads that fail', async () => {
    const { reader, queuePair, owner } = await makeWorld({ bytes: BYTES })
    const token = owner.writeBegin()
    for (let index = 0; index < SLOT_COUNT_MAX; index++) {
      await failureOf(() => reader.read({ ...fast, attemptsMax: 2 }))
    }
    owner.writeEnd(token)
    await expectAllSlots(reader, queuePair)
  })

  it('lose no slot to reads that give up waiting for one, whenever they do', async () => {
    const { reader, queuePair } = await makeWorld({ bytes: BYTES })
    for (let ticks = 0; ticks < 10; ticks++) {
      queuePair.holding = true
      const reads = Array.from({ length: SLOT_COUNT_MAX }, () => reader.read())
      const controller = new AbortController()
      const late = Promise.allSettled([reader.read({ signal: controller.signal })])
      queuePair.holding = false
      queuePair.release()
      // The slot is given to the waiting read some microtasks from here.
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      controller.abort()
      await Promise.all(reads)
      await late
      await expectAllSlots(reader, queuePair)
    }
  })
})

async function expectAllSlots(reader: SeqlockReader, queuePair: FakeQueuePair): Promise<void> {
  queuePair.holding = true
  const reads = Array.from({ length: SLOT_COUNT_MAX }, () => reader.read())
  expect(queuePair.inFlight).toBe(SLOT_COUNT_MAX)
  queuePair.holding = false
  queuePair.release()
  await Promise.all(reads)
}

describe('hash', () => {
  it('needs no granule: rejects every mixture of two versions byte by byte', async () => {
    const device = new FakeDevice('verbs', 1)
    const { owner, reader, queuePair, entry } = await makeWorld(
      { bytes: 8, strategy: 'hash', initial: payloadOf(2, 8) },
      { attemptsMax: 1 },
      device,
    )
    const region = device.regions.get(entry.region.pid ?? 0)
    const old = region?.bytes.slice() ?? new Uint8Array()
    owner.write(payloadOf(4, 8))
    const fresh = region?.bytes.slice() ?? new Uint8Array()
    for (let cut = 1; cut < 32; cut++) {
      const mixed = new Uint8Array([...old.subarray(0, cut), ...fresh.subarray(cut, 32)])
      const same = [old, fresh].some((image) => Buffer.compare(mixed, image.subarray(0, 32)) === 0)
      region?.bytes.set(mixed)
      const code = await codeOf(() => reader.readSync())
      expect([cut, code]).toEqual([cut, same ? undefined : 'ERR_UNTORN_RETRIES_EXHAUSTED'])
    }
    expect(queuePair.chains.length).toBe(31)
  })
})
