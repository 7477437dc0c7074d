// The torn-read bench: an owner process writes, this process reads one-sided, and every snapshot
// that a protocol accepted is held against what its bytes prove. One row for each payload size,
// pace of the writer, and strategy or negative control.
//
// The rows of a report say what was seen; a clean row proves nothing about memory that was never
// sampled at the wrong moment. Hence the controls: they show that this run had such moments.
import { UntornError } from '../src/errors.ts'
import type { Device } from '../src/fabric/contract.ts'
import type { SeqlockReader } from '../src/regions/seqlock-reader.ts'
import { connectWith } from '../src/session/connect.ts'
import { RECONNECTS_MAX, breaksConnection } from './support/broken-connection.ts'
import { deviceAddress } from './support/device-address.ts'
import { describeDevice, describeEnvironment } from './support/environment.ts'
import { LatencyRecorder } from './support/latency-recorder.ts'
import { OwnerProcess } from './support/owner-process.ts'
import { NOT_ONE_VERSION, PayloadOracle } from './support/payload-oracle.ts'
import { type RowPlan, openPlannedReader, regionName } from './support/torn-plan.ts'
import { TORN_SCHEMA, type TornReport, type TornRow } from './support/torn-report.ts'
import { judgeTorn, refusedRow } from './support/torn-report.ts'

export interface TornBenchOptions {
  readonly device: Device
  readonly plans: readonly RowPlan[]
  /** Of each row, seconds. */
  readonly durationSeconds: number
  /** Called some twenty times a second with what is being done. */
  readonly onProgress: (progress: TornProgress) => void
}

export interface TornProgress {
  readonly row: number
  readonly rowCount: number
  readonly plan: RowPlan
  readonly reads: number
  readonly tornAccepted: number
}

/** How long reading goes on before the event loop gets a turn. */
const SLICE_MS = 50
const WARM_UP_MS_MAX = 100

/**
 * Attempts of one read before it counts as failed: with the default pauses some 25 ms, so that a
 * starved row still counts its failures in dozens.
 */
const ATTEMPTS_MAX = 100

/** Far beyond any read that is merely starved: an operation that takes as long will never end. */
const READ_TIMEOUT_MS = 2_000

/** Failures that a protocol promises where a writer is too busy; anything else ends the bench. */
const expectedFailures: ReadonlySet<string> = new Set([
  'ERR_UNTORN_RETRIES_EXHAUSTED',
  'ERR_UNTORN_WRITER_ACTIVE',
])

/**
 * Runs the bench.
 * @throws UntornError when a process, the connection or the device fails
 */
export async function runTornBench(options: TornBenchOptions): Promise<TornReport> {
  const { device, plans } = options
  const { address } = deviceAddress(device.info)
  await using owner = OwnerProcess.start()
  const { port } = await owner.ask({ command: 'listen', device: device.name, address })
  const refusals = await publishAll(owner, plans)
  await using peer = await connectWith(
    openPlannedReader,
    device,
    { host: address, port: port as number },
    { heartbeatMs: 0, timeoutMs: 30_000 },
  )
  const rows: TornRow[] = []
  for (const plan of plans) {
    const refusal = refusals.get(regionName(plan))
    if (refusal !== undefined) {
      rows.push(refusedRow(plan, refusal))
      continue
    }
    const retry = { attemptsMax: ATTEMPTS_MAX, timeoutMs: READ_TIMEOUT_MS }
    try {
      await using reader = await peer.open(regionName(plan), { plan, retry })
      const row = rows.length
      rows.push(
        await measureRow(plan, owner, options.durationSeconds, {
          reader,
          reconnect: () => peer.reconnect(),
          onSlice: ({ reads, tornAccepted }) =>
            options.onProgress({ row, rowCount: plans.length, plan, reads, tornAccepted }),
        }),
      )
    } catch (error) {
      rows.push(refusedRow(plan, refusalOf(error)))
    }
  }
  return {
    schema: TORN_SCHEMA,
    device: describeDevice(device),
    environment: describeEnvironment(),
    rows,
    verdict: judgeTorn(rows),
  }
}

/** Publishes every region once; returns why some were refused. */
async function publishAll(
  owner: OwnerProcess,
  plans: readonly RowPlan[],
): Promise<ReadonlyMap<string, string>> {
  const refusals = new Map<string, string>()
  const published = new Set<string>()
  for (const plan of plans) {
    const name = regionName(plan)
    if (published.has(name)) continue
    published.add(name)
    const { payloadBytes, strategy: scheme, control } = plan
    const kind = control ? 'control' : 'strategy'
    try {
      await owner.ask({ command: 'publish', region: { name, payloadBytes, kind, scheme } })
    } catch (error) {
      refusals.set(name, refusalOf(error))
    }
  }
  return refusals
}

/** The reason of a refusal; every other error goes on. */
function refusalOf(error: unknown): string {
  if (error instanceof UntornError && error.code === 'ERR_UNTORN_UNSOUND') return error.message
  throw error
}

/** What a row reads with. */
interface RowReading {
  readonly reader: SeqlockReader
  /** Replaces a connection on which an operation does not end; the reader goes on over it. */
  readonly reconnect: () => Promise<void>
  readonly onSlice: (counts: RowCounts) => void
}

interface RowCounts {
  reads: number
  failures: number
  tornAccepted: number
}

async function measureRow(
  plan: RowPlan,
  owner: OwnerProcess,
  durationSeconds: number,
  reading: RowReading,
): Promise<TornRow> {
  const { reader } = reading
  const durationMs = durationSeconds * 1000
  await owner.ask({ command: 'start', region: regionName(plan), intervalUs: plan.writerIntervalUs })
  const oracle = new PayloadOracle(plan.payloadBytes)
  const warmUp: RowCounts = { reads: 0, failures: 0, tornAccepted: 0 }
  const warmUpMs = Math.min(WARM_UP_MS_MAX, durationMs / 10)
  await readFor(warmUpMs, { ...reading, onSlice: () => {} }, oracle, warmUp, null)

  const before = reader.statistics
  const counts: RowCounts = { reads: 0, failures: 0, tornAccepted: 0 }
  const recorder = new LatencyRecorder()
  const seconds = await readFor(durationMs, reading, oracle, counts, recorder)
  const after = reader.statistics
  const written = await owner.ask({ command: 'stop' })
  return {
    protocol: 'seqlock',
    strategy: plan.strategy,
    control: plan.control,
    payloadBytes: plan.payloadBytes,
    writerIntervalUs: plan.writerIntervalUs,
    durationSeconds: rounded(seconds),
    reads: counts.reads,
    attempts: after.attempts - before.attempts,
    tornDetected: after.torn + after.writerActive - before.torn - before.writerActive,
    tornAccepted: counts.tornAccepted,
    failures: counts.failures,
    readsPerSecond: rounded(counts.reads / seconds),
    writesPerSecond: rounded((written.writes ?? 0) / (written.seconds ?? seconds)),
    latencyUs: recorder.summary(),
  }
}

/** Reads and verifies for that long; returns how long it took, seconds. */
async function readFor(
  durationMs: number,
  reading: RowReading,
  oracle: PayloadOracle,
  counts: RowCounts,
  recorder: LatencyRecorder | null,
): Promise<number> {
  const { reader, reconnect, onSlice } = reading
  const words = oracle.createWords()
  const target = oracle.bytesOf(words)
  const startMs = performance.now()
  const endMs = startMs + durationMs
  /** In a row: a long run may well meet more of them. */
  let reconnects = 0
  for (;;) {
    const sliceEndMs = Math.min(endMs, performance.now() + SLICE_MS)
    try {
      readSlice(sliceEndMs, reader, oracle, words, target, counts, recorder)
      reconnects = 0
    } catch (error) {
      if (!breaksConnection(error) || reconnects === RECONNECTS_MAX) throw error
      reconnects += 1
      counts.failures += 1
      await reconnect()
    }
    onSlice(counts)
    const nowMs = performance.now()
    if (nowMs >= endMs) return (nowMs - startMs) / 1000
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function readSlice(
  sliceEndMs: number,
  reader: SeqlockReader,
  oracle: PayloadOracle,
  words: Int32Array,
  target: Uint8Array,
  counts: RowCounts,
  recorder: LatencyRecorder | null,
): void {
  for (let nowMs = performance.now(); nowMs < sliceEndMs;) {
    const beginMs = performance.now()
    try {
      const claimed = reader.readIntoSync(target)
      nowMs = performance.now()
      recorder?.record((nowMs - beginMs) * 1e6)
      counts.reads += 1
      if (!provesVersion(oracle.verify(words), claimed)) counts.tornAccepted += 1
    } catch (error) {
      if (!(error instanceof UntornError) || !expectedFailures.has(error.code)) throw error
      counts.failures += 1
      nowMs = performance.now()
    }
  }
}

/**
 * Whether bytes of the version `found` may be called a snapshot of `claimed`. An odd version, or 0,
 * claims nothing: the naive READ takes whatever stands there.
 */
function provesVersion(found: number, claimed: number): boolean {
  if (found === NOT_ONE_VERSION) return false
  return claimed === 0 || claimed % 2 === 1 || found === claimed % 2 ** 32
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
