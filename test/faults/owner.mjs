// An owner process for fault tests, told what to do over its IPC channel. Plain JavaScript against
// the built package. Region `cell` holds 64-bit words that all equal the number of the write, so
// that any mixture of two writes shows; `other` never changes.
import { connect, listen, openDevice, seqlock } from '../../dist/src/index.js'

const BYTES = 4096
const [, , role, address, portText] = process.argv
const device = await openDevice()
let busy = false

function payload(number) {
  return new Uint8Array(new BigUint64Array(BYTES / 8).fill(BigInt(number)).buffer)
}

/** A region whose memory can be deregistered behind the host's back. */
function publishKeyless(host) {
  const spec = seqlock({ bytes: 64, strategy: 'hash' })
  let memory
  host.publish('keyless', {
    protocol: spec.protocol,
    publish: (context) => {
      const allocate = (bytes, options) => (memory = context.device.allocate(bytes, options))
      const { name, capabilities, provider } = context.device
      return spec.publish({ ...context, device: { name, capabilities, provider, allocate } })
    },
  })
  return memory
}

async function owner() {
  const host = await listen(device, { host: address, port: Number(portText) })
  const strategy = process.env.UNTORN_TEST_STRATEGY
  const cell = host.publish('cell', seqlock({ bytes: BYTES, ...(strategy && { strategy }) }))
  const other = host.publish('other', seqlock({ bytes: 64 }))
  const keyless = publishKeyless(host)
  let number = 0
  let token
  const commands = {
    write: () => cell.write(payload(++number)),
    begin: () => {
      token = cell.writeBegin()
      token.copyIn(0, payload(++number).subarray(0, BYTES / 2))
    },
    end: () => {
      token.copyIn(BYTES / 2, payload(number).subarray(BYTES / 2))
      cell.writeEnd(token)
    },
    // A slice of writes in each turn of the loop, so that the control connection stays served.
    flatOut: () => {
      busy = true
      const turn = () => {
        const end = performance.now() + 2
        while (performance.now() < end) cell.write(payload(++number))
        if (busy) setImmediate(turn)
      }
      turn()
    },
    pause: () => (busy = false),
    closeCell: () => cell.close(),
    dropKey: () => keyless.close(),
    peers: () => host.peers,
    exit: async () => {
      await host.close()
      await device.close()
      process.disconnect()
    },
  }
  process.on('message', async ({ id, command }) => {
    try {
      process.send({ id, result: await commands[command]() })
    } catch (error) {
      process.send({ id, error: String(error.code ?? error) })
    }
  })
  process.send({ ready: true, port: host.port, version: other.version })
}

async function reader() {
  const peer = await connect(device, `${address}:${portText}`)
  const cell = await peer.open('cell', { attemptsMax: 100_000, timeoutMs: 60_000 })
  process.send({ ready: true })
  for (;;) await cell.read()
}

process.on('disconnect', () => process.exit(0))
await (role === 'owner' ? owner() : reader())
