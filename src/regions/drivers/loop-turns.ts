// Lets the event loop turn now and then. Operations that end at once settle in microtasks, and a loop of
// them would starve the event loop: losses, withdrawals and this process's own heartbeats would go unnoticed.

/** A turn of the loop costs a microsecond or two; one in 64 operations keeps that in the noise. */
const OPERATIONS_PER_TURN_MAX = 64

export class LoopTurns {
  #atOnce = 0

  /** An operation has ended without waiting: what to await before its caller is told, if anything. */
  ended(): Promise<void> | undefined {
    this.#atOnce += 1
    if (this.#atOnce < OPERATIONS_PER_TURN_MAX) return undefined
    this.#atOnce = 0
    return new Promise<void>((resolve) => setImmediate(resolve))
  }

  /** One that waited has ended: the loop has turned. */
  waited(): void {
    this.#atOnce = 0
  }
}
