// The owner's side of the reader rows: which are given to whom, what pins stand in them, and which of
// these have outlived their lease. Invariant: a pin that its reader still relies on is never ignored.
//
// The rows are looked at one by one, each look with two loads, while readers WRITE them. A sample may
// be of several WRITEs, in any mixture of their bytes. Why that does no harm:
//  (1) A row that changes while it is sampled is being WRITTEN after the look began. Whatever pin is
//      in that WRITE, its reader READs the word later still, after the fence that came before the
//      look (reclaimer.ts), and finds what was published by then. So the new pin need not be seen.
//  (2) The pin that was there before: its reader WRITES over it only to renew it, with the same bytes
//      of `pin`, or when no guard relies on it any more. So nothing of it need be seen either.
// A mixture is therefore an epoch that may be anything at an instant at which anything is right.
//
// Leases. No two hosts' clocks are compared. The reader counts from before it posts its WRITE; it
// relies on the pin for leaseMs of its own clock (reader-row.ts). The owner ignores a pin when the same
// (pin, sequence) has stood there for leaseMs + slackMs of its own clock, where
//  (3) it counts from an instant AFTER the look that saw the pair first, hence after the WRITE was
//      posted: a clock sampled before that look may be older than the WRITE itself;
//  (4) it counts to an instant BEFORE the look that sees the pair last: a clock sampled after that look
//      may be past the end of a lease that was renewed in between, in time.
// So its interval lies within the one in which the reader's lease runs out, and slackMs has to pay only
// for clocks of different speed.
//  (5) Each WRITE of a row has another sequence, encoded, so that no mixture of two is a third one: two
//      looks that see the same pair saw the same WRITE. `loadWord` rounds 64-bit numbers to 53 bits:
//      two sequences look alike with probability 2^-53, and only for the same pin.
import { UntornError } from '../../errors.ts'
import type { LocalMemory } from '../local-memory.ts'
import { type CellShape, Row, UNIT_BYTES, rowOffset } from './layout.ts'
import type { LeaseTerms } from './lease-terms.ts'

/** A pin as the owner sees it. */
export interface PinView {
  readonly row: number
  /** Newest version that the reader knew when it pinned. */
  readonly epoch: number
  /** Clock since when the pin has stood there unchanged; NaN before the scan that saw it first ended. */
  readonly seenMs: number
  /** It has outlived its lease: it holds nothing up any more. */
  readonly expired: boolean
}

const NONE = Number.POSITIVE_INFINITY

export class ReaderTable {
  readonly leaseMs: number
  readonly slackMs: number
  /** Pins that were ignored because their lease had run out, so far. */
  expirations = 0
  readonly #memory: LocalMemory
  readonly #granted: Uint8Array
  /** Rows that the scan in progress has to look at still. */
  readonly #awaited: Uint8Array
  readonly #pins: Float64Array
  readonly #sequences: Float64Array
  readonly #seen: Float64Array
  readonly #expired: Uint8Array

  constructor(memory: LocalMemory, shape: CellShape, terms: LeaseTerms) {
    this.#memory = memory
    this.leaseMs = terms.leaseMs
    this.slackMs = terms.slackMs
    this.#granted = new Uint8Array(shape.readers)
    this.#awaited = new Uint8Array(shape.readers)
    this.#pins = new Float64Array(shape.readers)
    this.#sequences = new Float64Array(shape.readers)
    this.#seen = new Float64Array(shape.readers)
    this.#expired = new Uint8Array(shape.readers)
  }

  /** Rows of the table. */
  get rows(): number {
    return this.#granted.length
  }

  /** Rows that readers have. */
  get granted(): number {
    let count = 0
    for (const granted of this.#granted) count += granted
    return count
  }

  isGranted(row: number): boolean {
    return this.#granted[row] === 1
  }

  /**
   * Gives a row away; its number.
   * @throws UntornError ERR_UNTORN_DENIED when all are given away
   */
  grant(): number {
    const row = this.#granted.indexOf(0)
    if (row < 0) {
      throw new UntornError(
        'ERR_UNTORN_DENIED',
        `all ${this.rows} rows are taken: publish the cell with more readers`,
      )
    }
    this.#granted[row] = 1
    return row
  }

  /**
   * Takes a row back, and the pin in it. Nothing that its reader posted may land any more.
   * (6) The fence: whoever is given the row next WRITES it after this store is visible, not before.
   */
  revoke(row: number): void {
    if (this.#granted[row] !== 1) return
    this.#granted[row] = 0
    this.#awaited[row] = 0
    this.#forget(row)
    for (let at = 0; at < UNIT_BYTES; at += 8) this.#memory.storeWord(rowOffset(row) + at, 0)
    this.#memory.barrier('beforeScan')
  }

  /** Begins the looks of a scan: one at each row that is given away by now. */
  begin(): void {
    this.#awaited.set(this.#granted)
  }

  /** Whether every look of the scan has been taken. */
  get looked(): boolean {
    return !this.#awaited.includes(1)
  }

  /**
   * One look: the epoch of the pin in a row, Infinity when it holds none that counts.
   * @param clockMs sampled before the two loads (4)
   * @param pin from `loadPin`, and `sequence` from `loadSequence`: for those who want them to be steps
   *   of their own
   */
  look(
    row: number,
    clockMs: number,
    pin: number = this.loadPin(row),
    sequence: number = this.loadSequence(row),
  ): number {
    this.#awaited[row] = 0
    if (pin === 0) {
      this.#forget(row)
      return NONE
    }
    if (pin !== this.#pins[row] || sequence !== this.#sequences[row]) {
      this.#pins[row] = pin
      this.#sequences[row] = sequence
      this.#seen[row] = this.firstSeen(clockMs)
      this.#expired[row] = 0
      return pin - 1
    }
    if (this.#expired[row] === 0 && clockMs - (this.#seen[row] as number) >= this.#patienceMs) {
      this.#expired[row] = 1
      this.expirations += 1
    }
    return this.#expired[row] === 1 ? NONE : pin - 1
  }

  /** The first load of a look. */
  loadPin(row: number): number {
    return this.#memory.loadWord(rowOffset(row) + Row.pin)
  }

  /** The second load of a look. */
  loadSequence(row: number): number {
    return this.#memory.loadWord(rowOffset(row) + Row.sequence)
  }

  /**
   * Ends the looks of a scan.
   * @param clockMs sampled after the last of them (3)
   */
  end(clockMs: number): void {
    for (let row = 0; row < this.rows; row += 1) {
      if (Number.isNaN(this.#seen[row])) this.#seen[row] = clockMs
    }
  }

  /** The pins that the last scan saw, oldest epoch first. */
  pins(): PinView[] {
    const views: PinView[] = []
    for (let row = 0; row < this.rows; row += 1) {
      const pin = this.#pins[row] as number
      if (pin === 0) continue
      const seenMs = this.#seen[row] as number
      views.push({ row, epoch: pin - 1, seenMs, expired: this.#expired[row] === 1 })
    }
    return views.sort((a, b) => a.epoch - b.epoch)
  }

  /** From when a pin that a look sees for the first time is counted; NaN: from the end of the scan. */
  protected firstSeen(_clockMs: number): number {
    return Number.NaN
  }

  get #patienceMs(): number {
    return this.leaseMs + this.slackMs
  }

  #forget(row: number): void {
    this.#pins[row] = 0
    this.#sequences[row] = 0
    this.#seen[row] = 0
    this.#expired[row] = 0
  }
}
