// One run: a reader machine in a world, and the judgement of everything it returns. A violation is
// an exception whose `kind` tells what was broken; a run without overlap proves nothing, so
// overlaps and retries are counted.
import {
  Evidence,
  type MemoryKernels,
  type ReaderMachine,
  type SeqlockScheme,
  Verdict,
  type VerdictCode,
} from '../../../src/protocols/index.ts'
import type { ChoiceTape } from './choice-tape.ts'
import type { SamplingModel } from './sampling-model.ts'
import type { Trace } from './trace.ts'
import { World } from './world.ts'

export type ViolationKind =
  /** Bytes that no version ever had. */
  | 'torn'
  /** Bytes of one version under the number of another. */
  | 'mislabelled'
  /** Older than the last version published before the read began. */
  | 'stale'
  /** Older than what an earlier read returned. */
  | 'backwards'
  /** Closed before the owner closed, or bytes after it had. */
  | 'closed'
  /** More chains, or more attempts on a quiet region, than promised. */
  | 'stuck'

export class Violation extends Error {
  readonly kind: ViolationKind

  constructor(kind: ViolationKind, message: string) {
    super(`${kind}: ${message}`)
    this.kind = kind
  }
}

export interface ReadPlan {
  readonly kind: 'read' | 'part' | 'if-changed'
  /** In 1/64 of the payload; clamped. Only for `part`. */
  readonly from: number
  readonly length: number
}

export interface RunOptions {
  readonly scheme: SeqlockScheme
  readonly kernels: MemoryKernels
  readonly model: SamplingModel
  readonly trace: Trace
  readonly tape: ChoiceTape
  readonly plans: readonly ReadPlan[]
  readonly jump?: number
  readonly quiescent?: boolean
  readonly blank?: boolean
}

export interface RunStatistics {
  runs: number
  chains: number
  overlaps: number
  retries: number
  snapshots: number
  unchanged: number
  closed: number
}

export function newStatistics(): RunStatistics {
  return { runs: 0, chains: 0, overlaps: 0, retries: 0, snapshots: 0, unchanged: 0, closed: 0 }
}

const ATTEMPTS_MAX = 6
const CHAINS_MAX = 2

class Run {
  readonly world: World
  readonly machine: ReaderMachine
  readonly #options: RunOptions
  readonly #statistics: RunStatistics
  /** Greatest version returned so far. */
  #returned = 0

  constructor(options: RunOptions, statistics: RunStatistics) {
    const { scheme, kernels, model, trace, tape } = options
    this.machine = scheme.createReader(trace.shape, kernels)
    this.world = new World(model, trace, tape, this.machine.landingBytes, options)
    this.machine.bind(this.world.landing)
    this.#options = options
    this.#statistics = statistics
  }

  /** The verdict of one read: attempts until it ends, or until the bound is spent. */
  read(plan: ReadPlan, attemptsMax: number): VerdictCode {
    const { trace, tape } = this.#options
    const payloadBytes = trace.shape.payloadBytes
    const part = plan.kind === 'part'
    const offset = part ? Math.min(payloadBytes - 1, (plan.from * payloadBytes) >> 6) : 0
    const rest = payloadBytes - offset
    const lengthBytes = part ? Math.min(rest, 1 + ((plan.length * payloadBytes) >> 6)) : rest
    const target = new Uint8Array(lengthBytes)
    const knownVersion = plan.kind === 'if-changed' ? this.#returned : 0
    const published = this.world.publishedVersion
    const closedBefore = this.world.closed
    this.machine.start({ target, offset, lengthBytes, knownVersion })
    for (let attempt = 1; ; attempt += 1) {
      const verdict = this.#attempt()
      if (verdict !== Verdict.Retry) {
        this.#judge(verdict, { target, offset, knownVersion, published, closedBefore })
        return verdict
      }
      this.#statistics.retries += 1
      if (this.machine.evidence === Evidence.None) {
        throw new Violation('stuck', 'an attempt failed without evidence')
      }
      if (attempt === attemptsMax) return verdict
      this.world.pause(tape.next())
    }
  }

  #attempt(): VerdictCode {
    this.machine.begin(this.world)
    for (let chain = 1; ; chain += 1) {
      this.world.runChain()
      this.#statistics.chains += 1
      const verdict = this.machine.resume(this.world)
      if (verdict !== Verdict.More) return verdict
      if (chain === CHAINS_MAX) throw new Violation('stuck', `${chain} chains in one attempt`)
    }
  }

  #judge(
    verdict: VerdictCode,
    read: {
      readonly target: Uint8Array
      readonly offset: number
      readonly knownVersion: number
      readonly published: number
      readonly closedBefore: boolean
    },
  ): void {
    const { trace } = this.#options
    const version = this.machine.version
    if (verdict === Verdict.Closed) {
      this.#statistics.closed += 1
      if (!this.world.closing) throw new Violation('closed', 'the owner had not closed')
      return
    }
    if (read.closedBefore) throw new Violation('closed', `version ${version} of a closed region`)
    if (verdict === Verdict.Unchanged) {
      this.#statistics.unchanged += 1
      if (version !== read.knownVersion) {
        throw new Violation('mislabelled', `unchanged at ${version}, asked ${read.knownVersion}`)
      }
    } else {
      this.#statistics.snapshots += 1
      const end = read.offset + read.target.length
      const is = (payload: Uint8Array): boolean =>
        Buffer.compare(payload.subarray(read.offset, end), read.target) === 0
      const content = trace.contents.get(version)
      if (content === undefined || !is(content)) {
        for (const [other, payload] of trace.contents) {
          if (is(payload)) {
            throw new Violation('mislabelled', `bytes of ${other} returned as ${version}`)
          }
        }
        throw new Violation('torn', `version ${version}, bytes ${read.offset} to ${end}`)
      }
    }
    if (version < read.published) {
      throw new Violation('stale', `${version}, though ${read.published} was published before`)
    }
    if (version < this.#returned) {
      throw new Violation('backwards', `${version} after ${this.#returned}`)
    }
    this.#returned = version
  }
}

/**
 * Runs the plans against the owner's trace, then lets everything become visible and reads once
 * more: on a quiet region one attempt must do.
 * @throws Violation
 */
export function runReads(options: RunOptions, statistics: RunStatistics): void {
  const run = new Run(options, statistics)
  const { trace, plans, tape } = options
  statistics.runs += 1
  try {
    for (const plan of plans) {
      run.read(plan, ATTEMPTS_MAX)
      run.world.pause(tape.next())
    }
    if (options.blank === true) return
    run.world.drainTo(Infinity)
    const verdict = run.read({ kind: 'read', from: 0, length: 0 }, 1)
    const expected = run.world.closing ? Verdict.Closed : Verdict.Done
    if (verdict !== expected) throw new Violation('stuck', 'a quiet region could not be read')
    if (verdict === Verdict.Done && run.machine.version !== trace.lastVersion) {
      throw new Violation('stale', `${run.machine.version} is not the last version`)
    }
  } finally {
    statistics.overlaps += run.world.overlaps
  }
}

/**
 * Freezes the owner after `stores` stores (a crash: the rest never drains) and reads alone.
 * Returns the verdict of the last of `attempts` attempts.
 * @throws Violation when an attempt does not end, or what it returns is wrong
 */
export function readFrozen(
  options: RunOptions,
  stores: number,
  attempts: number,
): { readonly verdict: VerdictCode; readonly machine: ReaderMachine } {
  const run = new Run({ ...options, quiescent: true }, newStatistics())
  run.world.drainTo(stores)
  return { verdict: run.read({ kind: 'read', from: 0, length: 0 }, attempts), machine: run.machine }
}
