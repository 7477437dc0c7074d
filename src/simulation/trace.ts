// What happened in a run, step by step, for reports. Recording costs, so it is on only when a
// failed schedule is run again.

export type TraceKind =
  /** A program (reader, litmus thread, owner) did something; `note` says what. */
  | 'act'
  /** A CPU's store became visible. */
  | 'store'
  /** A READ sampled a piece of remote memory. */
  | 'sample'
  /** A WRITE's piece was fetched from local memory. */
  | 'fetch'
  /** A WRITE's piece, or an atomic's store, reached remote memory. */
  | 'place'
  /** A CPU loaded. */
  | 'load'
  | 'post'
  | 'complete'
  | 'fault'

export interface TraceEvent {
  /** Steps count from 1. Several events may belong to one step. */
  readonly step: number
  /** Who: a name that `World` gave (owner, reader r1, queue pair …). */
  readonly actor: string
  readonly kind: TraceKind
  /** Name of the memory, '' where none is touched. */
  readonly memory: string
  /** Byte offset in it, and bytes touched. */
  readonly offset: number
  readonly lengthBytes: number
  /** The bytes, in memory order; empty where there are none. */
  readonly value: Uint8Array
  /** Step that stored what was read; 0 for what was there at the beginning, -1 where not a read. */
  readonly readsFrom: number
  /** Sentence fragment for people: "reads payload [24, 32)", "version := 5 (odd)". */
  readonly note: string
  /**
   * Version that a store belongs to, as readers report it; absent or 0 where it belongs to none.
   */
  readonly version?: number
  /**
   * Operation of the queue pair `actor` that this event belongs to, numbered from 1 as they were
   * posted: joins the samples of one READ.
   */
  readonly operation?: number
  /** What the author of a protocol calls these bytes: "payload word 3". */
  readonly place?: string
}

/** The whole story of one run. */
export interface Trace {
  /** Columns of a report, in order. */
  readonly actors: readonly string[]
  readonly events: readonly TraceEvent[]
}
