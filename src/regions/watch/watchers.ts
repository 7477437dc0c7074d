// Who wants to be told of a region's publications: part of an owner, which calls `published` after each.
//
// Invariants: at most one notice is on its way to a watcher; who was not told of the last publication
// because one was, is owed one more, and gets it. Publishing costs one comparison while nobody watches.
//
// A watcher that is told finds the publication: posting a SEND orders the stores before it, or the
// device would send old bytes, so what `published` follows is in memory when the notice leaves.
import type { ClaimHandler, ClaimHolder, Grant } from '../contract.ts'

/** Pause before who is owed a notice is told; it doubles while nobody takes one. */
const OWED_MS_MIN = 1
const OWED_MS_MAX = 64

const nothing: Grant = { windows: [], parameters: {} }
/** A notice holds nothing to be trusted. */
const notice: Uint8Array = new Uint8Array(1)

export class Watchers implements ClaimHandler {
  readonly #holders = new Set<ClaimHolder>()
  readonly #owed = new Set<ClaimHolder>()
  #timer: NodeJS.Timeout | undefined
  #pauseMs = OWED_MS_MIN

  /** How many watch at present. */
  get count(): number {
    return this.#holders.size
  }

  claim(holder: ClaimHolder): Grant {
    this.#holders.add(holder)
    return nothing
  }

  ended(holder: ClaimHolder): void {
    this.#holders.delete(holder)
    this.#owed.delete(holder)
    if (this.#owed.size === 0) this.#rest()
  }

  /** A version has been published. */
  published(): void {
    if (this.#holders.size !== 0) this.#tellAll()
  }

  /** The region is closed: there is nothing more to tell, and its peers hear of that otherwise. */
  close(): void {
    this.#holders.clear()
    this.#owed.clear()
    this.#rest()
  }

  #tellAll(): void {
    for (const holder of this.#holders) {
      if (!this.#owed.has(holder) && !holder.notify(notice)) this.#owed.add(holder)
    }
    if (this.#owed.size > 0 && this.#timer === undefined) this.#retryLater()
  }

  #retryLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      let told = false
      for (const holder of this.#owed) {
        if (!holder.notify(notice)) continue
        this.#owed.delete(holder)
        told = true
      }
      this.#pauseMs = told ? OWED_MS_MIN : Math.min(OWED_MS_MAX, 2 * this.#pauseMs)
      if (this.#owed.size > 0) this.#retryLater()
      else this.#rest()
    }, this.#pauseMs)
    // An owner that has nothing else to do may exit.
    this.#timer.unref()
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pauseMs = OWED_MS_MIN
  }
}
