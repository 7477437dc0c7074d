// The narrow seam between the owner (tokens, undo, versions) and a layout (which stores, in which
// order). One placement per layout; the numbered ordering arguments stand in those files.
import type { MemoryKernels, LocalMemory } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'

/**
 * The stores of one write. `version` is always the even version that the write will publish.
 * `source` is consumed before a call returns.
 */
export interface Placement {
  /** Once, before the first write: what never changes afterwards. */
  format(): void
  /** Marks the write in progress; afterwards payload may be stored. */
  begin(version: number): void
  /** Stores payload bytes. */
  copyIn(offset: number, source: Uint8Array): void
  /** Publishes what was stored. */
  publish(version: number): void
  /** A whole write: begin, store all of the payload, publish; prepares what it can before. */
  replace(version: number, payload: Uint8Array): void
  /**
   * Ends a write whose old payload has been stored again. True: it was published as `version`.
   * False: nothing of the write ever reached the region, whose version stays.
   */
  abandon(version: number): boolean
  /** Copies payload bytes as the owner last stored them. */
  load(target: Uint8Array, offset: number): void
  /** Stores the terminal mark. */
  close(): void
}

export type PlacementFactory = (
  memory: LocalMemory,
  shape: SeqlockShape,
  kernels: MemoryKernels,
) => Placement
