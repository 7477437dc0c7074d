// What a queue pair needs to know of the world it is in.
import type { Oracle } from './oracle.ts'
import type { SamplingModel } from './sampling-model.ts'
import type { TraceRecorder } from './trace-recorder.ts'

export interface QueuePairHost {
  readonly model: SamplingModel
  /**
   * `direct`: bytes land where they are sampled. `pieces`: they land later, piece by piece in any
   * order; only a reader that looks at its landing memory before the completion can tell.
   */
  readonly landing: 'direct' | 'pieces'
  readonly oracle: Oracle
  readonly steps: number
  readonly recorder: TraceRecorder | null
  /** Schedules that differ only in when unchanging memory is sampled are left out. */
  readonly reduces: boolean
  /**
   * WRITEs are fetched when they are posted. A later fetch brings the same as long as nobody changes
   * what a WRITE is fetched from; whoever does is noticed: see `meddled`.
   */
  readonly fetchesAtPost: boolean
  /** Something that a WRITE might yet have fetched was changed. */
  meddled: boolean
  /** How often a READ may be executed again. */
  readonly replaysMax: number
  /** Nobody could go on with that: pieces may be sampled late after all. */
  readonly desperate: boolean
  /** Grows whenever memory that can be remote may have changed, or who stores to it. */
  motion: number
  /** Operations whose remote memory changed while they sampled it. */
  overlaps: number
  /** What holds each responder NIC's atomic unit: a ticket, 0 for nothing. */
  readonly atomicUnits: Int32Array
}
