// When snapshots of several regions belong together: rounds, of which the first reads every region and
// each further one asks every region whether it still has the version that was read last, and reads anew
// where it has not. A round in which nothing had changed ends it. Pure: who reads, and how, is not known
// here. (Double collect: Afek et al., Atomic Snapshots of Shared Memory, 1993.)
//
//    region x   |--read v--|              |unchanged|
//    region y      |-----read w-----|    |--unchanged--|
//                                   ^----^ v and w were both the present versions
//
// Why all versions were the present ones at one instant:
//  (1) A read of x that ends with v: v was the present version at an instant between the first post and
//      the last completion of that read, whatever the strategy. Each reader's own argument says so.
//  (2) A check that ends with "unchanged": v was the present version at an instant between the check's
//      post and its completion: one sample of the version word (seal, index, pointer) that had v.
//  (3) A version that was replaced never comes back. So from the instant of (1) to that of (2), v was the
//      present version all along.
//  (4) `ask` posts no check of a round before every read of the round before has been `found`, that is,
//      has completed. So all instants of (1) lie before that moment, and all of (2) after it.
//  (5) In the last round every check ended with "unchanged". So at the moment between it and the round
//      before, each version was its region's present one.
//
// (4) is about completions that one reader saw before it posted, so nothing is needed of the order of
// READs, of queue pairs, or of clocks, and the regions may have different owners on different hosts.
//
// "Present" means: published, and the next one not yet, as READs see the memory. Where one owner
// publishes x and then y, that is also the order in which these become present, if all that x's
// publication stores is ordered before what completes y's: every publication contains or ends with a
// barrier that does so.

/** The rounds of one joint read of several regions. */
export class SnapshotGroup {
  /** Every version was the present one at one instant: nothing is left to do. */
  accepted = false
  /** Rounds that have ended. */
  rounds = 0
  /** The version read last, by region; 0 before the first. */
  protected readonly versions: number[]
  readonly #asked: boolean[]
  #awaited: number
  #changed = false

  /** @param count number of regions */
  constructor(count: number) {
    this.versions = new Array<number>(count).fill(0)
    this.#asked = new Array<boolean>(count).fill(false)
    this.#awaited = count
  }

  /**
   * What to ask a region now: whether it still has the returned version, and for a snapshot where not;
   * 0: for a snapshot in any case; -1: nothing, others have to be waited for.
   */
  ask(index: number): number {
    if (this.accepted || this.#asked[index] === true) return -1
    this.#asked[index] = true
    return this.versions[index] as number
  }

  /** A region's answer: it still had that version, or a snapshot of it was read. */
  found(index: number, version: number, changed: boolean): void {
    this.versions[index] = version
    // In the first round every answer is a snapshot.
    if (changed) this.#changed = true
    this.#awaited -= 1
    if (this.#awaited > 0) return
    this.accepted = !this.#changed
    this.rounds += 1
    this.#changed = false
    this.#awaited = this.versions.length
    this.#asked.fill(false)
  }
}
