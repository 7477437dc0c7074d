// All nondeterminism of a simulated world goes through one oracle, which has no clock and no
// randomness but what its strategy gives it. Choice 0 is benign: no preemption, ascending order, no
// fault. The numbers an oracle answered, in order, are the schedule: a choice tape.

/** What a choice decides; for reports. */
export const ChoiceLabel = {
  /** Which actor takes the next step. */
  Actor: 0,
  /** Which of a CPU's buffered stores becomes visible. */
  Store: 1,
  /** Which piece of an operation is sampled, fetched or placed next. */
  Piece: 2,
  /** In which direction a packet is copied. */
  Direction: 3,
  /** Whether, and from which packet on, a READ is executed again. */
  Replay: 4,
  /** Which fault happens. */
  Fault: 5,
  /** A choice of the scenario's own (arguments, whether a reader gives up, …). */
  Scenario: 6,
} as const

export type ChoiceLabelCode = (typeof ChoiceLabel)[keyof typeof ChoiceLabel]

export interface Oracle {
  /** A number from 0 to `count` - 1. Asked only where `count` is at least 2. */
  choose(count: number, label: ChoiceLabelCode): number
  /**
   * An index into `actors[0 … count - 1]`; index 0 is the actor that stepped last if it can go on,
   * else the next in turn. Asked before every step that two or more actors could take, or one in
   * several ways: with one actor the answer is 0 and no choice. A negative answer ends the run:
   * its state was explored already.
   */
  schedule(actors: Int32Array, count: number): number
}
