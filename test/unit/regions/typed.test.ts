// Goal: what a typed owner publishes a typed reader gives back, in every shape of a read; a reader with
// another codec is refused with both shapes named; values that do not fit change nothing; bytes that are no
// value fail one read and no more. Method: typed regions of each protocol on the fake fabric.
import { describe, expect, test } from 'vitest'
import { array, bool, f64, json, struct, text, u64, u8 } from '../../../src/codecs/index.ts'
import type { Codec, ValueOf } from '../../../src/codecs/index.ts'
import type { OpenReader, OwnerHandle, RegionSpec } from '../../../src/regions/contract.ts'
import { prepareRegions } from '../../../src/regions/kernels.ts'
import { openers } from '../../../src/regions/openers.ts'
import { rcuCell } from '../../../src/regions/cell/rcu-cell.ts'
import { seqlock } from '../../../src/regions/seqlock.ts'
import { versionedSlots } from '../../../src/regions/slots/versioned-slots.ts'
import type { TypedRcuCellOwner } from '../../../src/regions/typed/typed-cell-owner.ts'
import { TypedRcuCellReader } from '../../../src/regions/typed/typed-cell-reader.ts'
import type {
  PayloadOwner,
  TypedPayloadOwner,
} from '../../../src/regions/typed/typed-payload-owner.ts'
import type { LandedReader, TypedReader } from '../../../src/regions/typed/typed-reader.ts'
import type { TypedSeqlockOwner } from '../../../src/regions/typed/typed-seqlock-owner.ts'
import { FakeDevice } from './fake-fabric.ts'
import { FakeSource, codeOf, publishContext } from './fixture.ts'

await prepareRegions()

const quote = struct({ bid: f64, ask: f64, at: u64, name: text(6), legs: array(u8, 3), live: bool })
type Quote = ValueOf<typeof quote>
/** Of the field `live`. */
const LIVE_OFFSET = 35
const first: Quote = { bid: 1.5, ask: 2.5, at: 3n, name: 'grün', legs: [1, 2, 3], live: true }
const second: Quote = { ...first, bid: -1, at: 2n ** 64n - 1n, name: '' }

type AnyTypedOwner<V> = Pick<TypedPayloadOwner<V, PayloadOwner>, 'version'> & {
  readonly raw: { update(change: (payload: Uint8Array) => void): number }
  update(change: (value: V) => V): number
}

interface TypedWorld<V, Owner> {
  readonly owner: Owner
  readonly schema: string
  readonly reader: TypedReader<V, LandedReader>
  readonly open: (options?: object) => Promise<TypedReader<V, LandedReader>>
}

async function typedWorld<V, Owner extends OwnerHandle>(
  spec: RegionSpec<Owner>,
  codec: Codec<V>,
): Promise<TypedWorld<V, Owner>> {
  const device = new FakeDevice()
  const { entry, owner } = spec.publish(publishContext(device))
  const queuePair = device.createQueuePair()
  const remoteHandle = device.importRegion(entry.region).handle
  const source = new FakeSource({ device, queuePair, entry, remoteHandle })
  const openReader = openers[spec.protocol as 'seqlock'] as OpenReader<unknown, object>
  const open = async (options: object = { codec }): Promise<TypedReader<V, LandedReader>> =>
    (await openReader(source, entry, options)) as TypedReader<V, LandedReader>
  return { owner, schema: entry.schema, reader: await open(), open }
}

describe.each([
  ['seqlock', () => seqlock({ codec: quote, initial: first })],
  ['seqlock, words', () => seqlock({ codec: quote, initial: first, strategy: 'words' })],
  ['seqlock, hash, with room', () => seqlock({ codec: quote, initial: first, bytes: 100 })],
  ['versioned slots', () => versionedSlots({ codec: quote, initial: first, slots: 3 })],
] as const)('%s', (_, spec) => {
  type Owner = AnyTypedOwner<Quote> & OwnerHandle
  const make = (): Promise<TypedWorld<Quote, Owner>> =>
    typedWorld(spec() as unknown as RegionSpec<Owner>, quote)

  test('values come back in every shape of a read', async () => {
    const { owner, reader } = await make()
    const version = owner.version
    expect(await reader.read()).toEqual({ version, value: first })
    const next = owner.update(({ bid: _bid, ...rest }) => ({ ...rest, ...second }))
    const expected = { version: next, value: second }
    expect(await reader.read()).toEqual(expected)
    expect(reader.readSync()).toEqual(expected)
    expect(await reader.readIfChanged(version)).toEqual(expected)
    expect(reader.readIfChangedSync(version)).toEqual(expected)
    expect(await reader.readIfChanged(next)).toBeUndefined()
    expect(reader.readIfChangedSync(next)).toBeUndefined()
    const watch = reader.watch()
    expect(await watch.next()).toEqual({ done: false, value: expected })
    await watch.return()
    expect(reader.decode(await reader.raw.read())).toEqual(expected)
    expect([reader.version, reader.name, reader.closed]).toEqual([next, 'quotes', false])
    await reader.close()
    expect(reader.closed).toBe(true)
  })

  test('a value that does not fit changes nothing', async () => {
    const { owner, reader } = await make()
    const { version } = owner
    const wrong = { ...first, legs: [1, 2, 300] }
    expect(await codeOf(() => owner.update(() => wrong))).toBe('ERR_UNTORN_ARGUMENT')
    const later = (): never => Promise.resolve(second) as never
    expect(await codeOf(() => owner.update(later))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => owner.update(undefined as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(owner.version).toBe(version)
    expect(reader.readSync()).toEqual({ version, value: first })
  })

  test('bytes that are no value fail that read', async () => {
    const { owner, reader } = await make()
    const broken = owner.raw.update((payload) => {
      payload[LIVE_OFFSET] = 7
    })
    const cause = { code: 'ERR_UNTORN_DECODE' }
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_DECODE', cause })
    expect(await codeOf(() => reader.readSync())).toBe('ERR_UNTORN_DECODE')
    expect(await codeOf(() => owner.update((value) => value))).toBe('ERR_UNTORN_DECODE')
    expect((await reader.raw.read()).version).toBe(broken)
    owner.raw.update((payload) => {
      payload[LIVE_OFFSET] = 0
    })
    expect((await reader.read()).value).toEqual({ ...first, live: false })
  })
})

describe('a reader of something else', () => {
  const other = struct({
    bid: f64,
    ask: f64,
    at: f64,
    name: text(6),
    legs: array(u8, 3),
    live: bool,
  })

  test('is refused, both shapes named', async () => {
    const { open } = await typedWorld<Quote, TypedSeqlockOwner<Quote>>(
      seqlock({ codec: quote, initial: first }),
      quote,
    )
    const opened = open({ codec: other })
    await expect(opened).rejects.toMatchObject({ code: 'ERR_UNTORN_LAYOUT_MISMATCH' })
    await expect(opened).rejects.toThrow(quote.fingerprint)
    await expect(opened).rejects.toThrow(other.fingerprint)
    expect(await codeOf(() => open({ codec: {} }))).toBe('ERR_UNTORN_ARGUMENT')
    const raw = await open({})
    expect(await raw.read()).toMatchObject({ bytes: { length: quote.byteLength } })
  })

  test('so is a codec for raw bytes', async () => {
    const device = new FakeDevice()
    const { entry } = seqlock({ bytes: quote.byteLength }).publish(publishContext(device))
    expect(entry.schema).toBe('')
    const remoteHandle = device.importRegion(entry.region).handle
    const queuePair = device.createQueuePair()
    const source = new FakeSource({ device, queuePair, entry, remoteHandle })
    const options = { codec: quote } as object
    expect(await codeOf(() => openers.seqlock(source, entry, options))).toBe(
      'ERR_UNTORN_LAYOUT_MISMATCH',
    )
  })

  test('schemas are 16 digits, and the same in every process', async () => {
    const { schema } = await typedWorld<number, TypedSeqlockOwner<number>>(
      seqlock({ codec: f64 }),
      f64,
    )
    expect(schema).toMatch(/^[0-9a-f]{16}$/)
    expect(schema).toBe('0d01df5eaf91feb9')
  })
})

test('values of any length, and nothing of a longer one before', async () => {
  const codec = json<unknown>({ bytesMax: 64 })
  const spec = seqlock({ codec, initial: null, strategy: 'fenced' })
  const { owner, reader } = await typedWorld<unknown, TypedSeqlockOwner<unknown>>(spec, codec)
  expect(reader.readSync().value).toBeNull()
  owner.write({ long: 'a value of some length' })
  owner.write([1])
  expect(reader.readSync().value).toEqual([1])
  expect(Buffer.from(reader.raw.readSync().bytes).toString()).not.toContain('length')
  expect(await codeOf(() => owner.write('x'.repeat(99)))).toBe('ERR_UNTORN_ARGUMENT')
})

describe('an RCU cell', () => {
  const codec = json<readonly string[]>({ bytesMax: 1000 })
  const make = (): Promise<TypedWorld<readonly string[], TypedRcuCellOwner<readonly string[]>>> =>
    typedWorld(rcuCell({ codec, bytes: 16_384, initial: [] }), codec)

  test('has values of any length', async () => {
    const { owner, reader } = await make()
    expect(reader).toBeInstanceOf(TypedRcuCellReader)
    expect(reader.readSync()).toEqual({ version: 1, value: [] })
    expect(owner.store(['a'])).toBe(2)
    expect(await reader.read()).toEqual({ version: 2, value: ['a'] })
    expect((await reader.raw.read()).bytes).toHaveLength(4 + '["a"]'.length)
    expect(owner.update((value) => [...value, 'b'.repeat(500)])).toBe(3)
    expect(await reader.readIfChanged(2)).toMatchObject({ value: ['a', 'b'.repeat(500)] })
    expect(await reader.readIfChanged(3)).toBeUndefined()
    expect(owner.swap(['c']).version).toBe(3)
    expect(owner.compareAndSwap(3, ['late'])).toBeUndefined()
    expect(owner.compareAndSwap(4, ['d'])).toBe(5)
    expect(owner.load()).toEqual({ version: 5, value: ['d'] })
    expect(reader.readSync()).toEqual({ version: 5, value: ['d'] })
    expect(owner.statistics.writes).toBe(4)
  })

  test('refuses what does not fit, and changes nothing', async () => {
    const { owner, reader } = await make()
    const long = ['x'.repeat(1000)]
    expect(await codeOf(() => owner.store(long))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => owner.update(() => long))).toBe('ERR_UNTORN_ARGUMENT')
    const later = (): never => Promise.resolve([]) as never
    expect(await codeOf(() => owner.update(later))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => owner.update(undefined as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(reader.readSync()).toEqual({ version: 1, value: [] })
    owner.raw.store(Uint8Array.of(1))
    expect(await codeOf(() => owner.load())).toBe('ERR_UNTORN_DECODE')
    expect(await codeOf(() => reader.readSync())).toBe('ERR_UNTORN_DECODE')
    owner.store(['on'])
    expect(reader.readSync().value).toEqual(['on'])
  })

  test('needs a first value, and room for any', async () => {
    const bytes = 16_384
    expect(await codeOf(() => rcuCell({ codec, bytes }))).toBe('ERR_UNTORN_ARGUMENT')
    const small = { codec, bytes, initial: [], objectBytesMax: 100 }
    expect(await codeOf(() => rcuCell(small))).toBe('ERR_UNTORN_ARGUMENT')
  })
})

test.each([
  ['no codec', () => seqlock({ codec: {} as Codec<number> })],
  ['less room than a value takes', () => seqlock({ codec: f64, bytes: 7 })],
  ['no room', () => seqlock({ codec: f64, bytes: Number.NaN })],
  ['zeros that are no value', () => seqlock({ codec: json({ bytesMax: 9 }) })],
  ['a first value that does not fit', () => seqlock({ codec: u8, initial: 256 })],
])('specs that make no sense: %s', async (_, make) => {
  expect(await codeOf(make)).toBe('ERR_UNTORN_ARGUMENT')
})
