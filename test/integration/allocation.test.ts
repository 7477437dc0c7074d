// Goal: a steady stream of reads leaves nothing on the heap but its results, and no operation leaves
// anything that a collection does not take away.
// Method: heap growth over many reads into the caller's memory, by strategy; what is left on the heap
// after many operations of each other kind, and a collection.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { OwnerHandle } from '../../src/regions/contract.ts'
import {
  connect,
  listen,
  lockedRegion,
  openDevice,
  rcuCell,
  seqlock,
  versionedSlots,
} from '../../src/index.ts'

const BYTES = 4096
const READS = 20_000

const shape = { bytes: BYTES }

test.each([
  ['seqlock', 'fenced', 8, seqlock({ ...shape, strategy: 'fenced' })],
  ['seqlock', 'words', 8, seqlock({ ...shape, strategy: 'words' })],
  // Two bigints and what the call into WebAssembly takes.
  ['seqlock', 'hash', 200, seqlock({ ...shape, strategy: 'hash' })],
  ['versioned-slots', 'fenced', 8, versionedSlots({ ...shape, strategy: 'fenced' })],
  ['versioned-slots', 'hash', 200, versionedSlots({ ...shape, strategy: 'hash' })],
] as const)('%s, %s: readIntoSync leaves less than %i bytes a read', async (...row) => {
  const [protocol, , bytesMax, spec] = row
  const device = await openDevice()
  const host = await listen(device, { port: 0 })
  host.publish<OwnerHandle>('cell', spec)
  const peer = await connect(device, `127.0.0.1:${host.port}`)
  const reader =
    protocol === 'seqlock' ? await peer.open('cell') : await peer.open('cell', { protocol })
  const target = new Uint8Array(BYTES)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const measure = (): number => {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < READS; index++) reader.readIntoSync(target)
    return (process.memoryUsage().heapUsed - before) / READS
  }
  measure()
  const growths = [measure(), measure(), measure()]
  // The least of them: the others include what the engine itself did meanwhile.
  expect(Math.min(...growths)).toBeLessThan(bytesMax)
  await peer.close()
  await host.close()
  await device.close()
})

test.each([
  ['readIfChangedSync', 8],
  // The snapshot, and the view of what the object takes of the target.
  ['readIntoSync', 250],
] as const)('rcu-cell: %s leaves less than %i bytes a read', async (shapeOfRead, bytesMax) => {
  const device = await openDevice()
  const host = await listen(device, { port: 0 })
  host.publish('cell', rcuCell({ bytes: 4 * BYTES, objectBytesMax: BYTES }))
  const peer = await connect(device, `127.0.0.1:${host.port}`)
  const reader = await peer.open('cell', { protocol: 'rcu-cell' })
  const target = new Uint8Array(BYTES)
  const read =
    shapeOfRead === 'readIfChangedSync'
      ? (): unknown => reader.readIfChangedSync(1)
      : (): unknown => reader.readIntoSync(target)
  reader.readSync()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const measure = (): number => {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < READS; index++) read()
    return (process.memoryUsage().heapUsed - before) / READS
  }
  measure()
  const growths = Array.from({ length: 6 }, measure)
  expect(Math.min(...growths)).toBeLessThan(bytesMax)
  await peer.close()
  await host.close()
  await device.close()
})

// An object that is kept takes 50 bytes or more; what the engine itself adds, far less an operation.
const LEFT_BYTES_MAX = 24
const OPERATIONS = 1500

test.each(['pin', 'remote update', 'lock', 'synchronize'] as const)(
  '%s leaves nothing behind',
  async (kind) => {
    const device = await openDevice()
    const host = await listen(device, { port: 0 })
    const owner = host.publish(
      'cell',
      rcuCell({ bytes: 64 * 64, objectBytesMax: 64, readers: 1, writers: 1 }),
    )
    host.publish('lock', lockedRegion({ bytes: 64 }))
    const peer = await connect(device, `127.0.0.1:${host.port}`)
    const cell = await peer.open('cell', { protocol: 'rcu-cell' })
    const lock = await peer.open('lock', { protocol: 'locked' })
    const operations = {
      pin: async () => (await cell.pin()).release(),
      'remote update': async () => void (await cell.update((present) => present)),
      lock: async () => void (await lock.update((payload) => void payload.fill(1))),
      synchronize: async () => {
        owner.store(new Uint8Array(8))
        await owner.synchronize()
      },
    }
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const measure = async (): Promise<number> => {
      collect()
      const before = process.memoryUsage().heapUsed
      for (let index = 0; index < OPERATIONS; index++) await operations[kind]()
      collect()
      return (process.memoryUsage().heapUsed - before) / OPERATIONS
    }
    await measure()
    const left = [await measure(), await measure(), await measure()]
    expect(Math.min(...left)).toBeLessThan(LEFT_BYTES_MAX)
    await peer.close()
    await host.close()
    await device.close()
  },
)
