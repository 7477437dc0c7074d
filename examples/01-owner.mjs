// Publishes a region and writes it a thousand times a second: node examples/01-owner.mjs [PORT]
import { listen, openDevice, seqlock } from 'untorn'

const device = await openDevice()
const host = await listen(device, { port: Number(process.argv[2] ?? 7471) })
const counter = host.publish('counter', seqlock({ bytes: 4096 }))
console.log(`${device.choice}; listening on port ${host.port}`)

// Every word of the payload is the same number: a mixture of two versions would show.
const payload = new Uint32Array(1024)
const timer = setInterval(() => {
  payload.fill(payload[0] + 1)
  counter.write(new Uint8Array(payload.buffer))
}, 1)

process.once('SIGTERM', async () => {
  clearInterval(timer)
  await host.close()
  await device.close()
})
