// An owner process without any protocol: its region's 8-byte words are all zeros or all ones, toggled
// as fast as it can. Sends what a peer needs over IPC, ends when the channel closes.
import { openDevice } from 'untorn/fabric'

const localAddress = process.env.UNTORN_RXE_ADDRESS
const device = await openDevice()
const queuePair = device.createQueuePair({ localAddress })
const region = device.allocate(Number(process.argv[2]), { remoteRead: true })
const words = new BigUint64Array(
  region.bytes.buffer,
  region.bytes.byteOffset,
  region.byteLength / 8,
)

const STRETCH_MS = 20
let value = 0n
let isOver = false

function toggle() {
  const endMs = performance.now() + STRETCH_MS
  while (performance.now() < endMs) {
    value = BigInt.asUintN(64, ~value)
    for (let index = 0; index < words.length; index++) words[index] = value
  }
  if (isOver) void device.close()
  else setImmediate(toggle)
}

process.once('message', (endpoint) => {
  queuePair.connect(endpoint)
  process.send({ isReady: true })
  toggle()
})
process.once('disconnect', () => (isOver = true))
process.send({ endpoint: queuePair.endpoint, descriptor: region.descriptor })
