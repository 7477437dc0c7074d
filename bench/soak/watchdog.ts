// Who hangs. Silence and failure have limits: an actor speaks ten times a second, and as long as the
// owner is there something has to succeed. Who is stopped, or waits for an owner that is away, does not hang.

export interface Patience {
  /** From the start of a process until it is ready. Milliseconds, as all of these. */
  readonly startMs: number
  /** Nothing heard of a process that is ready. */
  readonly silenceMs: number
  /** Nothing succeeded, though the owner is there. */
  readonly stallMs: number
}

export interface Watched {
  readonly name: string
  readonly ready: boolean
  readonly stopped: boolean
  /** When it was last heard of, started, or let go on. */
  readonly heardMs: number
  /** When something last succeeded, or could not be expected to. */
  readonly progressMs: number
  readonly doing: string
}

/** What is wrong with an actor, in words; null when nothing is. */
export function hangOf(
  actor: Watched,
  ownerThere: boolean,
  nowMs: number,
  patience: Patience,
): string | null {
  if (actor.stopped) return null
  const silentMs = Math.round(nowMs - actor.heardMs)
  if (silentMs > (actor.ready ? patience.silenceMs : patience.startMs)) {
    return `${actor.name} hangs: silent for ${silentMs} ms, last heard: ${actor.doing}`
  }
  const stalledMs = Math.round(nowMs - actor.progressMs)
  if (!ownerThere || !actor.ready || stalledMs <= patience.stallMs) return null
  return `${actor.name}: nothing has succeeded for ${stalledMs} ms: ${actor.doing}`
}
