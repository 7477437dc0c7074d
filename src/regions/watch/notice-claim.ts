// A watcher's claim to be told of publications. Invariants:
//  (1) A notice says nothing but "look": whatever it holds is not looked at.
//  (2) No publication goes unseen for good. One before the claim was granted is seen by the look that
//      follows arming. One after it is notified, or owed, by the owner (watchers.ts), and whatever
//      arrives from the moment on at which a look begins makes `news` true again. A notice that is lost
//      with its queue pair ends the claim, and arming anew is news; any other is made up for by the look
//      at the end of a pause.
import type { BindingSource, Claim } from '../contract.ts'

export class NoticeClaim {
  /** Somebody published, or may have, since the last look began. */
  news = true
  readonly #source: BindingSource
  readonly #wake: () => void
  #claim: Claim | undefined
  #released = false

  constructor(source: BindingSource, wake: () => void) {
    this.#source = source
    this.#wake = wake
  }

  get armed(): boolean {
    return this.#claim !== undefined && this.#claim.ended === undefined
  }

  /** Claims, again where the last claim has ended. @throws as `BindingSource.claim` */
  async arm(signal: AbortSignal): Promise<void> {
    const claim = await this.#source.claim('watch', signal)
    this.news = true
    if (this.#released) {
      void claim.release()
      return
    }
    this.#claim = claim
    claim.onNotice = () => this.#tell()
    claim.onEnded = () => this.#tell()
  }

  /** A look begins. */
  looking(): void {
    this.news = false
  }

  /** The look came to nothing. */
  lookAgain(): void {
    this.news = true
  }

  release(): void {
    this.#released = true
    const claim = this.#claim
    if (claim === undefined) return
    claim.onNotice = null
    claim.onEnded = null
    void claim.release()
  }

  #tell(): void {
    this.news = true
    this.#wake()
  }
}
