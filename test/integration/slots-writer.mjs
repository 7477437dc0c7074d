// An owner of versioned slots and of a seqlock, in another process, told what to do by messages. It
// writes two payloads in turn that were made before, so that it hardly ever pauses: word i of a
// payload depends on i and on the turn, and the version says whose turn it was.
import { listen, openDevice, seqlock, versionedSlots } from '../../dist/src/index.js'

const [bytes, strategy, slots] = process.argv.slice(2)
const device = await openDevice()
const host = await listen(device, { host: '127.0.0.1', port: 0 })
const payloads = [0, 1].map((turn) => {
  const words = Uint32Array.from(
    { length: Number(bytes) / 4 },
    (_, index) => Math.imul(turn + 1, 0x9e3779b1) + Math.imul(index + 1, 0x85ebca6b),
  )
  return new Uint8Array(words.buffer)
})
const initial = payloads[1]
const shape = { bytes: Number(bytes), strategy, initial }
const cell = host.publish('cell', seqlock(shape))
const ring = host.publish('ring', versionedSlots({ ...shape, slots: Number(slots) }))
const write = {
  ring: () => ring.publish(payloads[(ring.version + 1) % 2]),
  cell: () => cell.write(payloads[(cell.version / 2 + 1) % 2]),
}
let writing = null
let loan

// A slice of writes in each turn of the loop, so that messages and control frames are served.
function flatOut(name) {
  if (writing !== name) return
  const end = performance.now() + 20
  while (performance.now() < end) for (let count = 0; count < 50; count++) write[name]()
  setImmediate(flatOut, name)
}

const commands = {
  flatOut: (name) => {
    writing = name
    flatOut(name)
  },
  pause: () => (writing = null),
  publish: () => write.ring(),
  lend: () => {
    loan = ring.loan()
    loan.fill((payload) => void payload.fill(0xff))
    return loan.version
  },
  exit: async () => {
    writing = null
    await host.close()
    await device.close()
  },
}

process.on('message', async ([command, argument]) => {
  try {
    process.send({ result: await commands[command](argument) })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
  if (command === 'exit') process.disconnect()
})
process.send({ port: host.port })
