// What READs of this device tear, observed: raw READs of a region whose owner, another process, keeps
// toggling all of its words between all zeros and all ones.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  type Endpoint,
  Opcode,
  type RegionDescriptor,
  Status,
  openDevice,
} from '../../src/fabric/index.ts'

const REGION_BYTES = 4096
const ALL_ONES = 2n ** 64n - 1n
const BUDGET_US = 2_000_000

export interface Observation {
  readonly reads: number
  /** READs that returned words of both values. */
  readonly mixedReads: number
  /** Words that were neither all zeros nor all ones. */
  readonly tornWords: number
}

/** Reads until words were seen torn, or mixed READs have been seen `mixedReadsMax` times. */
export async function observe(mixedReadsMax: number, limitMs: number): Promise<Observation> {
  const script = fileURLToPath(new URL('./toggling-owner.mjs', import.meta.url))
  const owner = fork(script, [String(REGION_BYTES)], { execArgv: [] })
  const device = await openDevice()
  try {
    const localAddress = process.env['UNTORN_RXE_ADDRESS']
    const queuePair = device.createQueuePair(localAddress === undefined ? {} : { localAddress })
    const { endpoint, descriptor } = await message<Introduction>(owner)
    queuePair.connect(endpoint)
    owner.send(queuePair.endpoint)
    await message(owner)
    const remote = device.importRegion(descriptor)
    const landing = device.allocate(REGION_BYTES)
    const words = new BigUint64Array(landing.bytes.buffer, landing.bytes.byteOffset, 512)

    const seen = { reads: 0, mixedReads: 0, tornWords: 0 }
    const endMs = performance.now() + limitMs
    while (seen.tornWords === 0 && seen.mixedReads < mixedReadsMax && performance.now() < endMs) {
      const id = queuePair.nextId()
      queuePair.ring.push(Opcode.Read, 0, id, landing.handle, 0, remote.handle, 0, REGION_BYTES)
      const status = queuePair.submitAndPoll(BUDGET_US)
      if (status !== Status.Success) throw new Error(`the READ ended with status ${status}`)
      seen.reads += 1
      seen.tornWords += words.filter((word) => word !== 0n && word !== ALL_ONES).length
      if (words.some((word) => word !== words[0])) seen.mixedReads += 1
    }
    return seen
  } finally {
    if (owner.connected) owner.disconnect()
    await device.close()
  }
}

interface Introduction {
  readonly endpoint: Endpoint
  readonly descriptor: RegionDescriptor
}

/** The owner's next message; fails when it ends without one. */
async function message<T>(owner: ChildProcess): Promise<T> {
  const ended = once(owner, 'exit').then(([status]) => {
    throw new Error(`the owner ended with status ${String(status)}`)
  })
  const [first] = (await Promise.race([once(owner, 'message'), ended])) as [T]
  return first
}
