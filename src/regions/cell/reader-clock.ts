// The clock by which a reader measures its leases, milliseconds. Invariants: it never goes back; it goes
// on while the machine sleeps, which `performance.now()` does not.
//
// A lease that its reader believes in for too long is a lease without effect, so a reader's clock may be
// fast and not slow. It adds to the monotonic clock whatever the wall clock has run ahead of it: sleep,
// and forward corrections, which end a lease early and do no harm. Backward corrections of the wall
// clock are not believed. (The owner counts by the monotonic clock alone: a slow owner waits longer.)

/** What the two clocks drift apart by without anything having happened. */
const JITTER_MS = 20

let skewMs = 0
let baseMs = Date.now() - performance.now()

export function readerClock(): number {
  const now = performance.now()
  const aheadMs = Date.now() - now - baseMs
  if (aheadMs > skewMs + JITTER_MS) skewMs = aheadMs
  else if (aheadMs < skewMs - JITTER_MS) baseMs += aheadMs - skewMs
  return now + skewMs
}
