// Faults of one queue pair of a simulated device, for tests to order. Each is something that hardware
// does or that a driver must survive.
import type { NativeEndpoint } from '../../native/binding.ts'
import type { QueuePairSurface } from './queue-pair-surface.ts'

export class QueuePairFaults {
  readonly #surface: QueuePairSurface

  constructor(surface: QueuePairSurface) {
    this.#surface = surface
  }

  get endpoint(): NativeEndpoint {
    return this.#surface.endpoint
  }

  /** `init`, `ready`, `error`, `closed`. */
  get state(): string {
    return this.#surface.state()
  }

  /** Operations in flight, posted receives among them. */
  get inFlight(): number {
    return this.#surface.inFlight
  }

  /**
   * Keeps completions back until `release`: operations take place and nobody is told, so whoever
   * waits for one runs into its time limit.
   * @throws UntornError ERR_UNTORN_NOT_CONNECTED
   */
  holdCompletions(): void {
    this.#surface.hold()
  }

  /** Lets completions arrive again, those that were kept back first. */
  releaseCompletions(): void {
    this.#surface.release()
  }

  /** Tells of the last completion once more; false when there was none yet. */
  repeatCompletion(): boolean {
    return this.#surface.repeat()
  }

  /** Moves the queue pair to the error state: what is in flight ends with Flushed. */
  break(): void {
    this.#surface.fail()
  }
}
