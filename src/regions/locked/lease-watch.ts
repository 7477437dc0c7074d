// Watches how long one acquisition lasts. Invariant: only the owner's clock is asked, and it counts from
// when the owner first saw the held word; no value of the word recurs, so the same word is the same
// acquisition. It errs towards patience: up to a quarter of the lease.
//
// The look is the CPU's own: it decides nothing but that somebody is to be evicted, and who it is
// was true when it was seen. What becomes of the word is decided later, through the NIC.
import { holderOf } from '../../protocols/lock/index.ts'

const LOOKS_PER_LEASE = 4

export class LeaseWatch {
  readonly #leaseMs: number
  readonly #look: () => bigint
  readonly #onExpired: (holder: number) => void
  #timer: NodeJS.Timeout | undefined
  #word = 0n
  #since = 0

  /** @param leaseMs 0: nobody's lease ends */
  constructor(leaseMs: number, look: () => bigint, onExpired: (holder: number) => void) {
    this.#leaseMs = leaseMs
    this.#look = look
    this.#onExpired = onExpired
  }

  start(): void {
    if (this.#leaseMs === 0 || this.#timer !== undefined) return
    const everyMs = Math.max(1, Math.floor(this.#leaseMs / LOOKS_PER_LEASE))
    this.#timer = setInterval(() => this.look(performance.now()), everyMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** One look, at a time in milliseconds. */
  look(now: number): void {
    const word = this.#look()
    if (word !== this.#word) {
      this.#word = word
      this.#since = now
      return
    }
    const holder = holderOf(word)
    if (holder !== 0 && now - this.#since >= this.#leaseMs) this.#onExpired(holder)
  }
}
