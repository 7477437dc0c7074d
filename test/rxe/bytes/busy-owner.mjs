// An owner that writes a region far more often than a reader can read it, with pauses in which a read
// may succeed: half of its time it writes without a break.
import { listen, openDevice, seqlock } from 'untorn'

const BURST_MS = 1

const device = await openDevice()
// Its event loop stands still while it writes: no signs of life are promised.
const host = await listen(device, { port: 0, heartbeatMs: 0 })
const region = host.publish('x', seqlock({ bytes: 4096 }))
const payload = new Uint32Array(1024)
const bytes = new Uint8Array(payload.buffer)
console.log(`port ${host.port}`)

const timer = setInterval(() => {
  const endMs = performance.now() + BURST_MS
  while (performance.now() < endMs) {
    payload.fill(payload[0] + 1)
    region.write(bytes)
  }
}, 2 * BURST_MS)

process.once('SIGTERM', async () => {
  clearInterval(timer)
  await host.close()
  await device.close()
})
