// What a simulated device knows of a region: of its own, and of a peer's that it imported. Invariant:
// `pins` counts the operations in flight that touch it; nothing is taken away while it is not 0.
import type { RemoteKey, SimulatedMemory } from '../simulated-memory.ts'

export interface LocalSlot {
  readonly memory: SimulatedMemory
  /** NativeAccess mask. */
  readonly access: number
  readonly lengthBytes: number
  pins: number
}

export interface RemoteSlot {
  /** Not valid when it is dead, or was never alive. */
  readonly key: RemoteKey
  readonly memory: SimulatedMemory
  /** Where a window begins in its region's memory; 0 for a whole region. */
  readonly start: number
  /** What the descriptor grants. */
  readonly access: number
  readonly lengthBytes: number
  pins: number
}
