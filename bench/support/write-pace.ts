// When the owner writes next. Between writes it spins on the clock, because a timer of the event
// loop is a thousand times coarser than a write; after at most SLICE_MS it returns to the loop, so
// that control traffic and the order to stop come through.

export const SLICE_MS = 2

/** Of a writer that never pauses: turns of the loop are pauses, so there are few of them. */
export const FLAT_OUT_SLICE_MS = 25

export interface WritePace {
  /** Microseconds from one write's start to the next; 0 writes flat out. */
  readonly intervalUs: number
}

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number
}

/**
 * Writes at the given pace from `dueMs` on for one slice. A write that comes late moves the ones
 * after it: there are no bursts to catch up.
 * @returns when the next write is due, milliseconds of `clock`
 */
export function writeOneSlice(
  pace: WritePace,
  clock: Clock,
  dueMs: number,
  write: () => void,
): number {
  if (pace.intervalUs === 0) return writeFlatOut(clock, write)
  const sliceEndMs = clock.now() + SLICE_MS
  const intervalMs = pace.intervalUs / 1000
  let due = dueMs
  for (;;) {
    const now = clock.now()
    if (now >= sliceEndMs) return due
    if (now < due) {
      // Due only after this slice: let the loop have the time.
      if (due >= sliceEndMs) return due
      continue
    }
    write()
    due = Math.max(due + intervalMs, now)
  }
}

/** Writes between two looks at the clock, which costs as much as a small write. */
const FLAT_OUT_BATCH = 8

function writeFlatOut(clock: Clock, write: () => void): number {
  const sliceEndMs = clock.now() + FLAT_OUT_SLICE_MS
  for (;;) {
    for (let count = 0; count < FLAT_OUT_BATCH; count += 1) write()
    const now = clock.now()
    if (now >= sliceEndMs) return now
  }
}

/** Milliseconds to sleep before the next slice; 0 when it must come at once. */
export function sleepBeforeSliceMs(dueMs: number, nowMs: number): number {
  // A timer of 1 ms fires up to 2 ms late: sleep only when that still leaves room to spin.
  const spareMs = Math.floor(dueMs - nowMs - SLICE_MS)
  return spareMs > 0 ? spareMs : 0
}
