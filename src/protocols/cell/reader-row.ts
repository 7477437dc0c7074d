// What a reader knows of its own row: the pin that stands there, what it protects, and for how long.
// Several reads share it; all of them post to the queue pair that its claim came by. Invariant:
// `holds` is true only while the owner keeps what the pin protects.
//
//  (1) The lease of a pin runs from before its WRITE is posted, in the reader's own clock.
//  (2) A renewal counts only if a READ posted behind it has completed before the lease ran out: then the
//      owner saw the pin changed before it could ignore it. Counted, it runs from before its own WRITE
//      was posted. One that completes late may have landed when the owner had reclaimed already: it
//      ends the term.
//  (3) What is read under a pin is believed only if the clock, sampled after the READ has completed, is
//      before the end of the lease: replays of the READ are over by then.
//  (4) The epoch is the newest version that a READ of this reader accepted before the WRITE is posted:
//      later samples of the word find that version or a newer one. What others say does not count.
//  (5) While a guard is alive the epoch stays. A later guard is protected by an older epoch as well.
//      With no guard alive a renewal moves the epoch on by storing over it: see reader-table.ts for why
//      a mixture of the two does no harm.
//
// A term is the time of one pin, renewals included. Guards are of a term; when it has ended, they are
// dead, and the next guard begins another one with a WRITE.
import type { PointerCode } from './pointer-code.ts'
import { rowOffset } from './layout.ts'

const TWO_32 = 0x1_0000_0000

export class ReaderRow {
  /** Byte offset of the row in the region. */
  readonly offset: number
  readonly leaseMs: number
  /** The term that lasts, or the one that lasted last. */
  term = 0
  /** A pin is kept while no guard is alive: then taking one costs no WRITE. */
  standing = false
  /** Newest version that this reader has accepted (4). */
  #known = 0
  #guards = 0
  /** As posted last; 0: none. */
  #pin = 0
  #sequence = 0
  /** End of the lease. */
  #untilMs = Number.NEGATIVE_INFINITY

  /** @param row from the grant, as is the lease */
  constructor(row: number, leaseMs: number) {
    this.offset = rowOffset(row)
    this.leaseMs = leaseMs
  }

  /** Guards of the present term. */
  get guards(): number {
    return this.#guards
  }

  /** End of the lease in the reader's clock; -Infinity when there is no pin. */
  get untilMs(): number {
    return this.#pin === 0 ? Number.NEGATIVE_INFINITY : this.#untilMs
  }

  /** Version that the pin stands for. */
  get epoch(): number {
    return this.#pin - 1
  }

  /** A READ of this reader has accepted a version. */
  learn(version: number): void {
    if (version > this.#known) this.#known = version
  }

  /** Whether what guards of a term protect is still there. */
  holds(term: number, nowMs: number): boolean {
    return term === this.term && this.#pin !== 0 && this.#inTime(nowMs)
  }

  /** Whether taking a guard costs a WRITE of the row. */
  needsPin(nowMs: number): boolean {
    return this.#pin === 0 || !this.#inTime(nowMs)
  }

  /** Begins a term: the row has to be written and posted at once. */
  pin(nowMs: number): void {
    this.term += 1
    this.#guards = 0
    this.#pin = this.#known + 1
    this.#untilMs = nowMs + this.leaseMs
    this.#sequence += 1
  }

  /** Takes a guard of the present term, which is returned. Before its READs are posted. */
  take(): number {
    this.#guards += 1
    return this.term
  }

  /** Ends a guard. True when the row has to be released: it was the last one. */
  drop(term: number): boolean {
    if (term !== this.term || this.#guards === 0) return false
    this.#guards -= 1
    return this.#guards === 0 && !this.standing && this.#pin !== 0
  }

  /** Begins a renewal, or a term where none lasts: the row has to be written and posted at once. */
  renew(nowMs: number): void {
    if (this.needsPin(nowMs)) {
      this.pin(nowMs)
      return
    }
    if (this.#guards === 0) this.#pin = this.#known + 1
    this.#sequence += 1
  }

  /** Ends a renewal of a term (2); false when it does not count. */
  renewed(term: number, postedMs: number, nowMs: number): boolean {
    if (!this.holds(term, nowMs)) {
      if (term === this.term) this.lapse()
      return false
    }
    this.#untilMs = Math.max(this.#untilMs, postedMs + this.leaseMs)
    return true
  }

  /** Takes the pin away: the row has to be written and posted at once. */
  release(): void {
    this.lapse()
    this.#sequence += 1
  }

  /** The term has ended: a chain with a WRITE of the row failed, or the claim is over. */
  lapse(): void {
    this.#pin = 0
    this.#guards = 0
    this.term += 1
  }

  /** Stores the row as it has to be written, into word `word` of `halves` and the next. */
  image(halves: Int32Array, word: number, code: PointerCode): void {
    const at = 2 * word
    halves[at] = this.#pin >>> 0
    halves[at + 1] = Math.floor(this.#pin / TWO_32)
    code.encodeNumber(this.#sequence)
    halves[at + 2] = code.low
    halves[at + 3] = code.high
  }

  #inTime(nowMs: number): boolean {
    return nowMs < this.#untilMs
  }
}
