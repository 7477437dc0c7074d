// What executes one thread of a litmus program over a real device.

export interface LitmusThreadRunner {
  readonly instructionCount: number
  /** Registers that it assigns. */
  readonly registerCount: number
  /** Called before the first iteration of a batch. */
  begin(): void
  /** Says that this thread has reached a round, and waits until all others have. */
  meet(round: number): void
  /**
   * Executes the thread once and waits until nothing of it is left.
   * @param base offset of the iteration's cell, bytes
   * @param pauseAt before which instruction to pause; -1 never
   * @param values takes the registers, from index `at` on
   */
  run(
    base: number,
    pauseAt: number,
    pause: () => void,
    values: Float64Array<ArrayBuffer>,
    at: number,
  ): void
}
