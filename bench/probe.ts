// The probe: an owner process stores patterns flat out, this process READs them one-sided, and what
// the READs return is held against what the device's capabilities claim. Words first, then lines and
// blocks, which tear more readily: the words inside a longer READ are looked at as well.
import { UntornError } from '../src/errors.ts'
import type { Device, MemoryRegion, QueuePair, RemoteRegion } from '../src/fabric/contract.ts'
import { Opcode } from '../src/fabric/operation-ring.ts'
import type { ProbeObservation, ProbePattern } from '../src/fabric/probe.ts'
import { Status, statusName } from '../src/fabric/status.ts'
import { RECONNECTS_MAX } from './support/broken-connection.ts'
import { OwnerProcess } from './support/owner-process.ts'
import type { OwnerResult, ProbeOrder } from './support/owner-messages.ts'
import { WORD_BYTES } from './support/probe-patterns.ts'
import { type ProbeReport, probeReport } from './support/probe-report.ts'
import { ProbeTally } from './support/probe-tally.ts'

export interface ProbeOptions {
  readonly device: Device
  /** Of all READs together, seconds. */
  readonly durationSeconds: number
  /** Called some twenty times a second with what is being done. */
  readonly onProgress: (progress: ProbeProgress) => void
}

export interface ProbeProgress {
  readonly phase: number
  readonly phaseCount: number
  readonly pattern: ProbePattern
  readonly lengthBytes: number
  readonly reads: number
}

const LINE_BYTES = 64
const BLOCK_BYTES = 4096

interface Phase {
  readonly pattern: ProbePattern
  readonly lengthBytes: number
}

const phases: readonly Phase[] = [
  ...[WORD_BYTES, LINE_BYTES, BLOCK_BYTES].map(
    (lengthBytes) => ({ pattern: 'toggle', lengthBytes }) as const,
  ),
  ...(['low-first', 'high-first'] as const).flatMap((pattern) =>
    [LINE_BYTES, BLOCK_BYTES].map((lengthBytes) => ({ pattern, lengthBytes })),
  ),
]

/** How long reading goes on before the event loop gets a turn. */
const SLICE_MS = 50
/** Far beyond any READ: one that takes as long will never end. */
const READ_TIMEOUT_US = 2_000_000

/**
 * Probes `device` through a queue pair between two processes on it.
 * @throws UntornError when the owner process, the connection or a READ fails
 */
export async function runProbe(options: ProbeOptions): Promise<ProbeReport> {
  const { device, onProgress } = options
  const phaseMs = (options.durationSeconds * 1000) / phases.length
  await using owner = OwnerProcess.start()
  await using landing = device.allocate(BLOCK_BYTES)
  const { descriptor } = await ask(owner, {
    step: 'expose',
    device: device.name,
    lengthBytes: BLOCK_BYTES,
  })
  if (descriptor === undefined) throw new TypeError('the owner exposed nothing')
  const remote = device.importRegion(descriptor)
  await using reader = await ProbeReader.open(device, owner, landing, remote)

  const observations: ProbeObservation[] = []
  for (const { pattern, lengthBytes } of phases) {
    const tally = new ProbeTally(pattern, lengthBytes)
    await ask(owner, { step: 'store', pattern, lengthBytes })
    const seconds = await readFor(phaseMs, reader, tally, () =>
      onProgress({
        phase: observations.length,
        phaseCount: phases.length,
        pattern,
        lengthBytes,
        reads: tally.reads,
      }),
    )
    const { writes = 0 } = await ask(owner, { step: 'rest' })
    observations.push(tally.observation(Math.round(seconds * 1000) / 1000, writes))
  }
  return probeReport(device, observations)
}

async function ask(owner: OwnerProcess, order: ProbeOrder): Promise<OwnerResult> {
  return await owner.ask({ command: 'probe', order })
}

/** READs and counts for that long, once at least; returns how long it took, seconds. */
async function readFor(
  durationMs: number,
  reader: ProbeReader,
  tally: ProbeTally,
  onSlice: () => void,
): Promise<number> {
  const startMs = performance.now()
  const endMs = startMs + durationMs
  for (;;) {
    const sliceEndMs = Math.min(endMs, performance.now() + SLICE_MS)
    do {
      if (reader.read(tally.lengthBytes)) tally.count(reader.halves)
      else await reader.reconnect()
    } while (performance.now() < sliceEndMs)
    onSlice()
    const nowMs = performance.now()
    if (nowMs >= endMs) return (nowMs - startMs) / 1000
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** The reading end: raw READs of the owner's block, over one connection after another. */
class ProbeReader implements AsyncDisposable {
  /** What the last READ returned. */
  readonly halves: Uint32Array
  readonly #device: Device
  readonly #owner: OwnerProcess
  readonly #landing: MemoryRegion
  readonly #remote: RemoteRegion
  #queuePair: QueuePair
  #reconnects = 0

  private constructor(
    device: Device,
    owner: OwnerProcess,
    landing: MemoryRegion,
    remote: RemoteRegion,
    queuePair: QueuePair,
  ) {
    this.#device = device
    this.#owner = owner
    this.#landing = landing
    this.#remote = remote
    this.#queuePair = queuePair
    const { buffer, byteOffset, byteLength } = landing.bytes
    this.halves = new Uint32Array(buffer, byteOffset, byteLength / 4)
  }

  static async open(
    device: Device,
    owner: OwnerProcess,
    landing: MemoryRegion,
    remote: RemoteRegion,
  ): Promise<ProbeReader> {
    const queuePair = await connectTo(device, owner)
    return new ProbeReader(device, owner, landing, remote, queuePair)
  }

  /**
   * READs the first bytes of the block into `halves`. False when the READ does not end, or the
   * transport gave it up.
   * @throws UntornError ERR_UNTORN_REMOTE with its status when it fails
   */
  read(lengthBytes: number): boolean {
    const queuePair = this.#queuePair
    const { handle } = this.#landing
    const id = queuePair.nextId()
    queuePair.ring.push(Opcode.Read, 0, id, handle, 0, this.#remote.handle, 0, lengthBytes)
    const status = queuePair.submitAndPoll(READ_TIMEOUT_US)
    if (status === Status.Success) return true
    if (status === Status.Pending || status === Status.RetryExceeded) return false
    const message = `a READ of ${lengthBytes} bytes ended with ${statusName(status)}`
    throw new UntornError('ERR_UNTORN_REMOTE', message, { status })
  }

  /**
   * Gives the connection up, and takes another.
   * @throws UntornError ERR_UNTORN_TIMEOUT when that was done too often
   */
  async reconnect(): Promise<void> {
    this.#reconnects += 1
    if (this.#reconnects > RECONNECTS_MAX) {
      const message = `READs of ${this.#device.name} do not end, on ${RECONNECTS_MAX} connections`
      throw new UntornError('ERR_UNTORN_TIMEOUT', message)
    }
    await this.#queuePair.close()
    this.#queuePair = await connectTo(this.#device, this.#owner)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queuePair.close()
    this.#remote.close()
  }
}

async function connectTo(device: Device, owner: OwnerProcess): Promise<QueuePair> {
  const queuePair = device.createQueuePair()
  try {
    const { endpoint } = await ask(owner, { step: 'connect', endpoint: queuePair.endpoint })
    if (endpoint === undefined) throw new TypeError('the owner did not connect')
    queuePair.connect(endpoint)
    return queuePair
  } catch (error) {
    await queuePair.close()
    throw error
  }
}
