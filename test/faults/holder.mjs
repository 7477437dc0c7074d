// A peer process that takes the lock of region `shared`, told what to do over its IPC channel. Plain
// JavaScript against the built package. All 64-bit words of a payload are one number, so that any
// mixture of two payloads shows.
import { connect, openDevice } from '../../dist/src/index.js'

const [, , address, portText] = process.argv
const device = await openDevice()
const peer = await connect(device, `${address}:${portText}`)
const region = await peer.open('shared', { protocol: 'locked' })
/** Increments of which this process was told that they are done, and of which it was told nothing. */
const counts = { done: 0, unknown: 0 }
let busy = false
let guard

function numberOf(bytes) {
  const words = new BigUint64Array(bytes.slice().buffer)
  if (!words.every((word) => word === words[0])) throw new Error('torn bytes under the lock')
  return Number(words[0])
}

function payloadOf(number) {
  return new Uint8Array(new BigUint64Array(region.byteLength / 8).fill(BigInt(number)).buffer)
}

async function increment() {
  try {
    await region.update((bytes) => {
      bytes.set(payloadOf(numberOf(bytes) + 1))
    })
    counts.done += 1
  } catch (error) {
    // Others mean that nothing was published.
    if (error.code === 'ERR_UNTORN_UNKNOWN_OUTCOME') counts.unknown += 1
    else if (error.code === undefined) throw error
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  process.send({ counts })
}

const commands = {
  acquire: async () => {
    guard = await region.acquire()
    return guard.version
  },
  release: async () => {
    const version = await guard.release(payloadOf(999_999))
    return version
  },
  read: async () => numberOf((await region.read()).bytes),
  increment: () => increment(),
  flatOut: () => {
    busy = true
    const turn = async () => {
      await increment()
      if (busy) void turn()
    }
    void turn()
  },
  pause: () => (busy = false),
}

process.on('message', async ({ id, command }) => {
  try {
    process.send({ id, result: await commands[command]() })
  } catch (error) {
    process.send({ id, error: String(error.code ?? error) })
  }
})
process.on('disconnect', () => process.exit(0))
process.send({ ready: true })
