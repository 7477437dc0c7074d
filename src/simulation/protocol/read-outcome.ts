// What came of the reads of one run, as whoever compares explorations sees it: everything that a
// reader could have noticed, and nothing of how the run got there.

/** How a read ended. `exhausted`: attempts spent; `transport`: its operations failed. */
export type ReadEndName = 'verdict' | 'exhausted' | 'transport' | 'timed out'

export interface ReadOutcome {
  readonly reader: string
  readonly end: ReadEndName
  /** A `Verdict`; that of the last attempt where the read did not end with one. */
  readonly verdict: number
  /** Version of the snapshot, or the last one that was seen. */
  readonly version: number
  /** An `Evidence`: why the last attempt failed. */
  readonly evidence: number
  readonly attempts: number
  /** Publications visible when the read began, less one. */
  readonly baseline: number
  /** 0 for the first owner, 1 for the one after a restart. */
  readonly incarnation: number
  /** Hash of everything that has landed so far, in this run, in completed chains of this reader. */
  readonly seen: string
}

export interface RunOutcome {
  /** Reader by reader; each one's in the order in which they ended. */
  readonly reads: readonly ReadOutcome[]
  /** Kind of the violation; null where there was none. */
  readonly violation: string | null
}
