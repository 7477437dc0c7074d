// A process that works on a region of its parent's, for tests of fencing: plain JavaScript against the
// built package, told what to do over its IPC channel. Commands: `connect` makes a queue pair and
// answers with its endpoint; `write` and `read` repeat one long operation until it fails, and tell
// how it ended.
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Opcode, openDevice } from '../../dist/src/fabric/index.js'

const BUDGET_US = 60_000_000
const device = await openDevice()
let queuePair
let remote
let local

async function connect({ endpoint, descriptor }) {
  await queuePair?.close()
  queuePair = device.createQueuePair()
  queuePair.connect(endpoint)
  remote = device.importRegion(descriptor)
  // Twice as long: what is written alternates, so that each WRITE changes every byte.
  local ??= device.allocate(2 * remote.byteLength)
  local.bytes.fill(1, 0, remote.byteLength).fill(2, remote.byteLength)
  process.send({ endpoint: queuePair.endpoint })
}

function run(opcode, localOffset) {
  const { byteLength, handle } = remote
  queuePair.ring.push(
    opcode,
    0,
    queuePair.nextId(),
    local.handle,
    localOffset,
    handle,
    0,
    byteLength,
  )
  return queuePair.submitAndPoll(BUDGET_US)
}

async function write() {
  let status = 0
  process.send({ begun: true })
  for (let round = 0; status === 0; round += 1) {
    status = run(Opcode.Write, (round % 2) * remote.byteLength)
    await turn()
  }
  process.send({ status })
}

/** Counts READs that succeeded with a byte that the owner stored after it had closed. */
async function read() {
  let status = 0
  let stale = 0
  // A Buffer is searched quickly: then most of the time goes into READs, where it is to be stopped.
  const landed = Buffer.from(local.bytes.buffer, 0, remote.byteLength)
  process.send({ begun: true })
  while (status === 0) {
    status = run(Opcode.Read, 0)
    if (status === 0 && landed.includes(0xee)) stale += 1
    await turn()
  }
  process.send({ status, stale })
}

const commands = { connect, write, read }
process.on('message', (message) => void commands[message.command](message))
process.send({ ready: true })
await once(process, 'disconnect')
process.exit(0)
