// What exploration needs of an oracle beyond its answers. Invariant: a `TapeOracle` given `tape()`
// after a run repeats that run. Questions with one answer are answered 0 and not recorded, so a
// world may ask them or not.
import type { Oracle } from './oracle.ts'

export interface RunOracle extends Oracle {
  /** Prepares for the next run. */
  begin(): void
  /** What the run that ended was answered, without trailing zeros. Allocates. */
  tape(): number[]
}
