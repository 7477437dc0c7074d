// A process for faults of regions of every protocol, told what to do over its IPC channel: the owner of
// one, or a peer that pins it. Plain JavaScript against the built package. Every 64-bit word of a
// payload is the number of the publication, so that any mixture of two shows.
import { connect, listen, openDevice } from '../../dist/src/index.js'
import { lockedRegion, rcuCell, versionedSlots } from '../../dist/src/regions/index.js'

const [, , role, address, portText, subject, bytesText] = process.argv
const bytes = Number(bytesText)
const device = await openDevice()
let number = 0

function payload() {
  number += 1
  return new Uint8Array(new BigUint64Array(bytes / 8).fill(BigInt(number)).buffer)
}

/** By name: the region, how to publish the next payload, and how to stop halfway through it. */
const owners = {
  'slots-fenced': (host) => slots(host, 'fenced'),
  'slots-hash': (host) => slots(host, 'hash'),
  cell: (host) => {
    const spec = rcuCell({ bytes: 16 * bytes, objectBytesMax: bytes, initial: zeros() })
    const owner = host.publish('region', spec)
    return { publish: () => owner.store(payload()), begin: () => undefined }
  },
  locked: (host) => {
    const owner = host.publish('region', lockedRegion({ bytes }))
    return {
      publish: () => owner.update((present) => present.set(payload())),
      begin: async () => void (await owner.acquire()),
    }
  },
}

function zeros() {
  return new Uint8Array(bytes)
}

function slots(host, strategy) {
  const owner = host.publish('region', versionedSlots({ bytes, strategy }))
  return {
    publish: () => owner.publish(payload()),
    begin: () => owner.loan().copyIn(0, payload().subarray(0, bytes / 2)),
  }
}

/** A slice of work in each turn of the loop, so that the control connection stays served. */
async function flatOut(work) {
  for (;;) {
    const end = performance.now() + 2
    while (performance.now() < end) await work()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function ownerCommands() {
  const host = await listen(device, { host: address, port: Number(portText) })
  const region = owners[subject](host)
  const commands = {
    publish: () => region.publish(),
    begin: () => region.begin(),
    flatOut: () => void flatOut(region.publish),
  }
  return { port: host.port, commands }
}

/** Its own loads are checked here: a guard that lives must show one publication, whole. */
async function pinnerCommands() {
  const peer = await connect(device, `${address}:${portText}`)
  const cell = await peer.open('region', { protocol: 'rcu-cell', timeoutMs: 60_000 })
  let guard
  const commands = {
    pin: async () => {
      guard = await cell.pin()
      return guard.current().version
    },
    /** The word of the pinned object, or the code with which reading it failed. */
    readPinned: async () => {
      try {
        const words = new BigUint64Array((await guard.current().read()).slice().buffer)
        return words.every((word) => word === words[0]) ? Number(words[0]) : 'torn'
      } catch (error) {
        return String(error.code ?? error)
      }
    },
  }
  return { port: 0, commands }
}

const roles = { owner: ownerCommands, pinner: pinnerCommands }
process.on('disconnect', () => process.exit(0))
const { port, commands } = await roles[role]()
process.on('message', async ({ id, command }) => {
  try {
    process.send({ id, result: await commands[command]() })
  } catch (error) {
    process.send({ id, error: String(error.code ?? error) })
  }
})
process.send({ ready: true, port })
