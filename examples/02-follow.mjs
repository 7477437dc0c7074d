// Follows the region of 01-owner.mjs cheaply, and survives its restart:
//   node examples/02-follow.mjs [HOST:PORT] [SECONDS]
import { setTimeout as delay } from 'node:timers/promises'
import { connect, openDevice } from 'untorn'

const address = process.argv[2] ?? '127.0.0.1:7471'
const endMs = performance.now() + 1000 * Number(process.argv[3] ?? 10)

const device = await openDevice()
const peer = await connect(device, address)
let counter = await peer.open('counter')
let known = 0

while (performance.now() < endMs) {
  try {
    // One 8-byte READ while the version is the known one; else the first word, of one version.
    const snapshot = await counter.readIfChanged(known, { length: 4 })
    if (snapshot !== undefined) {
      known = snapshot.version
      console.log(`version ${known}: ${new Uint32Array(snapshot.bytes.slice().buffer)[0]}`)
    }
  } catch (error) {
    // Everything that ends a read has a code; docs/errors.md says what each means.
    if (error.code !== 'ERR_UNTORN_PEER_LOST' && error.code !== 'ERR_UNTORN_STALE_GENERATION') {
      throw error
    }
    console.log(`${error.code}: connecting again`)
    await delay(500)
    await peer.reconnect().catch(() => {})
    if (peer.lost === undefined) {
      await counter.close()
      counter = await peer.open('counter')
      known = 0
    }
  }
  await delay(100)
}

console.log(counter.statistics)
await peer.close()
await device.close()
