// The latency bench: medians and tails of synchronous reads of an idle owner's regions, beside a
// baseline that fetches the same bytes without JavaScript. Baseline and ours take turns, so that a
// machine that gets slower meanwhile slows both; the baseline's own runs show by how much.
import { UntornError } from '../src/errors.ts'
import type { Device } from '../src/fabric/contract.ts'
import { native } from '../src/native/load.ts'
import { seqlockStrategies } from '../src/protocols/seqlock/index.ts'
import { strategiesOf } from '../src/regions/strategy-table.ts'
import type { Strategy } from '../src/regions/contract.ts'
import type { SeqlockReader } from '../src/regions/seqlock-reader.ts'
import { connectWith } from '../src/session/connect.ts'
import { openers } from '../src/regions/openers.ts'
import { type Baseline, chooseBaseline, readsPerSampleOf } from './support/baseline.ts'
import { RECONNECTS_MAX, breaksConnection } from './support/broken-connection.ts'
import { deviceAddress } from './support/device-address.ts'
import { describeDevice, describeEnvironment } from './support/environment.ts'
import { percentile } from './support/latency-recorder.ts'
import { LATENCY_SCHEMA } from './support/latency-report.ts'
import type { LatencyReport, LatencyRow, MeasuredOperation } from './support/latency-report.ts'
import { OwnerProcess } from './support/owner-process.ts'

export interface LatencyBenchOptions {
  readonly device: Device
  readonly payloadSizes: readonly number[]
  /** Samples of each row, at most; a row also ends after ROW_MS_MAX. */
  readonly iterations: number
  readonly onProgress: (text: string) => void
}

/** One call whose time is taken. */
interface Subject {
  readonly strategy: Strategy
  readonly operation: MeasuredOperation
  readonly payloadBytes: number
  readonly fetchedBytes: number
  readonly call: () => void
}

/** Calls that are held against one READ of the same size. */
interface SubjectGroup {
  readonly baselineBytes: number
  readonly subjects: readonly Subject[]
}

const ROW_MS_MAX = 1_500
/** V8 compiles in the background after some thousand calls; until then nothing is measured. */
const WARM_UP_MS = 400
const WARM_UP_CALLS = 10_000
const VERSION_BYTES = 8
/** Far beyond any read of an idle owner: an operation that takes as long will never end. */
const READ_TIMEOUT_MS = 2_000

/**
 * Runs the bench.
 * @throws UntornError when a process, the connection or the device fails
 */
export async function runLatencyBench(options: LatencyBenchOptions): Promise<LatencyReport> {
  const { device, payloadSizes } = options
  const { address, gidIndex } = deviceAddress(device.info)
  const { baseline, problem } = chooseBaseline(device, address, gidIndex)
  const notes = problem === '' ? [] : [problem]
  await using owner = OwnerProcess.start()
  const { port } = await owner.ask({ command: 'listen', device: device.name, address })
  const published: { strategy: Strategy; payloadBytes: number }[] = []
  for (const payloadBytes of payloadSizes) {
    for (const strategy of strategiesOf('seqlock')) {
      const refusal = await publish(owner, strategy, payloadBytes)
      if (refusal === null) published.push({ strategy, payloadBytes })
      else if (payloadBytes === payloadSizes[0]) notes.push(refusal)
    }
  }
  await using peer = await connectWith(
    openers,
    device,
    { host: address, port: port as number },
    { heartbeatMs: 0, timeoutMs: 30_000 },
  )
  const groups: SubjectGroup[] = []
  for (const { strategy, payloadBytes } of published) {
    const reader = await peer.open(nameOf(strategy, payloadBytes), { timeoutMs: READ_TIMEOUT_MS })
    groups.push(readsOf(reader))
  }
  const smallest = published.filter(({ payloadBytes }) => payloadBytes === payloadSizes[0])
  const checks: Subject[] = []
  for (const { strategy, payloadBytes } of smallest) {
    checks.push(
      checkOf(await peer.open(nameOf(strategy, payloadBytes), { timeoutMs: READ_TIMEOUT_MS })),
    )
  }
  groups.push({ baselineBytes: VERSION_BYTES, subjects: checks })
  const rows: LatencyRow[] = []
  let reconnects = 0
  for (const group of groups) {
    for (;;) {
      try {
        rows.push(...(await measureGroup(group, baseline, options)))
        break
      } catch (error) {
        // The connection is of no use any more; the group is measured again over a new one.
        if (!breaksConnection(error) || ++reconnects > RECONNECTS_MAX) throw error
        await peer.reconnect()
      }
    }
  }
  if (reconnects > 0) {
    notes.push(`${reconnects} connections broke; their rows were measured again.`)
  }
  return {
    schema: LATENCY_SCHEMA,
    device: describeDevice(device),
    environment: describeEnvironment(),
    rows,
    notes,
  }
}

function nameOf(strategy: Strategy, payloadBytes: number): string {
  return `${strategy}-${payloadBytes}`
}

/** Null, or why the device refuses the strategy. */
async function publish(
  owner: OwnerProcess,
  strategy: Strategy,
  payloadBytes: number,
): Promise<string | null> {
  const name = nameOf(strategy, payloadBytes)
  const region = {
    name,
    protocol: 'seqlock',
    scheme: strategy,
    control: false,
    payloadBytes,
    prepared: false,
  } as const
  try {
    await owner.ask({ command: 'publish', region })
    return null
  } catch (error) {
    if (error instanceof UntornError && error.code === 'ERR_UNTORN_UNSOUND') return error.message
    throw error
  }
}

/** The shapes of a whole read. */
function readsOf(reader: SeqlockReader): SubjectGroup {
  const { strategy, byteLength: payloadBytes } = reader
  // A `fenced` reader of an idle region holds its version from the read before: it fetches the
  // payload and the version once, in two READs. Against one READ of the payload it has to stand.
  const fenced = strategy === 'fenced'
  const fetchedBytes = fenced
    ? payloadBytes + VERSION_BYTES
    : seqlockStrategies[strategy].remoteBytes(payloadBytes)
  const target = new Uint8Array(payloadBytes)
  const common = { strategy, payloadBytes, fetchedBytes }
  return {
    baselineBytes: fenced ? payloadBytes : fetchedBytes,
    subjects: [
      { ...common, operation: 'readSync', call: () => void reader.readSync() },
      { ...common, operation: 'readIntoSync', call: () => void reader.readIntoSync(target) },
      { ...common, operation: 'borrowSync', call: () => void reader.borrowSync() },
    ],
  }
}

/** A read that finds nothing changed: one READ of the version word. */
function checkOf(reader: SeqlockReader): Subject {
  const { strategy, byteLength: payloadBytes } = reader
  const { version } = reader.readSync()
  return {
    strategy,
    operation: 'readIfChangedSync',
    payloadBytes,
    fetchedBytes: VERSION_BYTES,
    call: () => {
      if (reader.readIfChangedSync(version) !== undefined) throw new Error('the owner is not idle')
    },
  }
}

async function measureGroup(
  group: SubjectGroup,
  baseline: Baseline | null,
  options: LatencyBenchOptions,
): Promise<LatencyRow[]> {
  const { baselineBytes, subjects } = group
  const rounds = baseline?.rounds ?? 1
  const readsPerSample =
    options.device.provider === 'shared-memory' ? readsPerSampleOf(baselineBytes) : 1
  const samplesOf = subjects.map(() => [] as number[])
  const baselineRuns: number[] = []
  const runBaseline = async (): Promise<void> => {
    if (baseline !== null) baselineRuns.push(await baseline.measure(baselineBytes))
  }
  const [first] = subjects
  options.onProgress(`${first?.strategy ?? ''} ${first?.payloadBytes ?? ''} B`)
  await runBaseline()
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      if (round === 0) warmUp(subject.call)
      const count = Math.ceil(options.iterations / rounds)
      const samples = sample(subject.call, count, readsPerSample, ROW_MS_MAX / rounds)
      samplesOf[index]?.push(...samples)
      // The control connection's turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await runBaseline()
  }
  return subjects.map((subject, index) =>
    rowOf(subject, samplesOf[index] ?? [], readsPerSample, baseline, baselineBytes, baselineRuns),
  )
}

function warmUp(call: () => void): void {
  const endMs = performance.now() + WARM_UP_MS
  for (let calls = 0; calls < WARM_UP_CALLS && performance.now() < endMs; calls += 1) call()
}

/**
 * Microseconds of one call, `count` times or until the time is spent. One clock read between two
 * samples, as perftest does it, and the addon's clock: in an emulated guest `performance.now()`
 * costs several microseconds, a good part of what is measured.
 */
function sample(
  call: () => void,
  count: number,
  readsPerSample: number,
  budgetMs: number,
): Float64Array {
  const clock = native()
  const samples = new Float64Array(count)
  let beginNs = clock.nowNs()
  const endNs = beginNs + budgetMs * 1e6
  for (let index = 0; index < count; index += 1) {
    if (beginNs > endNs) return samples.subarray(0, index)
    for (let read = 0; read < readsPerSample; read += 1) call()
    const nextNs = clock.nowNs()
    samples[index] = (nextNs - beginNs) / 1000 / readsPerSample
    beginNs = nextNs
  }
  return samples
}

function rowOf(
  subject: Subject,
  samples: readonly number[],
  readsPerSample: number,
  baseline: Baseline | null,
  baselineBytes: number,
  baselineRuns: readonly number[],
): LatencyRow {
  const { strategy, operation, payloadBytes, fetchedBytes } = subject
  const sorted = Float64Array.from(samples)
  const p50 = percentile(sorted, 50)
  const baselineP50 = percentile(Float64Array.from(baselineRuns), 50)
  return {
    protocol: 'seqlock',
    strategy,
    operation,
    payloadBytes,
    fetchedBytes,
    samples: sorted.length,
    readsPerSample,
    latencyUs: {
      p50: rounded(p50),
      p99: rounded(percentile(sorted, 99)),
      p999: rounded(percentile(sorted, 99.9)),
    },
    baseline:
      baseline === null
        ? null
        : {
            name: baseline.name,
            bytes: baselineBytes,
            p50: rounded(baselineP50),
            runs: baselineRuns.map(rounded),
          },
    ratio: baseline === null ? null : rounded(p50 / baselineP50),
  }
}

/** To hundredths of a nanosecond: a baseline of three needs them. */
function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5
}
