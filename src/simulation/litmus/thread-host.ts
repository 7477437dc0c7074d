// What the threads of one litmus program share: the owner's memory, signals, and the registers that
// CPUs load into. Invariant: all of it but the constants is part of a state's hash.
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { World } from '../world.ts'

export interface ThreadHost {
  readonly world: World
  readonly memory: SimulatedMemory
  readonly offsets: Readonly<Record<string, number>>
  /** Signals given so far. */
  readonly signals: Set<string>
  /** Bytes of a word, from its lowest, that anything in this program can make other than 0. */
  readonly liveBytes: number
}

/** The 64-bit word at an offset. At most 2⁵³ - 1, as values are limited. */
export function wordAt(bytes: Uint8Array, offset: number): number {
  let value = 0
  for (let at = 7; at >= 0; at -= 1) value = value * 256 + (bytes[offset + at] as number)
  return value
}

/** The low bytes of a value. */
export function bytesOf(value: number, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes)
  for (let at = 0, rest = value; at < lengthBytes; at += 1, rest = Math.floor(rest / 256)) {
    bytes[at] = rest % 256
  }
  return bytes
}
