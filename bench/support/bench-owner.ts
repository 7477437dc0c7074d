// The owner of a bench's regions: publishes them through a host, writes one of them at a pace.
// Invariant: every payload published is the oracle's payload of the very version it is published
// under, so that a reader can hold a snapshot's claimed version against its bytes.
import { UntornError } from '../../src/errors.ts'
import type { Device } from '../../src/fabric/contract.ts'
import { openDevice } from '../../src/fabric/open-device.ts'
import type { Host } from '../../src/session/host.ts'
import { listen } from '../../src/session/index.ts'
import type { BenchWriter, RegionOrder } from '../protocols/bench-protocol.ts'
import { benchProtocol } from '../protocols/protocol-table.ts'
import type { OwnerCommand, OwnerResult } from './owner-messages.ts'
import { PayloadSource } from './payload-source.ts'
import { type WritePace, sleepBeforeSliceMs, writeOneSlice } from './write-pace.ts'

interface OwnedRegion {
  readonly writer: BenchWriter
  readonly payloads: PayloadSource
  writes: number
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
    const writer = benchProtocol(order.protocol).publish(this.#host, order)
    if (writer === null) return {}
    const payloads = new PayloadSource(order.payloadBytes, order.prepared)
    const region = { writer, payloads, writes: 0 }
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
 * Publishes the next version: one write in one piece, the next piece by piece from the back. Both
 * are ways in which owners update a region. A READ samples upwards, and a store that goes upwards
 * as well runs ahead of it or stays behind it; one that does not meets it. And where owner and
 * reader have to share a core, a write that takes longer is interrupted half-way more often.
 * @returns false when there was no room for it
 */
function writeNext(region: OwnedRegion): boolean {
  const { writer } = region
  // The payload is made before the write begins: readers meet only the copying of it.
  const { bytes, pieces } = region.payloads.of(writer.nextVersion)
  region.writes += 1
  return region.writes % 2 === 0 ? writer.write(bytes) : writer.writeInPieces(pieces)
}

function slice(run: WritingRun): void {
  if (run.stopped) return
  run.dueMs = writeOneSlice(run.pace, performance, run.dueMs, () => {
    if (writeNext(run.region)) run.writes += 1
  })
  const sleepMs = sleepBeforeSliceMs(run.dueMs, performance.now())
  if (sleepMs > 0) setTimeout(() => slice(run), sleepMs)
  else setImmediate(() => slice(run))
}
