// Goal: where aligned words tear, the device says so, what depends on whole words is refused with a
// code, and `hash` stays sound. Method: rxe0 on a CPU that copies byte by byte; that it does tear
// inside words, so that the refusals are about a danger that is there, is in probe.test.ts.
import { expect, test } from 'vitest'
import {
  type Snapshot,
  type Strategy,
  UntornError,
  connect,
  listen,
  openDevice,
  seqlock,
} from '../../../src/index.ts'
import { Program } from '../../integration/programs.ts'

const address = process.env['UNTORN_RXE_ADDRESS'] ?? ''
const READS = 2000
const READ_LIMIT_MS = 60_000

test('the device has a granule of one byte and says why', async () => {
  const device = await openDevice()
  expect(device.capabilities.atomicGranuleBytes).toBe(1)
  expect(device.capabilities.evidence.some((line) => line.startsWith('granule 1'))).toBe(true)
  await device.close()
})

test.each<Strategy>(['fenced', 'words', 'lines'])('%s is refused', async (strategy) => {
  const device = await openDevice()
  const host = await listen(device, { port: 0 })
  expect(() => host.publish('x', seqlock({ bytes: 64, strategy }))).toThrowError(
    expect.objectContaining({ code: 'ERR_UNTORN_UNSOUND' }),
  )
  await host.close()
  await device.close()
})

/** rxe gives up on a guest that gets no time: the queue pair is replaced, and reading goes on. */
function afterRenewal(error: unknown): Snapshot {
  if (!(error instanceof UntornError) || error.code !== 'ERR_UNTORN_REMOTE') throw error
  return { version: 0, bytes: new Uint8Array(0) }
}

test('hash is chosen, meets torn bytes, and accepts none', async () => {
  const owner = new Program(process.execPath, ['test/rxe/bytes/busy-owner.mjs'])
  const [, port = ''] = await owner.waitFor(/port (\d+)/)
  const device = await openDevice()
  const peer = await connect(device, `${address}:${port}`)
  const reader = await peer.open('x', { attemptsMax: 10_000 })
  expect(reader.strategy).toBe('hash')

  const endMs = performance.now() + READ_LIMIT_MS
  let reads = 0
  while (performance.now() < endMs && (reads < READS || reader.statistics.torn === 0)) {
    const { bytes, version } = await reader.read().catch(afterRenewal)
    if (version === 0) continue
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    expect(words.every((word) => word === words[0])).toBe(true)
    // Version 2 is the region as published, and each write adds two.
    expect(words[0]).toBe(version / 2 - 1)
    reads += 1
  }
  expect(reads).toBeGreaterThanOrEqual(READS)
  expect(reader.statistics.torn).toBeGreaterThan(0)

  await peer.close()
  await device.close()
  const ending = await owner.stop()
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
})
