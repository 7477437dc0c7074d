// One snapshot of several regions: the asynchronous driver of a SnapshotGroup, whose file has the argument.
// Invariant: no region is asked anything of a round before all answers of the round before have come.
import { RetriesExhausted, argumentTypeError } from '../errors.ts'
import { SnapshotGroup } from '../protocols/group/snapshot-group.ts'
import type { WholeReadOptions } from './read-options.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy, timeoutError } from './retry-policy.ts'

interface Versioned {
  readonly version: number
}

/** What can be read together: every reader handle, typed or not. */
export interface TogetherReader<S extends Versioned> {
  readIfChanged(version: number, options?: WholeReadOptions): Promise<S | undefined>
}

export interface ReadTogetherOptions extends Pick<RetryOptions, 'attemptsMax' | 'timeoutMs'> {
  /**
   * Ends the read with ERR_UNTORN_ABORTED. `attemptsMax` counts rounds of checks, the whole has
   * `timeoutMs`; what each reader does on its own follows the defaults it was opened with.
   */
  readonly signal?: AbortSignal
}

/** The snapshots of these readers, in their order. */
export type SnapshotsOf<Readers extends readonly TogetherReader<Versioned>[]> = {
  -readonly [I in keyof Readers]: Readers[I] extends TogetherReader<infer S> ? S : never
}

/**
 * Reads several regions such that all versions were the present ones at one instant, after the call and
 * before its end. Regions may have different protocols, codecs, owners and hosts. Where one owner publishes
 * `x` and then `y`, the `y` returned is never ahead of the `x`. Costs a read of each region at once,
 * then one READ of 8 bytes for each (a seqlock with strategy `hash`: as its `readIfChanged`), and the same
 * once more for every round in which one of them had changed.
 * Source of the algorithm: double collect, Afek et al., 1993.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT at once
 * @throws UntornError (rejects) ERR_UNTORN_RETRIES_EXHAUSTED when the regions change too often,
 *   ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED, and what the reads fail with
 */
export function readTogether<const Readers extends readonly TogetherReader<Versioned>[]>(
  readers: Readers,
  options: ReadTogetherOptions = {},
): Promise<SnapshotsOf<Readers>> {
  if (!Array.isArray(readers) || readers.length === 0 || !readers.every(isReader)) {
    throw argumentTypeError('readTogether needs an array of one reader or more')
  }
  const policy = retryPolicy(options)
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw argumentTypeError('signal must be an AbortSignal')
  }
  return new JointRead(readers, policy, signal).run() as Promise<SnapshotsOf<Readers>>
}

function isReader(reader: unknown): reader is TogetherReader<Versioned> {
  return typeof (reader as Partial<TogetherReader<Versioned>> | null)?.readIfChanged === 'function'
}

class JointRead {
  readonly #readers: readonly TogetherReader<Versioned>[]
  readonly #policy: RetryPolicy
  readonly #group: SnapshotGroup
  readonly #snapshots: Versioned[] = []
  /** Ends the other reads when one fails. */
  readonly #abort = new AbortController()
  readonly #signal: AbortSignal
  readonly #deadline: number
  #failure: { readonly reason: unknown } | undefined
  #lastVersion = 0

  constructor(
    readers: readonly TogetherReader<Versioned>[],
    policy: RetryPolicy,
    signal: AbortSignal | undefined,
  ) {
    this.#readers = readers
    this.#policy = policy
    this.#group = new SnapshotGroup(readers.length)
    const own = this.#abort.signal
    this.#signal = signal === undefined ? own : AbortSignal.any([signal, own])
    this.#deadline = performance.now() + policy.timeoutMs
  }

  async run(): Promise<Versioned[]> {
    const { attemptsMax, timeoutMs } = this.#policy
    // The first round reads, and can decide nothing.
    for (let attempts = 0; attempts <= attemptsMax; attempts += 1) {
      // The regions changed under a check: whoever changes them may be in this very thread.
      if (attempts > 1) await new Promise<void>((resolve) => setImmediate(resolve))
      const leftMs = this.#deadline - performance.now()
      if (leftMs <= 0) throw timeoutError(timeoutMs, attempts)
      await Promise.all(this.#readers.map((_, index) => this.#look(index, leftMs)))
      if (this.#failure !== undefined) throw this.#failure.reason
      if (this.#group.accepted) return this.#snapshots
    }
    throw new RetriesExhausted(attemptsMax, this.#lastVersion)
  }

  /** Asks one region. Never rejects: what has begun is waited for. */
  async #look(index: number, leftMs: number): Promise<void> {
    const reader = this.#readers[index] as TogetherReader<Versioned>
    const known = this.#group.ask(index)
    try {
      const options = { signal: this.#signal, timeoutMs: Math.max(0.001, leftMs) }
      const found = await reader.readIfChanged(known, options)
      if (found !== undefined) {
        this.#snapshots[index] = found
        this.#lastVersion = found.version
      }
      this.#group.found(index, found?.version ?? known, found !== undefined)
    } catch (error) {
      this.#failure ??= { reason: error }
      this.#abort.abort()
    }
  }
}
