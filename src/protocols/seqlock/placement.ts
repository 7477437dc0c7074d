// The narrow seam between the owner (tokens, undo, versions) and a layout (which stores, in which
// order). One placement per layout; the numbered ordering arguments stand in those files.
import type { MemoryKernels, LocalMemory } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'

/**
 * The stores of one write. `version` is always the even version that the write will publish.
 * `source` is consumed before a call returns.
 */
export interface Placement {
  /**
   * True: nothing reaches the region before `publish`; an abandoned write was never visible.
   * False: payload is overwritten in place under an odd mark.
   */
  readonly staged: boolean
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
