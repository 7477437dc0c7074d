// One row of the torn-read bench: its writers write, this process reads for a while, and every snapshot
// that the protocol accepted is held against what its bytes prove.
import { UntornError } from '../../src/errors.ts'
import type { BenchReader, RegionOrder } from '../protocols/bench-protocol.ts'
import { RECONNECTS_MAX, breaksConnection } from './broken-connection.ts'
import { LatencyRecorder } from './latency-recorder.ts'
import type { RowWriters } from './row-writers.ts'
import { SnapshotCheck } from './snapshot-check.ts'
import type { RowPlan } from './torn-plan.ts'
import type { TornRow } from './torn-report.ts'

/** How long reading goes on before the event loop gets a turn. */
const SLICE_MS = 50
const WARM_UP_MS_MAX = 100
/** For the last word on a region that nobody writes any more. */
const QUIET_READS_MAX = 100

/** Failures that a protocol promises where a writer is too busy; anything else ends the bench. */
const expectedFailures: ReadonlySet<string> = new Set([
  'ERR_UNTORN_RETRIES_EXHAUSTED',
  'ERR_UNTORN_WRITER_ACTIVE',
  'ERR_UNTORN_LAPPED',
])

/** What a row reads with. */
export interface RowReading {
  readonly reader: BenchReader
  readonly order: RegionOrder
  readonly writers: RowWriters
  /** Replaces a connection on which an operation does not end; the reader goes on over it. */
  readonly reconnect: () => Promise<void>
  readonly onSlice: (counts: RowCounts) => void
}

export interface RowCounts {
  reads: number
  failures: number
  tornAccepted: number
}

/**
 * Measures a row.
 * @throws UntornError when reader, writers or connection fail in a way that no protocol promises
 */
export async function measureRow(
  plan: RowPlan,
  durationSeconds: number,
  reading: RowReading,
): Promise<TornRow> {
  const { reader, order, writers } = reading
  const durationMs = durationSeconds * 1000
  const check = new SnapshotCheck(plan.payloadBytes, order.prepared)
  const first = await quietNumber(reader, check)
  await writers.start(order, plan.writerIntervalUs)
  const warmUp: RowCounts = { reads: 0, failures: 0, tornAccepted: 0 }
  const warmUpMs = Math.min(WARM_UP_MS_MAX, durationMs / 10)
  await readFor(warmUpMs, { ...reading, onSlice: () => {} }, check, warmUp, null)

  const before = reader.counts
  const counts: RowCounts = { reads: 0, failures: 0, tornAccepted: 0 }
  const recorder = new LatencyRecorder()
  const seconds = await readFor(durationMs, reading, check, counts, recorder)
  const after = reader.counts
  const written = await writers.stop()
  const last = await quietNumber(reader, check)
  return {
    ...plan,
    writers: writers.count,
    durationSeconds: rounded(seconds),
    reads: counts.reads,
    attempts: after.attempts - before.attempts,
    tornDetected: after.rejected - before.rejected,
    tornAccepted: counts.tornAccepted,
    failures: counts.failures,
    lostUpdates: writers.count === 1 ? null : Math.max(0, written.writes - (last - first)),
    readsPerSecond: rounded(counts.reads / seconds),
    writesPerSecond: rounded(written.writes / (written.seconds || seconds)),
    latencyUs: recorder.summary(),
  }
}

/** Number of the payload that a region has while nobody writes it; 0 when it has none. */
async function quietNumber(reader: BenchReader, check: SnapshotCheck): Promise<number> {
  for (let reads = 0; reads < QUIET_READS_MAX; reads += 1) {
    try {
      await reader.read(check.target)
      return Math.max(0, check.number())
    } catch (error) {
      if (!(error instanceof UntornError) || !expectedFailures.has(error.code)) throw error
    }
  }
  return 0
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
      await readSlice(sliceEndMs, reader, check, counts, recorder)
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

async function readSlice(
  sliceEndMs: number,
  reader: BenchReader,
  check: SnapshotCheck,
  counts: RowCounts,
  recorder: LatencyRecorder | null,
): Promise<void> {
  for (let nowMs = performance.now(); nowMs < sliceEndMs;) {
    const beginMs = performance.now()
    try {
      const read = reader.read(check.target)
      const claimed = typeof read === 'number' ? read : await read
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
