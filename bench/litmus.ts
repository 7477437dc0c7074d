// The litmus bench: programs of the litmus suite as loops over a real device, every thread in a process
// of its own. Their outcomes are counted and held against those that the device's sampling model
// allows, which the simulator finds by running all schedules. A run can only refute the model.
import type { Device } from '../src/fabric/contract.ts'
import { UntornError } from '../src/errors.ts'
import { litmus } from '../src/simulation/litmus/litmus.ts'
import type { Litmus, LitmusExploration } from '../src/simulation/litmus/litmus.ts'
import { matchesOutcome } from '../src/simulation/litmus/outcome.ts'
import type { OutcomeValues } from '../src/simulation/litmus/outcome.ts'
import { outcomeNames } from '../src/simulation/litmus/program.ts'
import type { LitmusEntry } from '../src/simulation/litmus/suite-entry.ts'
import { litmusSuite } from '../src/simulation/litmus/suite.ts'
import { RandomNumbers } from '../src/simulation/random-numbers.ts'
import { RECONNECTS_MAX, breaksConnection } from './support/broken-connection.ts'
import { describeDevice, describeEnvironment } from './support/environment.ts'
import { type DeviceModel, deviceModel, whyNotRun } from './support/litmus-model.ts'
import {
  LITMUS_SCHEMA,
  type LitmusReport,
  type LitmusRow,
  litmusVerdict,
} from './support/litmus-report.ts'
import { LitmusStage } from './support/litmus-stage.ts'

export interface LitmusBenchOptions {
  readonly device: Device
  /** Programs, the whole suite by default. */
  readonly entries?: readonly LitmusEntry[]
  /** Of each program, seconds; at least one batch is run. */
  readonly durationSeconds: number
  /** Of each program, at most. */
  readonly iterationsMax: number
  readonly seed: number
  /** What the outcomes are held against; by default what belongs to the device. */
  readonly model?: DeviceModel
  /** Called for each batch. */
  readonly onProgress?: (progress: LitmusProgress) => void
}

export interface LitmusProgress {
  readonly id: string
  readonly index: number
  readonly count: number
  readonly iterations: number
}

const ITERATIONS_FIRST = 8
/** Batches grow until one takes so long, milliseconds: giving the orders takes time as well. */
const BATCH_MS = 100
const BATCH_GROWTH = 4
/** Programs of the suite need far fewer under every model. */
const SCHEDULES_MAX = 2_000_000
const SEED_END = 2 ** 31

/**
 * Runs programs over `device`.
 * @throws UntornError when operations fail or do not end, again and again
 */
export async function runLitmusBench(options: LitmusBenchOptions): Promise<LitmusReport> {
  const { device, entries = litmusSuite, seed } = options
  const judge = options.model ?? deviceModel(device)
  await using bench = new LitmusBench(options, judge)
  const rows: LitmusRow[] = []
  for (const [index, entry] of entries.entries()) {
    const progress = { id: entry.id, index, count: entries.length, iterations: 0 }
    options.onProgress?.(progress)
    rows.push(
      await bench.row(entry, (iterations) => options.onProgress?.({ ...progress, iterations })),
    )
  }
  return {
    schema: LITMUS_SCHEMA,
    device: describeDevice(device),
    environment: describeEnvironment(),
    preset: judge.preset,
    model: judge.model,
    seed,
    restarts: bench.restarts,
    rows,
    verdict: litmusVerdict(rows),
  }
}

interface Counted {
  readonly counts: ReadonlyMap<string, number>
  readonly iterations: number
  readonly seconds: number
}

class LitmusBench implements AsyncDisposable {
  readonly #options: LitmusBenchOptions
  readonly #judge: DeviceModel
  readonly #random: RandomNumbers
  #stage: LitmusStage | null = null
  #peerCount = 0
  restarts = 0

  constructor(options: LitmusBenchOptions, judge: DeviceModel) {
    this.#options = options
    this.#judge = judge
    this.#random = new RandomNumbers(options.seed)
  }

  async row(entry: LitmusEntry, onBatch: (iterations: number) => void): Promise<LitmusRow> {
    const { id, about } = entry
    const test = litmus({ name: id, ...entry.spec })
    const notRun = whyNotRun(test.program, this.#options.device.capabilities)
    if (notRun !== null) {
      return { id, about, notRun, iterations: 0, seconds: 0, complete: false, outcomes: [] }
    }
    const explored = test.explore(this.#judge.model, { schedulesMax: SCHEDULES_MAX })
    const { counts, iterations, seconds } = await this.#count(test, onBatch)
    const outcomes = outcomesOf(test, entry, explored, counts)
    return { id, about, iterations, seconds, complete: explored.complete, outcomes }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage?.[Symbol.asyncDispose]()
    this.#stage = null
  }

  async #count(test: Litmus, onBatch: (iterations: number) => void): Promise<Counted> {
    const { durationSeconds, iterationsMax } = this.#options
    const names = outcomeNames(test.program)
    const counts = new Map<string, number>()
    let iterations = 0
    let spentMs = 0
    let wanted = ITERATIONS_FIRST
    let stage = await this.#prepare(test)
    while (iterations < iterationsMax && spentMs < durationSeconds * 1000) {
      const batch = Math.min(wanted, iterationsMax - iterations, stage.iterationsMax)
      const startMs = performance.now()
      try {
        for (const row of await stage.run(batch, this.#random.below(SEED_END))) {
          const text = names.map((name, index) => `${name}=${row[index]}`).join(' ')
          counts.set(text, (counts.get(text) ?? 0) + 1)
        }
        iterations += batch
      } catch (error) {
        await this.#giveUp(error)
        stage = await this.#prepare(test)
      }
      const ms = performance.now() - startMs
      spentMs += ms
      const affordable = Math.round((batch / ms) * (durationSeconds * 1000 - spentMs))
      const grown = ms < BATCH_MS ? batch * BATCH_GROWTH : batch
      wanted = Math.max(ITERATIONS_FIRST, Math.min(grown, affordable))
      onBatch(iterations)
    }
    return { counts, iterations, seconds: Math.round(spentMs) / 1000 }
  }

  /** The processes with this program loaded; new ones where there are too few. */
  async #prepare(test: Litmus): Promise<LitmusStage> {
    const { device } = this.#options
    const peerCount = test.program.peers.length
    if (this.#stage === null || peerCount > this.#peerCount) {
      await this.#stage?.[Symbol.asyncDispose]()
      this.#stage = null
      this.#peerCount = Math.max(1, peerCount)
      this.#stage = await LitmusStage.open(device.name, this.#peerCount)
    }
    await this.#stage.load(test.program)
    return this.#stage
  }

  /** After a failure that a device may have now and then; anything else is thrown on. */
  async #giveUp(error: unknown): Promise<void> {
    await this.#stage?.[Symbol.asyncDispose]()
    this.#stage = null
    if (!breaksConnection(error)) throw error
    this.restarts += 1
    if (this.restarts > RECONNECTS_MAX) {
      const message = `operations of ${this.#options.device.name} fail again and again`
      throw new UntornError('ERR_UNTORN_TIMEOUT', message, { cause: error })
    }
  }
}

function outcomesOf(
  test: Litmus,
  entry: LitmusEntry,
  explored: LitmusExploration,
  counts: ReadonlyMap<string, number>,
): LitmusRow['outcomes'] {
  const names = outcomeNames(test.program)
  const isJudged = (values: OutcomeValues): boolean =>
    entry.judged.some((pattern) => matchesOutcome(test.program, pattern, values))
  const allowed = explored.outcomes.map(({ text, values }) => ({
    outcome: text,
    count: counts.get(text) ?? 0,
    allowed: true,
    judged: isJudged(values),
  }))
  const known = new Set(explored.outcomes.map(({ text }) => text))
  const others = [...counts].filter(([text]) => !known.has(text))
  return [
    ...allowed,
    ...others.map(([outcome, count]) => {
      const parts = outcome.split(' ').map((part) => Number(part.slice(part.indexOf('=') + 1)))
      const values = Object.fromEntries(names.map((name, index) => [name, parts[index] ?? 0]))
      const verdict = explored.complete ? false : null
      return { outcome, count, allowed: verdict, judged: isJudged(values) }
    }),
  ]
}
