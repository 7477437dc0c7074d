// Goal: a tight loop of reads that end at once does not starve the event loop, which would hide
// losses and withdrawals from the very loop that reads.
import { expect, test } from 'vitest'
import { connect, listen, openDevice, seqlock } from '../../src/index.ts'

test('timers fire during a loop of nothing but reads, and during one of failures', async () => {
  const device = await openDevice()
  const host = await listen(device, { port: 0 })
  const owner = host.publish('cell', seqlock({ bytes: 64 }))
  const peer = await connect(device, `127.0.0.1:${host.port}`)
  const reader = await peer.open('cell')
  let fired = false
  setTimeout(() => (fired = true), 5)
  const deadline = performance.now() + 5000
  while (!fired && performance.now() < deadline) await reader.read()
  expect(fired).toBe(true)

  await owner.close()
  fired = false
  setTimeout(() => (fired = true), 5)
  while (!fired && performance.now() < deadline) await reader.read().catch(() => undefined)
  expect(fired).toBe(true)
  await peer.close()
  await host.close()
  await device.close()
})
