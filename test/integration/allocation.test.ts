// Goal: a steady stream of reads leaves nothing on the heap but its results.
// Method: heap growth over many reads into the caller's memory, by strategy.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { OwnerHandle } from '../../src/regions/contract.ts'
import { connect, listen, openDevice, rcuCell, seqlock, versionedSlots } from '../../src/index.ts'

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
  expect(Math.min(measure(), measure(), measure())).toBeLessThan(bytesMax)
  await peer.close()
  await host.close()
  await device.close()
})
