// Changes the values of 05-owner.mjs; several may run at once, and no change is lost:
//   node examples/05-peer.mjs [HOST:PORT] [NAME] [SHOP, 0 or 1]
import { connect, openDevice } from 'untorn'
import { settings, stock } from './05-values.mjs'

const [, , address = '127.0.0.1:7471', name = 'peer', shop = '0'] = process.argv
const device = await openDevice()
const peer = await connect(device, address)
const config = await peer.open('settings', { protocol: 'rcu-cell', codec: settings })
const shelf = await peer.open('stock', { protocol: 'locked', codec: stock })

// What a guard shows stays where it is, though this very program publishes another version.
const guard = await config.raw.pin()
const { value } = config.decode(await guard.load())
await config.update((present) => ({ ...present, mode: 'night', by: name }))
const { version } = guard.current()
const again = config.decode({ version, bytes: await guard.current().read() })
console.log(`pinned: ${value.mode}, still ${again.value.mode}`)
guard.release()

// Each update gets the value that the one before it left. A function that throws changes nothing.
for (let count = 0; count < 10; count += 1) {
  await shelf.update(({ item, left, sold }) => {
    sold[Number(shop)] += 1n
    return { item, left: left - 1n, sold }
  })
}

// Holding the lock across other work: whoever is slower than the lease gets a coded error.
const held = await shelf.acquire({ timeoutMs: 1000 })
const { item, left, sold } = held.value
console.log(`${item}: all there: ${left + sold[0] + sold[1] === 100n}`)
await held.discard()

await peer.close()
await device.close()
