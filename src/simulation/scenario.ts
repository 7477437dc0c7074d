// A scenario is one closed experiment: a world, the programs in it, and a judge. An exploration
// runs it once for each schedule. Invariant: two runs under oracles that answer alike are alike.
import type { Oracle } from './oracle.ts'
import type { StateHash } from './state-hash.ts'
import type { Trace } from './trace.ts'

/** Why a run failed. */
export interface Violation {
  /** One word: `torn`, `mislabelled`, `stale`, `backwards`, `closed`, `stuck`, or the judge's own. */
  readonly kind: string
  /** One sentence, naming actors, versions and steps. */
  readonly message: string
}

/**
 * Whether a run could have failed at all. A run in which nothing overlapped says nothing: all
 * counters at zero make its verdict `unknown`.
 */
export interface Coverage {
  /** Operations between whose pieces another actor changed the memory they touch. */
  overlaps: number
  /** Attempts that ended with Retry. */
  retries: number
  /** Faults that happened. */
  faults: number
  /** Results that the judge looked at. */
  results: number
}

export interface RunEnd {
  /** Null when nothing was violated, or the run was cut short by its oracle. */
  readonly violation: Violation | null
  /** Steps taken. */
  readonly steps: number
  /** The oracle ended the run because its state was explored before. */
  readonly cut: boolean
}

export interface Scenario {
  readonly name: string
  /**
   * Tells tapes of this scenario from those of others: `fingerprintOf` everything that its choices
   * mean something by. By default that of the name.
   */
  readonly fingerprint?: string
  /** Grows with every run; whoever explores may reset it. */
  readonly coverage: Coverage
  /**
   * Runs from the beginning to the end, or until the oracle cuts it. `hash` mixes the present state
   * into a hash; it is valid during the run, at every `schedule` question. Never throws for what
   * the schedule does, only for mistakes of the scenario itself.
   */
  run(oracle: Oracle): RunEnd
  /** Mixes the present state; called by oracles that prune. */
  mix(hash: StateHash): void
  /** Runs once more, recording what happens. */
  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace }
}

export function newCoverage(): Coverage {
  return { overlaps: 0, retries: 0, faults: 0, results: 0 }
}
