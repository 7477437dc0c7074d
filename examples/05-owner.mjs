// Publishes values that peers write, too, and tells what becomes of them: node examples/05-owner.mjs [PORT]
import { listen, lockedRegion, openDevice, rcuCell } from 'untorn'
import { settings, stock } from './05-values.mjs'

const device = await openDevice()
const host = await listen(device, { port: Number(process.argv[2] ?? 7471) })

// Objects of any size: peers pin what they read, and up to four of them may replace it.
const config = host.publish(
  'settings',
  rcuCell({ codec: settings, bytes: 65536, writers: 4, initial: { mode: 'day', by: 'owner' } }),
)
// Written in place, by one at a time; who holds the lock for more than two seconds loses it.
const shelf = host.publish(
  'stock',
  lockedRegion({
    codec: stock,
    leaseMs: 2000,
    initial: { item: 'tea', left: 100n, sold: [0n, 0n] },
  }),
)
console.log(`${device.choice}; listening on port ${host.port}`)

process.once('SIGTERM', async () => {
  console.log('settings', JSON.stringify(config.load().value))
  const { value } = await shelf.acquire()
  console.log(`left ${value.left}, sold ${value.sold.join(' and ')}`)
  await host.close()
  await device.close()
})
