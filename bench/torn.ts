// The torn-read bench: an owner process writes, this process reads one-sided, and every snapshot
// that a protocol accepted is held against what its bytes prove. One row for each protocol, payload
// size, pace of the writer, and strategy or negative control.
//
// The rows of a report say what was seen; a clean row proves nothing about memory that was never
// sampled at the wrong moment. Hence the controls: they show that this run had such moments.
import { UntornError } from '../src/errors.ts'
import type { Device } from '../src/fabric/contract.ts'
import type { BindingSource, CatalogueEntry } from '../src/regions/contract.ts'
import type { RetryOptions } from '../src/regions/retry-policy.ts'
import { connectWith } from '../src/session/connect.ts'
import { type BenchReader, type RegionOrder, platformOf } from './protocols/bench-protocol.ts'
import { benchProtocol } from './protocols/protocol-table.ts'
import { RECONNECTS_MAX, breaksConnection } from './support/broken-connection.ts'
import { deviceAddress } from './support/device-address.ts'
import { describeDevice, describeEnvironment } from './support/environment.ts'
import { LatencyRecorder } from './support/latency-recorder.ts'
import { OwnerProcess } from './support/owner-process.ts'
import { SnapshotCheck } from './support/snapshot-check.ts'
import { type RowPlan, regionOf } from './support/torn-plan.ts'
import { TORN_SCHEMA, type TornReport, type TornRow, refusedRow } from './support/torn-report.ts'
import { judgeTorn } from './support/torn-verdict.ts'

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
  'ERR_UNTORN_LAPPED',
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
    benchOpeners,
    device,
    { host: address, port: port as number },
    { heartbeatMs: 0, timeoutMs: 30_000 },
  )
  const rows: TornRow[] = []
  for (const plan of plans) {
    const order = regionOf(plan)
    const refusal = refusals.get(order.name)
    if (refusal !== undefined) {
      rows.push(refusedRow(plan, refusal))
      continue
    }
    const retry = { attemptsMax: ATTEMPTS_MAX, timeoutMs: READ_TIMEOUT_MS }
    try {
      const reader = await peer.open(order.name, { protocol: order.protocol, order, retry })
      const row = rows.length
      rows.push(
        await measureRow(plan, owner, options.durationSeconds, {
          reader,
          order,
          reconnect: () => peer.reconnect(),
          onSlice: ({ reads, tornAccepted }) =>
            options.onProgress({ row, rowCount: plans.length, plan, reads, tornAccepted }),
        }),
      )
      await reader.close()
    } catch (error) {
      rows.push(refusedRow(plan, refusalOf(error)))
    }
  }
  return {
    schema: TORN_SCHEMA,
    device: describeDevice(device),
    environment: describeEnvironment(),
    rows,
    verdict: judgeTorn(rows, platformOf(device)),
  }
}

interface OpenOptions {
  readonly order: RegionOrder
  readonly retry: RetryOptions
}

async function openBenchReader(
  source: BindingSource,
  entry: CatalogueEntry,
  options?: OpenOptions,
): Promise<BenchReader> {
  if (options === undefined) throw new TypeError('a bench opens readers by plan')
  const { order, retry } = options
  return await benchProtocol(order.protocol).open(source, entry, order, retry)
}

const benchOpeners = {
  seqlock: openBenchReader,
  'versioned-slots': openBenchReader,
  'rcu-cell': openBenchReader,
  locked: openBenchReader,
} as const

/** Publishes every region once; returns why some were refused. */
async function publishAll(
  owner: OwnerProcess,
  plans: readonly RowPlan[],
): Promise<ReadonlyMap<string, string>> {
  const refusals = new Map<string, string>()
  const orders = new Map(plans.map((plan) => [regionOf(plan).name, regionOf(plan)]))
  for (const [name, region] of orders) {
    try {
      await owner.ask({ command: 'publish', region })
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
  readonly reader: BenchReader
  readonly order: RegionOrder
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
  const { reader, order } = reading
  const durationMs = durationSeconds * 1000
  await owner.ask({ command: 'start', region: order.name, intervalUs: plan.writerIntervalUs })
  const check = new SnapshotCheck(plan.payloadBytes, order.prepared)
  const warmUp: RowCounts = { reads: 0, failures: 0, tornAccepted: 0 }
  const warmUpMs = Math.min(WARM_UP_MS_MAX, durationMs / 10)
  await readFor(warmUpMs, { ...reading, onSlice: () => {} }, check, warmUp, null)

  const before = reader.counts
  const counts: RowCounts = { reads: 0, failures: 0, tornAccepted: 0 }
  const recorder = new LatencyRecorder()
  const seconds = await readFor(durationMs, reading, check, counts, recorder)
  const after = reader.counts
  const written = await owner.ask({ command: 'stop' })
  return {
    ...plan,
    durationSeconds: rounded(seconds),
    reads: counts.reads,
    attempts: after.attempts - before.attempts,
    tornDetected: after.rejected - before.rejected,
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
  check: SnapshotCheck,
  counts: RowCounts,
  recorder: LatencyRecorder | null,
): Promise<number> {
  const { reader, reconnect, onSlice } = reading
  const startMs = performance.now()
  const endMs = startMs + durationMs
  /** In a row: a long run may well meet more of them. */
  let reconnects = 0
  for (;;) {
    const sliceEndMs = Math.min(endMs, performance.now() + SLICE_MS)
    try {
      readSlice(sliceEndMs, reader, check, counts, recorder)
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
  reader: BenchReader,
  check: SnapshotCheck,
  counts: RowCounts,
  recorder: LatencyRecorder | null,
): void {
  for (let nowMs = performance.now(); nowMs < sliceEndMs;) {
    const beginMs = performance.now()
    try {
      const claimed = reader.read(check.target)
      nowMs = performance.now()
      recorder?.record((nowMs - beginMs) * 1e6)
      counts.reads += 1
      if (check.isTorn(claimed)) counts.tornAccepted += 1
    } catch (error) {
      if (!(error instanceof UntornError) || !expectedFailures.has(error.code)) throw error
      counts.failures += 1
      nowMs = performance.now()
    }
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
