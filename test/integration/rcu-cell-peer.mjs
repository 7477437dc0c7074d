// A peer in another process, told what to do by messages: it pins, reads under its guard, and updates.
// Against the built package.
import { connect, openDevice } from '../../dist/src/index.js'

const [, , port] = process.argv
const device = await openDevice(process.env.UNTORN_DEVICE)
const peer = await connect(device, { host: '127.0.0.1', port: Number(port) })
const cell = await peer.open('cell', { protocol: 'rcu-cell' })
let guard

/** Whether all bytes after the count are its low byte. */
function whole(bytes) {
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  return bytes.subarray(4).every((byte) => byte === (count & 255))
}

function next(bytes) {
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) + 1
  const object = new Uint8Array(4 + ((count * 37) % 500)).fill(count & 255)
  new DataView(object.buffer).setUint32(0, count, true)
  return object
}

const commands = {
  pin: async () => {
    guard = await cell.pin()
    return guard.current().version
  },
  /** Reads in every way for a while; how often, and how often it was wrong. */
  read: async ({ ms }) => {
    let [reads, torn] = [0, 0]
    const pinned = guard?.current()
    const first = await pinned?.read()
    for (const end = performance.now() + ms; performance.now() < end; reads += 3) {
      if (!whole(cell.readSync().bytes)) torn += 1
      if (!whole((await cell.read()).bytes)) torn += 1
      if (pinned === undefined) {
        const short = await cell.pin()
        if (!whole((await short.load()).bytes)) torn += 1
        short.release()
      } else if (!Buffer.from(await pinned.read()).equals(Buffer.from(first))) torn += 1
    }
    return { reads, torn }
  },
  update: async ({ times }) => {
    for (let time = 0; time < times; time++) await cell.update(next)
    return times
  },
  /** Until it is killed. */
  updateForEver: async () => {
    process.send({ begun: true })
    for (;;) await cell.update(next)
  },
  release: () => guard.release(),
}

process.on('message', async ({ command, ...options }) => {
  try {
    process.send({ result: (await commands[command](options)) ?? null })
  } catch (error) {
    process.send({ failure: `${error.code}: ${error.message}` })
  }
})
process.on('disconnect', () => process.exit())
process.send({ ready: true })
