// How the time of a call is taken. Baseline and ours take turns, so that a machine that gets slower
// meanwhile slows both; the baseline's own runs show by how much.
import type { Device } from '../../src/fabric/contract.ts'
import { native } from '../../src/native/load.ts'
import { type Baseline, readsPerSampleOf } from '../support/baseline.ts'
import { percentile } from '../support/latency-recorder.ts'
import type { LatencyRow } from '../support/latency-report.ts'
import type { Subject, SubjectGroup } from './subject.ts'

export interface Measuring {
  readonly device: Device
  readonly baseline: Baseline | null
  /** Samples of each row, at most; a row also ends after ROW_MS_MAX. */
  readonly iterations: number
}

const ROW_MS_MAX = 1_500
/** V8 compiles in the background after some thousand calls; until then nothing is measured. */
const WARM_UP_MS = 400
const WARM_UP_CALLS = 10_000

/** Measures all calls of a group. */
export async function measureGroup(
  group: SubjectGroup,
  measuring: Measuring,
): Promise<readonly LatencyRow[]> {
  const { baselineBytes, subjects } = group
  const { baseline, iterations } = measuring
  const rounds = baseline?.rounds ?? 1
  const readsPerSample =
    measuring.device.provider === 'shared-memory' ? readsPerSampleOf(baselineBytes) : 1
  const samplesOf = subjects.map(() => [] as number[])
  const baselineRuns: number[] = []
  const runBaseline = async (): Promise<void> => {
    if (baseline !== null) baselineRuns.push(await baseline.measure(baselineBytes))
  }
  await runBaseline()
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      if (round === 0) await warmUp(subject.call)
      const count = Math.ceil(iterations / rounds)
      const samples = await sample(subject.call, count, readsPerSample, ROW_MS_MAX / rounds)
      samplesOf[index]?.push(...samples)
      // The control connection's turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await runBaseline()
  }
  return subjects.map((subject, index) =>
    rowOf(group, subject, samplesOf[index] ?? [], readsPerSample, { baseline, baselineRuns }),
  )
}

async function warmUp(call: () => unknown): Promise<void> {
  const endMs = performance.now() + WARM_UP_MS
  for (let calls = 0; calls < WARM_UP_CALLS && performance.now() < endMs; calls += 1) {
    const result = call()
    if (result instanceof Promise) await result
  }
}

/**
 * Microseconds of one call, `count` times or until the time is spent. One clock read between two
 * samples, as perftest does it, and the addon's clock: in an emulated guest `performance.now()`
 * costs several microseconds, a good part of what is measured.
 */
async function sample(
  call: () => unknown,
  count: number,
  readsPerSample: number,
  budgetMs: number,
): Promise<Float64Array> {
  const clock = native()
  const samples = new Float64Array(count)
  let beginNs = clock.nowNs()
  const endNs = beginNs + budgetMs * 1e6
  for (let index = 0; index < count; index += 1) {
    if (beginNs > endNs) return samples.subarray(0, index)
    for (let read = 0; read < readsPerSample; read += 1) {
      const result = call()
      // Awaiting what is no promise would cost every synchronous call a turn.
      if (result instanceof Promise) await result
    }
    const nextNs = clock.nowNs()
    samples[index] = (nextNs - beginNs) / 1000 / readsPerSample
    beginNs = nextNs
  }
  return samples
}

function rowOf(
  group: SubjectGroup,
  subject: Subject,
  samples: readonly number[],
  readsPerSample: number,
  against: { readonly baseline: Baseline | null; readonly baselineRuns: readonly number[] },
): LatencyRow {
  const { strategy, operation, payloadBytes, fetchedBytes } = subject
  const { baseline, baselineRuns } = against
  const sorted = Float64Array.from(samples)
  const p50 = percentile(sorted, 50)
  const baselineP50 = percentile(Float64Array.from(baselineRuns), 50)
  return {
    protocol: group.protocol,
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
            bytes: group.baselineBytes,
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
