// Beats at one's own interval, and notices when the other side misses three of its own.
//
// A side announces the interval at which it will be heard; 0 means "do not count on it", for a
// process that spins in synchronous calls. What a *process* does not say is all that is judged here:
// a vanished machine is also found by the kernel's TCP keepalive, which no busy loop delays.
import { HEARTBEAT_MS_MIN, HEARTBEATS_MISSED_MAX } from './limits.ts'

export interface HeartbeatOptions {
  /** Interval of one's own beats, milliseconds; 0: none. */
  readonly ownMs: number
  /** Interval that the other side announced; 0: its silence means nothing. */
  readonly theirMs: number
  readonly beat: () => void
  /** Called once, with the milliseconds of silence. */
  readonly silent: (silenceMs: number) => void
}

export class Heartbeat {
  readonly #beating: NodeJS.Timeout | undefined
  readonly #checking: NodeJS.Timeout | undefined
  #missed = 0

  constructor(options: HeartbeatOptions) {
    const { ownMs, theirMs, beat, silent } = options
    if (ownMs > 0) this.#beating = setInterval(beat, ownMs).unref()
    if (theirMs === 0) return
    const intervalMs = Math.max(theirMs, HEARTBEAT_MS_MIN)
    let checkedAt = performance.now()
    this.#checking = setInterval(() => {
      const now = performance.now()
      const late = now - checkedAt > intervalMs * 1.5
      checkedAt = now
      // A late check means that this side's loop was held up: what the other side said meanwhile
      // is still in the socket, and its silence cannot be told from that.
      if (late) return
      this.#missed += 1
      if (this.#missed < HEARTBEATS_MISSED_MAX) return
      this.stop()
      silent(this.#missed * intervalMs)
    }, intervalMs).unref()
  }

  /** Anything at all arrived. */
  heard(): void {
    this.#missed = 0
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#beating)
    clearInterval(this.#checking)
  }
}
