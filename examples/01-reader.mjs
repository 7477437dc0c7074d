// Reads that region without bothering its owner: node examples/01-reader.mjs [HOST:PORT]
import { connect, openDevice } from 'untorn'

const device = await openDevice()
const peer = await connect(device, process.argv[2] ?? '127.0.0.1:7471')
const counter = await peer.open('counter')

for (let count = 0; count < 10; count++) {
  const { version, bytes } = await counter.read()
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const whole = words.every((word) => word === words[0])
  console.log(`version ${version}: counter ${words[0]}, ${whole ? 'whole' : 'torn'}`)
}

await peer.close()
await device.close()
