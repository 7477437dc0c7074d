// One identity's access to one locked region: a queue pair, a window, and seats for acquisitions. The
// owner has one over its loopback, a peer one for each claim. Invariant: when it has ended, nothing
// more is posted by it; an acquisition never goes on by another access.
import type { UntornError } from '../../errors.ts'
import type { Device } from '../../fabric/contract.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { LockScheme, LockShape } from '../../protocols/lock/index.ts'
import type { WindowTarget } from '../window-sink.ts'
import { LockSeat } from './lock-seat.ts'

export interface LockAccessParts {
  readonly device: Device
  readonly target: WindowTarget
  /** Identity in the word. */
  readonly holder: number
  readonly scheme: LockScheme
  readonly shape: LockShape
  readonly kernels: MemoryKernels
  /** Why it is over, if it is. */
  readonly ended: () => UntornError | undefined
  /** What a chain that ended with this status means. */
  readonly transportFailed: (status: number) => UntornError
}

export class LockAccess {
  readonly parts: LockAccessParts
  readonly #free: LockSeat[] = []
  readonly #seats = new Set<LockSeat>()
  #closed = false

  constructor(parts: LockAccessParts) {
    this.parts = parts
  }

  get ended(): UntornError | undefined {
    return this.parts.ended()
  }

  /** @throws UntornError when landing memory cannot be registered */
  take(): LockSeat {
    const seat = this.#free.pop()
    if (seat !== undefined) return seat
    const made = new LockSeat(this.parts)
    this.#seats.add(made)
    return made
  }

  /** Gives back a seat none of whose operations is in flight. */
  give(seat: LockSeat): void {
    if (this.#closed) void this.#dispose(seat)
    else this.#free.push(seat)
  }

  /** Seats in use are disposed of when they are given back. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#free.splice(0).map((seat) => this.#dispose(seat)))
  }

  async #dispose(seat: LockSeat): Promise<void> {
    this.#seats.delete(seat)
    // Nothing of it is in flight; a device that is gone has taken the memory, too.
    await seat.landing.close().catch(() => undefined)
  }
}
