// The owner of a bench's regions: publishes them through a host, writes one of them at a pace.
// Invariant: every payload published is the oracle's payload of the very version it is published
// under, so that a reader can hold a snapshot's claimed version against its bytes.
import { UntornError } from '../../src/errors.ts'
import type { Device } from '../../src/fabric/contract.ts'
import { openDevice } from '../../src/fabric/open-device.ts'
import type { SeqlockOwner } from '../../src/regions/seqlock-owner.ts'
import { seqlock } from '../../src/regions/seqlock.ts'
import type { Strategy } from '../../src/regions/contract.ts'
import type { Host } from '../../src/session/host.ts'
import { listen } from '../../src/session/index.ts'
import { controlRegion } from './control-region.ts'
import { controlScheme } from './controls.ts'
import type { OwnerCommand, OwnerResult, RegionOrder } from './owner-messages.ts'
import { PayloadOracle } from './payload-oracle.ts'
import { type WritePace, sleepBeforeSliceMs, writeOneSlice } from './write-pace.ts'

/** Versions of a seqlock are even: the next one published is two further. */
const VERSION_STEP = 2

interface OwnedRegion {
  readonly owner: SeqlockOwner
  readonly oracle: PayloadOracle
  readonly words: Int32Array<ArrayBuffer>
  readonly bytes: Uint8Array
  /** Where the back half begins, bytes; the halves are views of `bytes`. */
  readonly middle: number
  readonly front: Uint8Array
  readonly back: Uint8Array
}

interface WritingRun {
  readonly region: OwnedRegion
  readonly pace: WritePace
  readonly startMs: number
  dueMs: number
  writes: number
  stopped: boolean
}

export class BenchOwner {
  #device: Device | null = null
  #host: Host | null = null
  readonly #regions = new Map<string, OwnedRegion>()
  #run: WritingRun | null = null

  /** @throws UntornError whatever the order fails with; TypeError when it makes no sense now */
  async handle(command: OwnerCommand): Promise<OwnerResult> {
    switch (command.command) {
      case 'listen':
        return await this.#listen(command.device, command.address)
      case 'publish':
        return this.#publish(command.region)
      case 'start':
        return this.#start(command.region, { intervalUs: command.intervalUs })
      case 'stop':
        return this.#stop()
    }
  }

  async close(): Promise<void> {
    if (this.#run !== null) this.#run.stopped = true
    this.#run = null
    await this.#host?.close()
    await this.#device?.close()
  }

  async #listen(deviceName: string, address: string): Promise<OwnerResult> {
    this.#device = await openDevice(deviceName)
    // Both sides spin for longer than heartbeats would allow; a dead process closes its socket.
    this.#host = await listen(this.#device, { host: address, port: 0, heartbeatMs: 0 })
    return { port: this.#host.port }
  }

  #publish(order: RegionOrder): OwnerResult {
    if (this.#host === null) throw new TypeError('publish comes after listen')
    const { payloadBytes, scheme } = order
    const spec =
      order.kind === 'strategy'
        ? seqlock({ bytes: payloadBytes, strategy: scheme as Strategy })
        : controlRegion(controlScheme(scheme), payloadBytes)
    const owner = this.#host.publish(order.name, spec)
    const oracle = new PayloadOracle(payloadBytes)
    const words = oracle.createWords()
    const bytes = oracle.bytesOf(words)
    const middle = Math.ceil(payloadBytes / 16) * 8
    const front = bytes.subarray(0, middle)
    const back = bytes.subarray(middle)
    const region = { owner, oracle, words, bytes, middle, front, back }
    this.#regions.set(order.name, region)
    // From the first read on, bytes are somebody's payload.
    writeNext(region)
    return {}
  }

  #start(name: string, pace: WritePace): OwnerResult {
    const region = this.#regions.get(name)
    if (region === undefined) {
      throw new UntornError('ERR_UNTORN_NO_REGION', `the owner has no region "${name}"`)
    }
    if (this.#run !== null) throw new TypeError('start comes after stop')
    const startMs = performance.now()
    const run = { region, pace, startMs, dueMs: startMs, writes: 0, stopped: false }
    this.#run = run
    setImmediate(() => slice(run))
    return {}
  }

  #stop(): OwnerResult {
    const run = this.#run
    if (run === null) throw new TypeError('stop comes after start')
    this.#run = null
    run.stopped = true
    return { writes: run.writes, seconds: (performance.now() - run.startMs) / 1000 }
  }
}

/**
 * Publishes the next version: one write in one piece, the next in two, the back half first. Both
 * are ways in which owners update a region. A READ samples upwards, and a store that goes upwards
 * as well runs ahead of it or stays behind it; one that does not meets it.
 */
function writeNext(region: OwnedRegion): void {
  const { owner, bytes, middle } = region
  const version = owner.version + VERSION_STEP
  // The payload is made before the write begins: readers meet only the copying of it.
  region.oracle.encode(version, region.words)
  if (version % (2 * VERSION_STEP) === 0) {
    owner.write(bytes)
    return
  }
  const token = owner.writeBegin()
  token.copyIn(middle, region.back)
  token.copyIn(0, region.front)
  owner.writeEnd(token)
}

function slice(run: WritingRun): void {
  if (run.stopped) return
  run.dueMs = writeOneSlice(run.pace, performance, run.dueMs, () => {
    writeNext(run.region)
    run.writes += 1
  })
  const sleepMs = sleepBeforeSliceMs(run.dueMs, performance.now())
  if (sleepMs > 0) setTimeout(() => slice(run), sleepMs)
  else setImmediate(() => slice(run))
}
