// A pin that stands while its reader is online. Invariant: it is renewed three times a lease, so that one
// renewal may be lost; where its claim ends it ends, and the next guard's claim starts it anew.
import type { PinSeat } from './pin-seat.ts'
import type { Seats } from './seats.ts'

const RENEWALS_PER_LEASE = 3

export class StandingPin {
  readonly #seats: Seats<PinSeat>
  #timer: NodeJS.Timeout | undefined
  #wanted = false

  constructor(seats: Seats<PinSeat>) {
    this.#seats = seats
  }

  /** Whether the reader is online, and its pin does not stand by the claim that it has now. */
  isDue(seat: PinSeat): boolean {
    return this.#wanted && !seat.row.standing
  }

  /** @throws UntornError as `PinSeat.renew` */
  async begin(seat: PinSeat): Promise<void> {
    this.#wanted = true
    seat.row.standing = true
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      const { present } = this.#seats
      // What a renewal fails with, the next guard is told.
      if (present === seat) void seat.renew().catch(() => undefined)
      else this.#stop()
    }, seat.row.leaseMs / RENEWALS_PER_LEASE).unref()
    await seat.renew()
  }

  /** Idempotent. */
  end(): void {
    this.#wanted = false
    this.#stop()
    const seat = this.#seats.present
    if (seat === undefined || !seat.row.standing) return
    seat.row.standing = false
    if (seat.row.guards === 0 && seat.row.untilMs > Number.NEGATIVE_INFINITY) seat.release()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
