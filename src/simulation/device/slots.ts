// What a simulated device knows of a region: of its own, and of a peer's that it imported. Invariant:
// `pins` counts the operations in flight that touch it; nothing is taken away while it is not 0.
import type { SimulatedMemory } from '../simulated-memory.ts'

export interface LocalSlot {
  readonly memory: SimulatedMemory
  /** NativeAccess mask. */
  readonly access: number
  readonly lengthBytes: number
  pins: number
}

export interface RemoteSlot {
  /** A memory that is not valid when the key is dead, or was never alive. */
  readonly memory: SimulatedMemory
  /** What the descriptor grants. */
  readonly access: number
  readonly lengthBytes: number
  pins: number
}
