// Which fault comes next, to whom, and after how long: drawn from the seed. Pure, so that a seed
// names the same faults again, though what they meet is up to the machine.
import type { RandomNumbers } from '../../src/simulation/random-numbers.ts'
import type { RoleName } from './soak-messages.ts'

export type FaultKind = 'kill' | 'stop'

export interface Fault {
  readonly kind: FaultKind
  readonly role: RoleName
  /** Which of the actors of the role, by place. */
  readonly place: number
  /** How long a stopped process stands still, milliseconds. */
  readonly stoppedMs: number
  /** From this fault to the next, milliseconds. */
  readonly pauseMs: number
}

export interface FaultPace {
  readonly pauseMsMin: number
  readonly pauseMsMax: number
  /**
   * Stops last from a moment to longer than any lease, and shorter than it takes peers to give up an
   * owner that is silent.
   */
  readonly stopMsMax: number
}

/** How often each fault is drawn, against the others. */
const weights: readonly (readonly [FaultKind, RoleName, number])[] = [
  ['kill', 'owner', 1],
  ['stop', 'owner', 1],
  ['kill', 'reader', 2],
  ['stop', 'reader', 2],
  ['kill', 'pinner', 2],
  ['stop', 'pinner', 2],
  ['kill', 'holder', 3],
  ['stop', 'holder', 3],
  ['kill', 'writer', 2],
  ['stop', 'writer', 2],
]

const STOP_MS_MIN = 20

/** @param cast how many actors each role has */
export function nextFault(
  random: RandomNumbers,
  cast: Readonly<Partial<Record<RoleName, number>>>,
  pace: FaultPace,
): Fault {
  const possible = weights.filter(([, role]) => (cast[role] ?? 0) > 0)
  const sum = possible.reduce((total, [, , weight]) => total + weight, 0)
  let drawn = random.below(sum)
  const [kind, role] =
    possible.find(([, , weight]) => (drawn -= weight) < 0) ?? weights[0] ?? never()
  return {
    kind,
    role,
    place: random.below(cast[role] ?? 1),
    stoppedMs: STOP_MS_MIN + random.below(Math.max(1, pace.stopMsMax - STOP_MS_MIN)),
    pauseMs: pace.pauseMsMin + random.below(Math.max(1, pace.pauseMsMax - pace.pauseMsMin)),
  }
}

function never(): never {
  throw new TypeError('a soak has no actors')
}
