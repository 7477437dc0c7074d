// An owner in another process or thread, told what to do by messages. Word i of version v is a
// number that depends on both, so that a snapshot proves its own version. Against the built package.
import { parentPort, workerData } from 'node:worker_threads'
import { listen, openDevice, seqlock } from '../../dist/src/index.js'

const [bytes, strategy] = parentPort === null ? process.argv.slice(2) : workerData
const port = parentPort ?? process
const send = (message) => (parentPort === null ? process.send(message) : port.postMessage(message))
const device = await openDevice()
const host = await listen(device, { host: '127.0.0.1', port: 0 })
const cell = host.publish('cell', seqlock({ bytes: Number(bytes), strategy }))
const payload = new Uint8Array(Number(bytes))
const words = new Uint32Array(payload.buffer)
let writing = false
let token

function fill(version) {
  for (let index = 0; index < words.length; index++) {
    words[index] = Math.imul(version, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
  }
  return payload
}

const commands = {
  write: () => cell.write(fill(cell.version + 2)),
  begin: () => {
    token = cell.writeBegin()
    token.copyIn(0, fill(cell.version + 2).subarray(0, bytes / 2))
  },
  end: () => {
    token.copyIn(0, fill(cell.version + 2))
    return cell.writeEnd(token)
  },
  // A slice of writes in each turn of the loop, so that messages and control frames are served.
  flatOut: () => {
    writing = true
    const turn = () => {
      if (!writing) return
      const end = performance.now() + 5
      while (performance.now() < end) cell.write(fill(cell.version + 2))
      setImmediate(turn)
    }
    turn()
  },
  pause: () => (writing = false),
  close: () => {
    writing = false
    return cell.close()
  },
  exit: async () => {
    writing = false
    await host.close()
    await device.close()
  },
}

port.on('message', async (command) => {
  try {
    send({ result: await commands[command]() })
  } catch (error) {
    send({ error: String(error?.stack ?? error) })
  }
  if (command !== 'exit') return
  if (parentPort === null) process.disconnect()
  else parentPort.close()
})
send({ port: host.port })
