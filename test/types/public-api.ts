// Goal: the public types say what a user may rely on, and refuse misuse. Method: never run, compiled
// by `npm run check`; a line that must not compile is marked, and tsc fails when it does compile.
import fc from 'fast-check'
import { expectTypeOf } from 'vitest'
import {
  type Capabilities,
  type Device,
  type DeviceInfo,
  type ErrorCode,
  type Host,
  type LockGuard,
  type LockHolder,
  type LockedOwner,
  type LockedReader,
  type Peer,
  type SeqlockOwner,
  type SeqlockReader,
  type Snapshot,
  type Strategy,
  type TypedLockedOwner,
  type TypedLockedReader,
  type TypedRcuCellOwner,
  type TypedRcuCellReader,
  type TypedReader,
  type TypedSeqlockOwner,
  type TypedSnapshot,
  type TypedVersionedSlotsOwner,
  UntornError,
  type VersionedSlotsOwner,
  type VersionedSlotsReader,
  connect,
  listDevices,
  listen,
  lockedRegion,
  openDevice,
  rcuCell,
  readTogether,
  seqlock,
  versionedSlots,
} from '../../src/index.ts'
import type { FixedCodec } from '../../src/codecs/index.ts'
import { array, bool, f64, json, struct, text, u64 } from '../../src/codecs/index.ts'
import type { SamplingModel } from '../../src/simulation/index.ts'
import { samplingModel } from '../../src/simulation/index.ts'
import type { CheckWorld, ProtocolCheck, ProtocolCounterexample } from '../../src/testing/index.ts'
import {
  assertProtocol,
  checkProtocol,
  defineProtocol,
  expectViolated,
} from '../../src/testing/index.ts'
import { tapeArbitrary, worldArbitrary } from '../../src/testing/arbitraries.ts'

export async function devices(): Promise<void> {
  expectTypeOf(listDevices()).toEqualTypeOf<readonly DeviceInfo[]>()
  const device = await openDevice()
  expectTypeOf(device).toEqualTypeOf<Device>()
  expectTypeOf(device.capabilities).toEqualTypeOf<Capabilities>()
  expectTypeOf(device.capabilities.atomicGranuleBytes).toEqualTypeOf<1 | 8 | 64>()
  // @ts-expect-error: a name, not a number
  await openDevice(0)
  // @ts-expect-error: capabilities cannot be changed
  device.capabilities.atomicGranuleBytes = 64
}

export async function owner(device: Device): Promise<void> {
  const host = await listen(device, { port: 0 })
  expectTypeOf(host).toEqualTypeOf<Host>()
  const region = host.publish('quotes', seqlock({ bytes: 64, strategy: 'hash' }))
  expectTypeOf(region).toEqualTypeOf<SeqlockOwner>()
  expectTypeOf(region.write(new Uint8Array(64))).toEqualTypeOf<number>()
  expectTypeOf(region.update((payload) => payload.fill(1))).toEqualTypeOf<number>()
  expectTypeOf(region.strategy).toEqualTypeOf<Strategy>()
  // @ts-expect-error: bytes is required
  seqlock({})
  // @ts-expect-error: no such strategy
  seqlock({ bytes: 64, strategy: 'hopeful' })
  // @ts-expect-error: bytes, not text
  region.write('text')
  // @ts-expect-error: no device
  await listen({ port: 0 })
}

export async function reader(device: Device, signal: AbortSignal): Promise<void> {
  const peer = await connect(device, '10.0.0.5:7471', { timeoutMs: 1000, signal })
  const quotes = await peer.open('quotes', { attemptsMax: 10 })
  expectTypeOf(quotes).toEqualTypeOf<SeqlockReader>()
  expectTypeOf(await quotes.read({ offset: 8, length: 8, signal })).toEqualTypeOf<Snapshot>()
  expectTypeOf(quotes.readSync()).toEqualTypeOf<Snapshot>()
  expectTypeOf(await quotes.readInto(new Uint8Array(64))).toEqualTypeOf<number>()
  expectTypeOf(await quotes.readIfChanged(2)).toEqualTypeOf<Snapshot | undefined>()
  const { version, bytes } = await quotes.read()
  expectTypeOf(version).toEqualTypeOf<number>()
  expectTypeOf(bytes).toEqualTypeOf<Uint8Array>()
  expectTypeOf(await peer.open('quotes', { protocol: 'seqlock' })).toEqualTypeOf<SeqlockReader>()
  // @ts-expect-error: no such protocol
  await peer.open('quotes', { protocol: 'hopeful' })
  // @ts-expect-error: no such option
  await peer.open('quotes', { patience: 10 })
  // @ts-expect-error: a spinning read cannot be aborted
  quotes.readSync({ signal })
  // @ts-expect-error: the version is required
  await quotes.readIfChanged()
  // @ts-expect-error: readers do not write
  quotes.write(bytes)
}

export async function typed(host: Host, peer: Peer): Promise<void> {
  const quote = struct({ bid: f64, at: u64, legs: array(struct({ name: text(8), up: bool }), 2) })
  interface Quote {
    bid: number
    at: bigint
    legs: readonly { name: string; up: boolean }[]
  }
  expectTypeOf(quote).toEqualTypeOf<FixedCodec<Quote>>()
  const prices = host.publish('quotes', seqlock({ codec: quote, strategy: 'hash' }))
  expectTypeOf(prices).toEqualTypeOf<TypedSeqlockOwner<Quote>>()
  expectTypeOf(prices.raw).toEqualTypeOf<SeqlockOwner>()
  expectTypeOf(prices.update((value) => ({ ...value, bid: 2 }))).toEqualTypeOf<number>()
  const slots = host.publish('history', versionedSlots({ codec: quote, slots: 8 }))
  expectTypeOf(slots).toEqualTypeOf<TypedVersionedSlotsOwner<Quote>>()
  // @ts-expect-error: a bigint
  prices.write({ bid: 1, at: 2, legs: [] })
  // @ts-expect-error: a missing field
  prices.update(({ bid }) => ({ bid }))
  // @ts-expect-error: a value, not bytes
  prices.write(new Uint8Array(64))
  // @ts-expect-error: the first value, not its bytes
  seqlock({ codec: quote, initial: new Uint8Array(64) })
  // @ts-expect-error: not a codec
  seqlock({ codec: {} })
  const quotes = await peer.open('quotes', { codec: quote, attemptsMax: 10 })
  expectTypeOf(quotes).toEqualTypeOf<TypedReader<Quote, SeqlockReader>>()
  const history = await peer.open('history', { protocol: 'versioned-slots', codec: quote })
  expectTypeOf(history).toEqualTypeOf<TypedReader<Quote, VersionedSlotsReader>>()
  const { version, value } = await quotes.read()
  expectTypeOf(version).toEqualTypeOf<number>()
  expectTypeOf(value).toEqualTypeOf<Quote>()
  expectTypeOf(quotes.readIfChangedSync(2)).toEqualTypeOf<TypedSnapshot<Quote> | undefined>()
  const settings = json<{ mode: string }>({ bytesMax: 1000 })
  expectTypeOf(await peer.open('settings', { codec: settings })).toEqualTypeOf<
    TypedReader<{ mode: string }, SeqlockReader>
  >()
  const cell = host.publish(
    'book',
    rcuCell({ codec: settings, bytes: 8192, initial: { mode: '' } }),
  )
  expectTypeOf(cell).toEqualTypeOf<TypedRcuCellOwner<{ mode: string }>>()
  expectTypeOf(cell.swap({ mode: 'on' }).value).toEqualTypeOf<{ mode: string }>()
  const book = await peer.open('book', { protocol: 'rcu-cell', codec: settings })
  expectTypeOf(book).toEqualTypeOf<TypedRcuCellReader<{ mode: string }>>()
  expectTypeOf(await book.update(({ mode }) => ({ mode }))).toEqualTypeOf<number>()
  // @ts-expect-error: a value, not bytes
  await book.update((bytes: Uint8Array) => bytes)
  // @ts-expect-error: values are read whole
  await quotes.read({ offset: 8 })
  // @ts-expect-error: not a codec
  await peer.open('quotes', { codec: 8 })
}

export async function watching(
  quotes: SeqlockReader,
  prices: TypedReader<number, SeqlockReader>,
): Promise<void> {
  for await (const { version, bytes } of quotes.watch({ notify: true, pace: { maxMs: 50 } })) {
    expectTypeOf(version).toEqualTypeOf<number>()
    expectTypeOf(bytes).toEqualTypeOf<Uint8Array>()
  }
  for await (const { value } of prices.watch()) expectTypeOf(value).toEqualTypeOf<number>()
  // @ts-expect-error: milliseconds
  quotes.watch({ pace: 50 })
  const [quote, price] = await readTogether([quotes, prices], { attemptsMax: 5 })
  expectTypeOf(quote).toEqualTypeOf<Snapshot>()
  expectTypeOf(price).toEqualTypeOf<TypedSnapshot<number>>()
  // @ts-expect-error: readers
  await readTogether([new Uint8Array(8)])
}

export async function keptVersions(host: Host, peer: Peer): Promise<void> {
  const ring = host.publish('history', versionedSlots({ bytes: 64, slots: 8, strategy: 'hash' }))
  expectTypeOf(ring).toEqualTypeOf<VersionedSlotsOwner>()
  expectTypeOf(ring.publish(new Uint8Array(64))).toEqualTypeOf<number>()
  using loan = ring.loan()
  loan.fill((payload) => payload.fill(1))
  expectTypeOf(loan.publish()).toEqualTypeOf<number>()
  const options = { protocol: 'versioned-slots', slotsMin: 4, timeoutMs: 100 } as const
  const history = await peer.open('history', options)
  expectTypeOf(history).toEqualTypeOf<VersionedSlotsReader>()
  expectTypeOf(await history.readVersion(3)).toEqualTypeOf<Snapshot | undefined>()
  expectTypeOf(history.readVersionSync(3, { offset: 8 })).toEqualTypeOf<Snapshot | undefined>()
  // @ts-expect-error: slots are taken from a loan, and there is no write in place
  ring.write(new Uint8Array(64))
  // @ts-expect-error: no strategy of versioned slots
  versionedSlots({ bytes: 64, strategy: 'words' })
  // @ts-expect-error: a seqlock has no slots
  await peer.open('quotes', { slotsMin: 4 })
  const quotes = await peer.open('quotes')
  // @ts-expect-error: nor earlier versions
  await quotes.readVersion(3)
}

export async function lockedRegions(host: Host, peer: Peer, signal: AbortSignal): Promise<void> {
  const shelf = host.publish('shelf', lockedRegion({ bytes: 64, leaseMs: 2000, strategy: 'hash' }))
  expectTypeOf(shelf).toEqualTypeOf<LockedOwner>()
  expectTypeOf(shelf.holders()).toEqualTypeOf<LockHolder[]>()
  expectTypeOf(shelf.evict(1)).toEqualTypeOf<Promise<boolean>>()
  const shared = await peer.open('shelf', { protocol: 'locked', attemptsMax: 10 })
  expectTypeOf(shared).toEqualTypeOf<LockedReader>()
  await using guard = await shared.acquire({ timeoutMs: 100, signal })
  expectTypeOf(guard).toEqualTypeOf<LockGuard>()
  expectTypeOf(guard.release(guard.bytes)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(shared.update((bytes) => bytes.fill(1))).toEqualTypeOf<Promise<number>>()
  // @ts-expect-error: no strategy of locked regions
  lockedRegion({ bytes: 64, strategy: 'lines' })
  // @ts-expect-error: the protocol is called otherwise
  await peer.open('shelf', { protocol: 'lockedRegion' })
  // @ts-expect-error: a locked region keeps no earlier versions
  await shared.readVersion(1)
  // @ts-expect-error: holders are named by their number
  await shelf.evict('127.0.0.1:7471')
  const settings = json<{ mode: string }>({ bytesMax: 100 })
  const typedOwner = host.publish('t', lockedRegion({ codec: settings, initial: { mode: '' } }))
  expectTypeOf(typedOwner).toEqualTypeOf<TypedLockedOwner<{ mode: string }>>()
  const typedShared = await peer.open('t', { protocol: 'locked', codec: settings })
  expectTypeOf(typedShared).toEqualTypeOf<TypedLockedReader<{ mode: string }>>()
  expectTypeOf((await typedShared.acquire()).value).toEqualTypeOf<{ mode: string }>()
  await typedShared.update(async ({ mode }) => Promise.resolve({ mode: `${mode}!` }))
  // @ts-expect-error: the next value, and not nothing
  await typedShared.update(() => {})
}

export async function disposal(): Promise<void> {
  await using device = await openDevice()
  await using host = await listen(device)
  await using region = host.publish('x', seqlock({ bytes: 1 }))
  await using peer = await connect(device, { host: '::1', port: host.port })
  await using x = await peer.open('x')
  expectTypeOf(x.name + region.name).toEqualTypeOf<string>()
}

export function failures(error: unknown): void {
  if (!(error instanceof UntornError)) return
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
  expectTypeOf(error.status).toEqualTypeOf<number | undefined>()
  // @ts-expect-error: no such code
  if (error.code === 'ERR_UNTORN_UNHEARD_OF') return
  // @ts-expect-error: no such code
  void new UntornError('ERR_UNTORN_UNHEARD_OF', 'text')
}

export function protocols(): void {
  expectTypeOf(samplingModel('rxe')).toEqualTypeOf<SamplingModel>()
  const protocol = defineProtocol({
    layout: {
      payloadBytes: 16,
      regionBytes: 64,
      fields: { version: 0, payload: { offset: 8, lengthBytes: 16 } },
    },
    owner: (memory) => ({ publish: (payload) => memory.copyIn(8, payload) }),
    reader: function* (io) {
      const version = yield* io.word('version')
      expectTypeOf(version).toEqualTypeOf<number>()
      const [hash, payload] = yield* io.chain(io.word64(24), io.bytes('payload').fenced())
      expectTypeOf(hash).toEqualTypeOf<bigint>()
      expectTypeOf(payload).toEqualTypeOf<Uint8Array>()
      const both = yield* io.fields('version', 'payload')
      expectTypeOf(both.version).toEqualTypeOf<number>()
      expectTypeOf(both.payload).toEqualTypeOf<Uint8Array>()
      // @ts-expect-error: no such field
      yield* io.bytes('playload')
      // @ts-expect-error: not a field that was read
      void both.hash
      return io.accept(payload, version)
    },
  })
  const check = checkProtocol(protocol, { presets: ['minimal'], timeMs: 1000 })
  expectTypeOf(check).toEqualTypeOf<ProtocolCheck>()
  expectTypeOf(expectViolated(protocol)).toEqualTypeOf<ProtocolCounterexample>()
  expectTypeOf(check.presets['minimal']?.verdict).toEqualTypeOf<
    'holds' | 'violated' | 'unknown' | undefined
  >()
  // @ts-expect-error: no such preset
  assertProtocol(protocol, { presets: ['rexe'] })
  // @ts-expect-error: no such option
  assertProtocol(protocol, { model: 'rxe' })
  defineProtocol({
    ...protocol,
    // @ts-expect-error: a reader ends with an outcome
    reader: function* (io) {
      yield* io.word('version')
      return true
    },
  })
  // @ts-expect-error: how long is the region?
  defineProtocol({ ...protocol, layout: { payloadBytes: 16 } })
}

export function generators(): void {
  fc.property(worldArbitrary(), tapeArbitrary(), (world, choices) => {
    expectTypeOf(world).toEqualTypeOf<CheckWorld>()
    expectTypeOf(choices).toEqualTypeOf<number[]>()
  })
}
