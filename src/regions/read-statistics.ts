// Counters of one reader. Plain numbers that only grow; `snapshot` copies them out.
import type { ErrorCode } from '../errors.ts'
import { Evidence, type ReaderMachine } from '../protocols/machine.ts'

export interface ReaderStatistics {
  /** Reads that returned a snapshot. */
  readonly reads: number
  /** Reads that found the region unchanged. */
  readonly unchanged: number
  /** Attempts of all reads, failed ones included. */
  readonly attempts: number
  /** Attempts that met bytes of more than one version, and rejected them. */
  readonly torn: number
  /** Attempts that met a write in progress. */
  readonly writerActive: number
  /** Attempts whose version was overwritten while they read it. */
  readonly lapped: number
  /** Reads that failed, by code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>
}

export class ReadCounters {
  reads = 0
  unchanged = 0
  attempts = 0
  torn = 0
  writerActive = 0
  lapped = 0
  readonly #failures = new Map<ErrorCode, number>()

  /** Records why `machine`'s attempt ended with Retry. */
  noteRetry(machine: Pick<ReaderMachine, 'evidence'>): void {
    if (machine.evidence === Evidence.WriterActive) this.writerActive += 1
    else if (machine.evidence === Evidence.Torn) this.torn += 1
    else if (machine.evidence === Evidence.Lapped) this.lapped += 1
  }

  noteFailure(code: ErrorCode): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1)
  }

  snapshot(): ReaderStatistics {
    return {
      reads: this.reads,
      unchanged: this.unchanged,
      attempts: this.attempts,
      torn: this.torn,
      writerActive: this.writerActive,
      lapped: this.lapped,
      failures: Object.fromEntries(this.#failures),
    }
  }
}
