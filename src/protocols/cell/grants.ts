// Room that remote writers were given: who has which place, which objects of it were published, and
// which the owner gave back. Invariant: an object that was published is given to a writer, the same or
// the next one of its place, only when nobody can see it any more.
//
// Object s of a place belongs to its writer while the line's word s equals the number of times that
// the writer has published it; the owner adds one when it has reclaimed it. Both only count up, by one
// at a time and in turns, so whatever mixture of two counts the writer samples, "equal" is right: the
// two differ until the owner's store has begun, and it begins when the object is reclaimed.
//
// The end of a place. When its claim has ended, nothing of its writer lands any more, but its last
// swaps may not have been noticed. So the place is free once the owner has sampled the word after the
// claim had ended, and walked back from it: from then on every object of the place that was ever
// published is known to be, and the others are nobody's. The next writer gets those at once; the others
// are withheld from it, by a count that no writer has, and given to it when they are reclaimed. (Else the
// only writer of a cell could not come back while the present object is the one that it published last.)
import { UntornError } from '../../errors.ts'
import type { CellPlacement } from './placement.ts'
import { type CellShape, GRANT_OBJECTS, lineOffset, ownerUnits, spanUnits } from './layout.ts'

/**
 * Count of an object that is withheld: its bytes, but the last one, differ from those of 0, which takes its
 * place, so that no mixture of the two is 0.
 */
const WITHHELD = Number.MAX_SAFE_INTEGER

const Place = { Free: 0, Granted: 1, Ending: 2 } as const

export class WriterGrants {
  /** Claims that have ended so far: a ticket, to be taken before the word is sampled. */
  endings = 0
  readonly #shape: CellShape
  readonly #placement: CellPlacement
  readonly #states: Uint8Array
  /** For a place that ends: the ticket from which on a sample of the word counts; 0: done. */
  readonly #endedAt: Float64Array
  /** For each object of all places: published, and not reclaimed yet. */
  readonly #published: Uint8Array
  /** For each object: how often it was given back to its present writer; -1: it is withheld. */
  readonly #released: Float64Array

  constructor(shape: CellShape, placement: CellPlacement) {
    this.#shape = shape
    this.#placement = placement
    this.#states = new Uint8Array(shape.writers)
    this.#endedAt = new Float64Array(shape.writers)
    this.#published = new Uint8Array(shape.writers * GRANT_OBJECTS)
    this.#released = new Float64Array(shape.writers * GRANT_OBJECTS)
  }

  /** Places that writers have, or that are not free again yet. */
  get taken(): number {
    return this.#states.reduce((count, state) => count + (state === Place.Free ? 0 : 1), 0)
  }

  /**
   * Gives a place away; its number. Its line counts from 0 before anybody is told.
   * @throws UntornError ERR_UNTORN_DENIED when all are taken
   */
  grant(): number {
    const writer = this.#states.indexOf(Place.Free)
    if (writer < 0) {
      throw new UntornError(
        'ERR_UNTORN_DENIED',
        `all ${this.#states.length} places of writers are taken: publish the cell with more writers`,
      )
    }
    this.#states[writer] = Place.Granted
    this.#placement.clearLine(lineOffset(this.#shape, writer))
    for (let object = 0; object < GRANT_OBJECTS; object += 1) {
      const withheld = this.#published[writer * GRANT_OBJECTS + object] === 1
      this.#released[writer * GRANT_OBJECTS + object] = withheld ? -1 : 0
      if (withheld) this.#placement.storeReleased(writer, object, WITHHELD)
    }
    this.#placement.drain()
    return writer
  }

  /** The claim of a place has ended; nothing of it lands any more. */
  end(writer: number): void {
    if (this.#states[writer] !== Place.Granted) return
    this.endings += 1
    this.#states[writer] = Place.Ending
    this.#endedAt[writer] = this.endings
  }

  /** Some place waits for the word to be sampled. */
  get unsettled(): boolean {
    return this.#endedAt.some((ticket) => ticket > 0)
  }

  /** The word was sampled after `ticket` was taken from `endings`, and everything before it walked. */
  settle(ticket: number): void {
    for (let writer = 0; writer < this.#states.length; writer += 1) {
      const endedAt = this.#endedAt[writer] as number
      if (endedAt === 0 || endedAt > ticket) continue
      this.#endedAt[writer] = 0
      this.#states[writer] = Place.Free
    }
  }

  /** Whether an object of some grant begins at a unit, and its writer may have published it. */
  mayBePublished(unit: number): boolean {
    const object = this.#objectAt(unit)
    if (object < 0 || this.#published[object] === 1) return false
    return this.#states[Math.floor(object / GRANT_OBJECTS)] !== Place.Free
  }

  /** The object at a unit was found to be published. */
  published(unit: number): void {
    this.#published[this.#objectAt(unit)] = 1
  }

  /** The object at a unit was reclaimed: its writer may have it back. */
  release(unit: number): void {
    const object = this.#objectAt(unit)
    this.#published[object] = 0
    const writer = Math.floor(object / GRANT_OBJECTS)
    if (this.#states[writer] !== Place.Granted) return
    const released = (this.#released[object] as number) + 1
    this.#released[object] = released
    this.#placement.storeReleased(writer, object % GRANT_OBJECTS, released)
  }

  /** Index of the object that begins at a unit; -1 when none does. */
  #objectAt(unit: number): number {
    const object = (unit - ownerUnits(this.#shape)) / spanUnits(this.#shape)
    return Number.isInteger(object) && object >= 0 && object < this.#published.length ? object : -1
  }
}
