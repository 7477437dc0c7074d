// A timer for work that is due until it is done. Invariants: it runs only while something is pending, and
// keeps no process alive; while nothing comes of the work its pauses double, up to a limit.

/** What came of one look. */
export const Housework = {
  /** Nothing is left to do. */
  Done: 0,
  /** Something is left, and this look changed something. */
  Progress: 1,
  /** Something is left, and has to wait. */
  Waiting: 2,
} as const

export type HouseworkCode = (typeof Housework)[keyof typeof Housework]

/** Timers know milliseconds, and a pause of none would keep a core busy. */
const PAUSE_MS_MIN = 1

export class Housekeeping {
  readonly #work: () => HouseworkCode
  readonly #pauseMsMax: number
  #timer: NodeJS.Timeout | undefined
  #pauseMs = PAUSE_MS_MIN
  #stopped = false

  /** @param work never throws */
  constructor(work: () => HouseworkCode, pauseMsMax: number) {
    this.#work = work
    this.#pauseMsMax = Math.max(PAUSE_MS_MIN, pauseMsMax)
  }

  /** Something is pending. */
  wake(): void {
    if (this.#timer === undefined && !this.#stopped) this.#arm()
  }

  /** The same, and it should not wait long. */
  hurry(): void {
    if (this.#pauseMs > PAUSE_MS_MIN) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#pauseMs = PAUSE_MS_MIN
    }
    this.wake()
  }

  /** Idempotent. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#look(), this.#pauseMs).unref()
  }

  #look(): void {
    this.#timer = undefined
    const end = this.#work()
    if (end === Housework.Waiting) {
      this.#pauseMs = Math.min(2 * this.#pauseMs, this.#pauseMsMax)
    } else {
      this.#pauseMs = PAUSE_MS_MIN
    }
    if (end !== Housework.Done) this.wake()
  }
}
