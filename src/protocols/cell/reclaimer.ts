// When the memory of a replaced object may be used again. Invariant: an object is reclaimed only when
// no reader with a pin that it still relies on can have found the word that pointed to it.
//
// An object replaced by version r is retired at r. The owner then, in this order,
//  (1) has stored, or seen, the word of version r;
//  (2) fence: that word is visible to every READ that samples later than any look of (3);
//  (3) looks at every row that is given away, one by one;
//  (4) reclaims the object if every pin it saw has an epoch e ≥ r.
//
// Why. Take a reader that relies on a pin and found an older word than that of r. On one queue pair it
// WROTE its row, then READ the word. A WRITE is placed before anything later on its queue pair touches
// the memory, so the pin was in memory before the word was sampled, hence before (2), and stays there
// while it is relied upon: the looks of (3) see it. (Either the look sees the pin or the READ sees the
// swap: store, fence, load against store, order, load.) Its epoch e is the newest version that the
// reader knew to be published before it posted the WRITE, from a word that it had READ itself; a later
// sample of the word finds e or newer. It found an older one than r: so e < r, and (4) keeps the object.
// A reader that pinned while it held another guard leaves the row as it is: its epoch is older still.
//
// A reader that is not seen in (3), or seen with e ≥ r, finds the word of r or a newer one. A row that
// is given away during the scan belongs to a reader that WRITES it later than (2).
//
// Readers without a pin need none of this (reader-validated.ts).
import type { LocalMemory } from '../local-memory.ts'
import { NumberQueue } from '../number-queue.ts'
import type { ReaderTable } from './reader-table.ts'

/** What a reclaimer works for. */
export interface RetiredMemory {
  /** The newest version that is known to be published. */
  version(): number
  /** No reader can see this object any more. */
  reclaimed(unit: number): void
  /** The object's room may be used again. */
  free(unit: number): void
}

export class Reclaimer {
  /** Objects reclaimed so far. */
  reclaimed = 0
  /** Every pin that the last whole scan left standing knows this version, or a newer one. */
  graceVersion = 0
  protected readonly memory: LocalMemory
  readonly #table: ReaderTable
  readonly #retired: RetiredMemory
  readonly #quarantineMin: number
  readonly #units: NumberQueue = new NumberQueue()
  /** The version at which each of them was retired, ascending. */
  readonly #versions: NumberQueue = new NumberQueue()
  readonly #quarantine: NumberQueue = new NumberQueue()
  /** Newest version when the scan in progress began: it says nothing of what is retired later. */
  #scanned = -1
  #oldestEpoch = 0

  /** @param quarantineMin objects reclaimed later than one before its room is used again */
  constructor(
    memory: LocalMemory,
    table: ReaderTable,
    retired: RetiredMemory,
    quarantineMin: number = 0,
  ) {
    this.memory = memory
    this.#table = table
    this.#retired = retired
    this.#quarantineMin = quarantineMin
  }

  /** Objects that wait to be reclaimed. */
  get waiting(): number {
    return this.#units.count
  }

  /** Version at which the oldest of them was retired; NaN when none waits. */
  get oldestRetired(): number {
    return this.#versions.at(0)
  }

  /** Step (1): version `retiredAt` has replaced the object. In the order of versions. */
  retire(unit: number, retiredAt: number): void {
    this.#units.push(unit)
    this.#versions.push(retiredAt)
  }

  /** Step (2). Everything retired so far is in the scan. */
  beginScan(): void {
    this.fence()
    this.#scanned = this.#retired.version()
    this.#oldestEpoch = Number.POSITIVE_INFINITY
    this.#table.begin()
  }

  /**
   * Step (3), for one row.
   * @param clockMs sampled before the loads; `pin` and `sequence` as of `ReaderTable.look`
   */
  look(row: number, clockMs: number, pin?: number, sequence?: number): void {
    const epoch = this.#table.look(row, clockMs, pin, sequence)
    if (epoch < this.#oldestEpoch) this.#oldestEpoch = epoch
  }

  /**
   * Step (4); how many objects were reclaimed.
   * @param clockMs sampled after the last look
   */
  endScan(clockMs: number): number {
    if (this.#scanned < 0 || !this.#table.looked) {
      throw new Error('a scan ends when every row that is given away has been looked at')
    }
    this.#table.end(clockMs)
    const seen = Math.min(this.#scanned, this.#oldestEpoch)
    if (seen > this.graceVersion) this.graceVersion = seen
    // The looks are over before anything is stored into what they allow to store into.
    this.memory.barrier('beforeScan')
    const before = this.reclaimed
    while (this.mayReclaim(this.#versions.at(0), this.#oldestEpoch)) this.#reclaim()
    this.#scanned = -1
    return this.reclaimed - before
  }

  /** A whole scan; `clock` is called before each look and after the last one. */
  scan(clock: () => number): number {
    this.beginScan()
    for (let row = 0; row < this.#table.rows; row += 1) {
      if (this.#table.isGranted(row)) this.look(row, clock())
    }
    return this.endScan(clock())
  }

  /** Step (2): negative controls leave it out. */
  protected fence(): void {
    this.memory.barrier('beforeScan')
  }

  /** Step (4): the decision. False for NaN: nothing waits. */
  protected mayReclaim(retiredAt: number, oldestEpoch: number): boolean {
    return retiredAt <= this.#scanned && oldestEpoch >= retiredAt
  }

  #reclaim(): void {
    const unit = this.#units.shift()
    this.#versions.shift()
    this.reclaimed += 1
    this.#retired.reclaimed(unit)
    this.#quarantine.push(unit)
    while (this.#quarantine.count > this.#quarantineMin) {
      this.#retired.free(this.#quarantine.shift())
    }
  }
}
