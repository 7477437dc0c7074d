// Goal: every shape of a read of versioned slots gives one version, whole, and so does every version
// that is still kept; what is gone or does not exist yet is told apart; no owner starves a reader.
// Method: an owner and a reader on the fake fabric, where the owner publishes between any two READs.
import { describe, expect, it, vi } from 'vitest'
import { Lapped, RetriesExhausted } from '../../../../src/errors.ts'
import { openSeqlock } from '../../../../src/regions/open-seqlock.ts'
import { openVersionedSlots } from '../../../../src/regions/slots/open-slots.ts'
import { FakeDevice } from '../fake-fabric.ts'
import { codeOf, FakeSource, makeWorld, payloadOf } from '../fixture.ts'
import { BYTES, makeSlots, type SlotsWorld } from './fixture.ts'

vi.mock('../../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('../fake-fabric.ts')
  return { native: () => fakeNative }
})

const initial = payloadOf(1, BYTES)
const fast = { backOff: { initialUs: 0, maxUs: 0 } }
const publish = ({ owner }: SlotsWorld): number =>
  owner.publish(payloadOf(owner.version + 1, BYTES))

async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  return undefined
}

describe.each(['fenced', 'hash'] as const)('%s', (strategy) => {
  it('reads in every shape', async () => {
    const { reader } = await makeSlots({ strategy, initial })
    const target = new Uint8Array(BYTES + 4).fill(0xee)
    const expected = { version: 1, bytes: initial }
    expect(await reader.read()).toEqual(expected)
    expect(reader.readSync()).toEqual(expected)
    expect(reader.borrowSync()).toEqual(expected)
    expect(await reader.readInto(target)).toBe(1)
    expect(reader.readIntoSync(target)).toBe(1)
    expect(target.subarray(0, BYTES)).toEqual(initial)
    expect(target.subarray(BYTES)).toEqual(new Uint8Array(4).fill(0xee))
    const part = { offset: 17, length: 100 }
    expect(reader.readSync(part).bytes).toEqual(initial.subarray(17, 117))
    expect((await reader.read(part)).bytes).toEqual(initial.subarray(17, 117))
    expect(reader.slots).toBe(4)
  })

  it('reads when changed, and asks for 8 bytes when not', async () => {
    const world = await makeSlots({ strategy, initial })
    const { reader, queuePair } = world
    expect(reader.readIfChangedSync(0)).toEqual({ version: 1, bytes: initial })
    expect(reader.readIfChangedSync(1)).toBeUndefined()
    expect(queuePair.chains.at(-1)?.map(({ length }) => length)).toEqual([8])
    expect(await reader.readIfChanged(1)).toBeUndefined()
    publish(world)
    expect(await reader.readIfChanged(1)).toEqual({ version: 2, bytes: payloadOf(2, BYTES) })
    expect(reader.statistics).toMatchObject({ reads: 2, unchanged: 2, lapped: 0 })
  })

  it('never hands out the same memory twice', async () => {
    const world = await makeSlots({ strategy, initial })
    const { reader } = world
    const snapshots = [reader.readSync(), await reader.read(), reader.readVersionSync(1)]
    snapshots.push(await reader.readVersion(1))
    publish(world)
    reader.readSync()
    reader.readVersionSync(2)
    for (const snapshot of snapshots) expect(snapshot?.bytes).toEqual(initial)
  })

  it.each([2, 3, 5])('keeps the last N - 1 of %i slots readable', async (slots) => {
    const world = await makeSlots({ strategy, initial, slots })
    const { reader } = world
    for (let version = 2; version <= 9; version++) publish(world)
    const kept = Array.from({ length: slots - 1 }, (_, index) => 9 - index)
    for (const version of kept) {
      const expected = { version, bytes: payloadOf(version, BYTES) }
      expect(reader.readVersionSync(version)).toEqual(expected)
      expect(await reader.readVersion(version)).toEqual(expected)
      const part = await reader.readVersion(version, { offset: 3, length: 40 })
      expect(part?.bytes).toEqual(expected.bytes.subarray(3, 43))
    }
    const gone = await failureOf(() => reader.readVersionSync(3))
    expect(gone).toBeInstanceOf(Lapped)
    const oldest = 9 - (slots - 2)
    expect(gone).toMatchObject({ code: 'ERR_UNTORN_LAPPED', version: 3, missed: oldest - 3 })
    const later = await failureOf(() => reader.readVersion(1))
    expect(later).toMatchObject({ version: 1, missed: oldest - 1 })
    expect(reader.readVersionSync(10)).toBeUndefined()
    expect(await reader.readVersion(1000)).toBeUndefined()
    expect(reader.statistics.failures).toEqual({ ERR_UNTORN_LAPPED: 2 })
  })

  it('does not take an earlier version for the last one it read', async () => {
    const world = await makeSlots({ strategy, initial })
    const { reader } = world
    publish(world)
    expect(reader.version).toBe(0)
    reader.readSync()
    expect(reader.readVersionSync(1)?.version).toBe(1)
    expect((await reader.readVersion(1))?.version).toBe(1)
    expect(reader.readVersionSync(7)).toBeUndefined()
    expect(reader.version).toBe(2)
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53, '1', null])(
    'refuses %j as a version',
    async (wanted) => {
      const { reader } = await makeSlots({ strategy })
      const version = wanted as number
      expect(await codeOf(() => reader.readVersionSync(version))).toBe('ERR_UNTORN_ARGUMENT')
      expect(await codeOf(() => reader.readVersion(version))).toBe('ERR_UNTORN_ARGUMENT')
    },
  )

  it('reads though its owner publishes before every READ', async () => {
    const world = await makeSlots({ strategy, initial, slots: 4 })
    const { reader, queuePair } = world
    queuePair.beforeRead = () => publish(world)
    for (let read = 0; read < 10; read++) {
      const { version, bytes } = reader.readSync({ ...fast, attemptsMax: 2 })
      expect(bytes).toEqual(payloadOf(version, BYTES))
      const later = await reader.read({ ...fast, attemptsMax: 2 })
      expect(later.bytes).toEqual(payloadOf(later.version, BYTES))
      expect(later.version).toBeGreaterThan(version)
    }
  })

  it('counts the attempts that were lapped, and ends at its bound', async () => {
    const world = await makeSlots({ strategy, initial, slots: 2 })
    const { reader, queuePair } = world
    queuePair.beforeRead = () => {
      publish(world)
      publish(world)
    }
    for (const shape of ['read', 'readSync'] as const) {
      const failure = await failureOf(() => reader[shape]({ ...fast, attemptsMax: 5 }))
      expect(failure).toBeInstanceOf(RetriesExhausted)
    }
    expect(reader.statistics.lapped).toBeGreaterThan(0)
    const { attempts, lapped, torn, writerActive } = reader.statistics
    expect(lapped + torn).toBe(attempts)
    expect(writerActive).toBe(0)
  })

  it('reads the present version while its owner fills a slot for ever', async () => {
    const { owner, reader } = await makeSlots({ strategy, initial, slots: 2 })
    const loan = owner.loan()
    loan.fill((payload) => void payload.fill(0xff))
    expect(reader.readSync({ attemptsMax: 1 })).toEqual({ version: 1, bytes: initial })
    expect(await reader.read({ attemptsMax: 1 })).toEqual({ version: 1, bytes: initial })
  })
})

describe('opening', () => {
  it.each([
    { protocol: 'seqlock' },
    { protocol: 'rcu-cell' },
    { strategy: 'words' },
    { strategy: 'guess' },
    { layoutVersion: 99 },
    { capacityBytes: 0 },
    { capacityBytes: 2 ** 30 },
    { generation: -1 },
    { hashKey: '' },
    { rights: ['write'] },
    { parameters: {} },
    { parameters: { slotCount: 4 } },
    { parameters: { slotCount: 1, firstVersion: 1 } },
    { parameters: { slotCount: 5, firstVersion: 1 } },
    { parameters: { slotCount: 65_537, firstVersion: 1 } },
    { parameters: { slotCount: 2.5, firstVersion: 1 } },
    { parameters: { slotCount: 4, firstVersion: 0 } },
    { parameters: { slotCount: 4, firstVersion: 2 ** 53 } },
    { parameters: Object.create({ slotCount: 4, firstVersion: 1 }) },
  ])('refuses an entry with %j', async (change) => {
    const { entry, source } = await makeSlots()
    const other = { ...entry, ...change } as never
    expect(await codeOf(() => openVersionedSlots(source, other))).toBe('ERR_UNTORN_LAYOUT_MISMATCH')
  })

  it('refuses what is not what the caller asked for', async () => {
    const { entry, source } = await makeSlots({ slots: 3 })
    for (const options of [{ bytes: 8 }, { strategy: 'hash' as const }, { slotsMin: 4 }]) {
      const code = await codeOf(() => openVersionedSlots(source, entry, options))
      expect(code).toBe('ERR_UNTORN_LAYOUT_MISMATCH')
    }
    await openVersionedSlots(source, entry, { bytes: BYTES, slotsMin: 3, strategy: 'fenced' })
  })

  it('says how to open what is of another protocol', async () => {
    const slots = await makeSlots()
    await expect(openSeqlock(slots.source, slots.entry)).rejects.toThrow(
      /protocol: 'versioned-slots'/,
    )
    expect(await codeOf(() => openSeqlock(slots.source, slots.entry))).toBe(
      'ERR_UNTORN_LAYOUT_MISMATCH',
    )
    const seqlock = await makeWorld({ bytes: BYTES })
    await expect(openVersionedSlots(seqlock.source, seqlock.entry)).rejects.toThrow(
      /protocol: 'seqlock'/,
    )
  })

  it('is sound on memory that is sampled byte by byte', async () => {
    const { entry } = await makeSlots({ strategy: 'fenced' })
    const device = new FakeDevice('verbs', 1)
    const queuePair = device.createQueuePair()
    const source = new FakeSource({ device, queuePair, entry, remoteHandle: 1 })
    expect((await openVersionedSlots(source, entry)).strategy).toBe('fenced')
  })
})
