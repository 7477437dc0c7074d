// Goal: a steady stream of reads leaves nothing on the heap but its results.
// Method: heap growth over many reads into the caller's memory, by strategy.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { connect, listen, openDevice, seqlock } from '../../src/index.ts'

const BYTES = 4096
const READS = 20_000

test.each([
  ['fenced', 8],
  ['words', 8],
  // Two bigints and what the call into WebAssembly takes.
  ['hash', 200],
] as const)('%s: readIntoSync leaves less than %i bytes a read', async (strategy, bytesMax) => {
  const device = await openDevice()
  const host = await listen(device, { port: 0 })
  host.publish('cell', seqlock({ bytes: BYTES, strategy }))
  const peer = await connect(device, `127.0.0.1:${host.port}`)
  const reader = await peer.open('cell')
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
