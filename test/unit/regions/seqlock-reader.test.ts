// Goal: every shape of a read gives one version, whole, or in part; concurrent reads do not disturb
// each other; close ends everything. Method: an owner and a reader on the fake fabric.
import { describe, expect, it, vi } from 'vitest'
import { strategiesOf } from '../../../src/regions/strategy-table.ts'
import { SLOT_COUNT_MAX } from '../../../src/regions/landing-pool.ts'
import { openSeqlock } from '../../../src/regions/open-seqlock.ts'
import { FakeDevice } from './fake-fabric.ts'
import { codeOf, makeWorld, payloadOf, type World } from './fixture.ts'

vi.mock('../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('./fake-fabric.ts')
  return { native: () => fakeNative }
})

const BYTES = 300
const initial = payloadOf(2, BYTES)

describe.each(strategiesOf('seqlock'))('%s', (strategy) => {
  const make = (): Promise<World> =>
    makeWorld({ bytes: BYTES, strategy, initial }, {}, new FakeDevice('shared-memory', 64))

  it('reads in every shape', async () => {
    const { reader } = await make()
    const target = new Uint8Array(BYTES + 4).fill(0xee)
    expect(await reader.read()).toEqual({ version: 2, bytes: initial })
    expect(reader.readSync()).toEqual({ version: 2, bytes: initial })
    expect(await reader.readInto(target)).toBe(2)
    expect(reader.readIntoSync(target)).toBe(2)
    expect(target.subarray(0, BYTES)).toEqual(initial)
    expect(target.subarray(BYTES)).toEqual(new Uint8Array(4).fill(0xee))
    expect(reader.version).toBe(2)
  })

  it('reads when changed, and says undefined when not', async () => {
    const { owner, reader } = await make()
    expect(reader.readIfChangedSync(0)).toEqual({ version: 2, bytes: initial })
    expect(reader.readIfChangedSync(2)).toBeUndefined()
    expect(await reader.readIfChanged(2)).toBeUndefined()
    owner.write(payloadOf(4, BYTES))
    const expected = { version: 4, bytes: payloadOf(4, BYTES) }
    expect(await reader.readIfChanged(2)).toEqual(expected)
    expect(reader.readIfChangedSync(2)).toEqual(expected)
    expect(reader.statistics).toMatchObject({ reads: 3, unchanged: 2 })
  })

  it('asks for 8 bytes when nothing changed', async () => {
    const { reader, queuePair } = await make()
    const { version } = reader.readSync()
    reader.readIfChangedSync(version)
    const lengths = queuePair.chains.at(-1)?.map((operation) => operation.length)
    // `lines` has a tag in every line and must look at all of them.
    if (strategy !== 'lines') expect(lengths).toEqual([8])
  })

  it.each([
    [0, 1],
    [1, 7],
    [55, 3],
    [57, 120],
    [299, 1],
    [8, 16],
  ])('reads %i + %i in part', async (offset, length) => {
    const { reader } = await make()
    const expected = initial.subarray(offset, offset + length)
    expect(reader.readSync({ offset, length }).bytes).toEqual(expected)
    expect((await reader.read({ offset, length })).bytes).toEqual(expected)
    expect(reader.readSync({ offset }).bytes).toEqual(initial.subarray(offset))
  })

  it('never hands out the same memory twice', async () => {
    const { owner, reader } = await make()
    const first = reader.readSync()
    const second = await reader.read()
    owner.write(payloadOf(4, BYTES))
    reader.readSync()
    await reader.readIfChanged(2)
    expect(first.bytes).toEqual(initial)
    expect(second.bytes).toEqual(initial)
  })

  it('runs many reads at once, and synchronous ones between them', async () => {
    const { reader, queuePair, device } = await make()
    queuePair.holding = true
    const reads = Array.from({ length: SLOT_COUNT_MAX + 8 }, () => reader.read())
    queuePair.holding = false
    // Synchronous reads cannot wait for a slot: they have some of their own.
    expect(reader.readSync().bytes).toEqual(initial)
    queuePair.release()
    for (const { bytes } of await Promise.all(reads)) expect(bytes).toEqual(initial)
    expect(reader.readSync().bytes).toEqual(initial)
    await reader.close()
    expect(device.regions.size).toBe(1)
  })

  it('interleaves synchronous reads with an asynchronous one in flight', async () => {
    const { owner, reader, queuePair } = await make()
    reader.readSync()
    queuePair.holding = true
    const slow = reader.read()
    queuePair.holding = false
    owner.write(payloadOf(4, BYTES))
    expect(reader.readSync().version).toBe(4)
    queuePair.release()
    expect((await slow).bytes).toEqual(payloadOf(4, BYTES))
  })
})

describe('arguments', () => {
  it.each([
    [{ offset: -1 }, 'ERR_UNTORN_OUT_OF_BOUNDS'],
    [{ offset: BYTES }, 'ERR_UNTORN_OUT_OF_BOUNDS'],
    [{ offset: 1.5 }, 'ERR_UNTORN_OUT_OF_BOUNDS'],
    [{ offset: 10, length: BYTES }, 'ERR_UNTORN_OUT_OF_BOUNDS'],
    [{ length: 0 }, 'ERR_UNTORN_OUT_OF_BOUNDS'],
    [{ length: Number.NaN }, 'ERR_UNTORN_OUT_OF_BOUNDS'],
    [{ attemptsMax: 0 }, 'ERR_UNTORN_ARGUMENT'],
    [{ timeoutMs: -1 }, 'ERR_UNTORN_ARGUMENT'],
    [{ timeoutMs: Number.NaN }, 'ERR_UNTORN_ARGUMENT'],
    [{ backOff: { initialUs: 5, maxUs: 1 } }, 'ERR_UNTORN_ARGUMENT'],
    [{ backOff: 3 }, 'ERR_UNTORN_ARGUMENT'],
    [{ signal: {} }, 'ERR_UNTORN_ARGUMENT'],
    [null, 'ERR_UNTORN_ARGUMENT'],
    [7, 'ERR_UNTORN_ARGUMENT'],
  ])('refuses %j at once', async (options, code) => {
    const { reader } = await makeWorld({ bytes: BYTES })
    const call = (): void => void reader.read(options as never)
    expect(await codeOf(call)).toBe(code)
  })

  it.each([
    { attemptsMax: 0 },
    { timeoutMs: -1 },
    { backOff: { maxUs: -1 } },
    { backOff: 3 },
    null,
  ])(
    'refuses %j at once where a read spins, although it needs no second attempt',
    async (options) => {
      const { reader } = await makeWorld({ bytes: BYTES })
      expect(await codeOf(() => reader.readSync(options as never))).toBe('ERR_UNTORN_ARGUMENT')
      expect(await codeOf(() => reader.borrowSync(options as never))).toBe('ERR_UNTORN_ARGUMENT')
    },
  )

  it('refuses targets that are too short or no bytes, and versions that are none', async () => {
    const { reader } = await makeWorld({ bytes: BYTES })
    const short = (): unknown => reader.readIntoSync(new Uint8Array(BYTES - 1))
    expect(await codeOf(short)).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    expect(await codeOf(() => reader.readIntoSync([] as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => reader.readIfChangedSync(-2))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => reader.readIfChangedSync('2' as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(reader.statistics.attempts).toBe(0)
  })
})

describe('opening', () => {
  it.each([
    { protocol: 'slots' },
    { strategy: 'guess' },
    { layoutVersion: 99 },
    { capacityBytes: 0 },
    { capacityBytes: 2 ** 40 },
    { capacityBytes: 4096 },
    { generation: 0 },
    { hashKey: '0000' },
    { hashKey: 'xyz' },
    { rights: [] },
  ])('refuses an entry with %j', async (change) => {
    const { entry, source } = await makeWorld({ bytes: BYTES })
    const other = { ...entry, ...change } as never
    expect(await codeOf(() => openSeqlock(source, other))).toBe('ERR_UNTORN_LAYOUT_MISMATCH')
  })

  it('refuses another size or strategy than asked for', async () => {
    const { entry, source } = await makeWorld({ bytes: BYTES })
    for (const options of [{ bytes: BYTES + 1 }, { strategy: 'hash' as const }]) {
      const code = await codeOf(() => openSeqlock(source, entry, options))
      expect(code).toBe('ERR_UNTORN_LAYOUT_MISMATCH')
    }
    await openSeqlock(source, entry, { bytes: BYTES, strategy: entry.strategy })
  })
})

describe('close', () => {
  it('ends what is in progress, waits for its operations, frees its memory', async () => {
    const { reader, queuePair, device, source } = await makeWorld({ bytes: BYTES })
    queuePair.holding = true
    const pending = reader.read()
    const code = codeOf(() => pending)
    const closing = reader.close()
    expect(await code).toBe('ERR_UNTORN_CLOSED')
    expect(device.regions.size).toBe(2)
    expect(source.release).not.toHaveBeenCalled()
    queuePair.release()
    await closing
    expect(device.regions.size).toBe(1)
    expect(source.release).toHaveBeenCalledOnce()
    await reader.close()
    expect(source.release).toHaveBeenCalledOnce()
    expect(await codeOf(() => reader.read())).toBe('ERR_UNTORN_CLOSED')
    expect(await codeOf(() => reader.readSync())).toBe('ERR_UNTORN_CLOSED')
    expect(await codeOf(() => reader.readIfChanged(2))).toBe('ERR_UNTORN_CLOSED')
  })
})
