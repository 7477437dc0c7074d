// Goal: options that make no sense are refused at once, with a code, and cost nothing that works.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { f64 } from '../../src/codecs/index.ts'
import {
  type Device,
  type Host,
  connect,
  listen,
  lockedRegion,
  openDevice,
  rcuCell,
  seqlock,
  versionedSlots,
} from '../../src/index.ts'

const refused = { code: 'ERR_UNTORN_ARGUMENT' }
let device: Device
let host: Host
let address: string

beforeAll(async () => {
  device = await openDevice()
  host = await listen(device, { port: 0 })
  host.publish('cell', seqlock({ bytes: 8 }))
  address = `127.0.0.1:${host.port}`
})

afterAll(async () => {
  await host.close()
  await device.close()
})

test.each([null, 7, { host: 3, port: 0 }, { host: '', port: 0 }])('listen: %j', async (options) => {
  await expect(listen(device, options as never)).rejects.toMatchObject(refused)
})

test.each([null, 7, { signal: {} }, { timeoutMs: -1 }])('connect: %j', async (options) => {
  await expect(connect(device, address, options as never)).rejects.toMatchObject(refused)
})

test.each([null, {}, 'seqlock'])('publish: %j', (spec) => {
  expect(() => host.publish('other', spec as never)).toThrow(expect.objectContaining(refused))
})

test.each([null, 7, { signal: {} }, { timeoutMs: -1 }])(
  'reconnect: %j, and the connection stays',
  async (options) => {
    const peer = await connect(device, address)
    const reader = await peer.open('cell')
    await expect(peer.reconnect(options as never)).rejects.toMatchObject(refused)
    expect(peer.lost).toBeUndefined()
    expect(reader.readSync().version).toBe(2)
    await peer.close()
  },
)

test.each([undefined, '1', 1.5])('eviction of a holder: %j', async (id) => {
  const owner = host.publish('lock', lockedRegion({ bytes: 8 }))
  await expect(owner.evict(id as never)).rejects.toMatchObject(refused)
  expect(await owner.evict(99)).toBe(false)
  await owner.close()
})

test('decode: bytes without their version', async () => {
  host.publish('typed', seqlock({ codec: f64 }))
  const peer = await connect(device, address)
  const reader = await peer.open('typed', { codec: f64 })
  const snapshot = await reader.raw.read()
  for (const given of [undefined, snapshot.bytes, { version: 2 }]) {
    expect(() => reader.decode(given as never)).toThrow(expect.objectContaining(refused))
  }
  expect(reader.decode(snapshot)).toEqual({ version: 2, value: 0 })
  await peer.close()
})

// Of a cell, `update` publishes what its function returns. Elsewhere that would be lost without a word.
test('update in place: other bytes are returned', async () => {
  const other = (): Uint8Array => new Uint8Array(8).fill(1)
  const inPlace = (payload: Uint8Array): Uint8Array => payload.fill(2)
  const cell = host.publish('seqlock', seqlock({ bytes: 8 }))
  const ring = host.publish('ring', versionedSlots({ bytes: 8 }))
  for (const owner of [cell, ring]) {
    const { version } = owner
    expect(() => owner.update(other)).toThrow(expect.objectContaining(refused))
    expect(owner.version).toBe(version)
    expect(owner.update(inPlace)).toBeGreaterThan(version)
  }
  const lock = host.publish('locked', lockedRegion({ bytes: 8 }))
  await expect(lock.update(other)).rejects.toMatchObject(refused)
  await lock.update(inPlace)
  await using guard = await lock.acquire()
  expect(guard.bytes).toEqual(new Uint8Array(8).fill(2))
})

test.each([0, 1])('a closed cell of %i writers', async (writers) => {
  const owner = host.publish('objects', rcuCell({ bytes: 4096, objectBytesMax: 64, writers }))
  await owner.close()
  const closed = expect.objectContaining({ code: 'ERR_UNTORN_CLOSED' })
  expect(() => owner.load()).toThrow(closed)
  expect(() => owner.store(new Uint8Array(1))).toThrow(closed)
  expect(() => owner.update((bytes) => bytes)).toThrow(closed)
})
