// A program is an actor of one's own: a reader, an owner that looks at memory, a litmus thread. The
// world lets it act when the schedule says so; between two acts anything else may happen.
import type { StateHash } from './state-hash.ts'

export interface Program {
  /** Column of reports. */
  readonly name: string
  /** Whether an act can be taken now. Called often: cheap and without effect. */
  ready(): boolean
  /** Takes one act: whatever it does is one step as seen by all others. */
  act(): void
  /** Mixes everything that its future depends on into the hash of a state. */
  mix(hash: StateHash): void
}
