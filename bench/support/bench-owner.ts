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

/** Into how many pieces a write is divided at most: an owner who updates field by field. */
const PIECES_MAX = 8
const PIECE_BYTES_MIN = 4

interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array
}

interface OwnedRegion {
  readonly owner: SeqlockOwner
  readonly oracle: PayloadOracle
  readonly words: Int32Array<ArrayBuffer>
  readonly bytes: Uint8Array
  /** `bytes` in views, the last one first. */
  readonly pieces: readonly Piece[]
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
    const region = { owner, oracle, words, bytes, pieces: piecesOf(bytes) }
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

function piecesOf(bytes: Uint8Array): readonly Piece[] {
  const length = Math.max(PIECE_BYTES_MIN, Math.ceil(bytes.length / PIECES_MAX))
  const pieces: Piece[] = []
  for (let offset = 0; offset < bytes.length; offset += length) {
    pieces.unshift({ offset, bytes: bytes.subarray(offset, offset + length) })
  }
  return pieces
}

/**
 * Publishes the next version: one write in one piece, the next piece by piece from the back. Both
 * are ways in which owners update a region. A READ samples upwards, and a store that goes upwards
 * as well runs ahead of it or stays behind it; one that does not meets it. And where owner and
 * reader have to share a core, a write that takes longer is interrupted half-way more often.
 */
function writeNext(region: OwnedRegion): void {
  const { owner, bytes, pieces } = region
  const version = owner.version + VERSION_STEP
  // The payload is made before the write begins: readers meet only the copying of it.
  region.oracle.encode(version, region.words)
  if (version % (2 * VERSION_STEP) === 0) {
    owner.write(bytes)
    return
  }
  const token = owner.writeBegin()
  for (const piece of pieces) token.copyIn(piece.offset, piece.bytes)
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
