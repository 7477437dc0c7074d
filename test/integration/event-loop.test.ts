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
  expect(await timerFires(() => reader.read())).toBe(true)
  await owner.close()
  expect(await timerFires(() => reader.read().catch(() => undefined))).toBe(true)
  await peer.close()
  await host.close()
  await device.close()
})

/** Whether a timer fires while `step` is awaited again and again. */
async function timerFires(step: () => Promise<unknown>): Promise<boolean> {
  const timer = { fired: false }
  setTimeout(() => (timer.fired = true), 5)
  const deadline = performance.now() + 5000
  while (!timer.fired && performance.now() < deadline) await step()
  return timer.fired
}
