// The litmus suite: what the sampling models promise, each promise as a small program. Exploration
// decides; the verdicts here are what it has to find. Numbers are stable names, with gaps.
import { atomicEntries } from './suite-atomics.ts'
import type { LitmusEntry } from './suite-entry.ts'
import { orderEntries } from './suite-order.ts'
import { protocolEntries } from './suite-protocols.ts'
import { tearEntries } from './suite-tearing.ts'
import { writeEntries } from './suite-writes.ts'

/** All entries, in the order of the page that shows them. */
export const litmusSuite: readonly LitmusEntry[] = [
  ...writeEntries,
  ...orderEntries,
  ...tearEntries,
  ...atomicEntries,
  ...protocolEntries,
]
