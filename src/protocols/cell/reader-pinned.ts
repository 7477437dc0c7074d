// Reading under a pin: WRITE the row, READ the word, then READ the object, which nobody reclaims
// before the guard is dropped or its lease has run out. Never repeated because of a publication: such a
// read starves nobody and is never starved.
//
// Why an accepted object is one publication's.
//  (1) The row is WRITTEN before the word is READ, on one queue pair: the WRITE is placed before the
//      word is sampled. So the owner keeps what the word points to (reclaimer.ts), while the pin lasts.
//  (2) The word was sampled: every byte of its object was in memory, and it is not stored to while it
//      is kept. One sample of the word is enough.
//  (3) The clock, after the object has landed, is before the end of the lease (reader-row.ts).
//  (4) The object says that this word published it: where words are not sampled in one piece, a mixture
//      of two points anywhere (pointer-code.ts).
//
// Where a pin stands already, another guard's or a standing one, the first chain is the READ alone.
import type { MemoryKernels } from '../local-memory.ts'
import type { RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { type CellShape, Row } from './layout.ts'
import { Pointer, type PointerCode } from './pointer-code.ts'
import { CellReader, FIRST, ROW_LANDING } from './reader-base.ts'
import type { ReaderRow } from './reader-row.ts'

/** A reader's clock in milliseconds; it never goes back, and goes on while the machine sleeps. */
export type Clock = () => number

/** Reader under a pin; `begin` needs a sink on the queue pair of the row's claim. */
export class PinnedReader extends CellReader implements RemoteMachine {
  /**
   * Term of the guard under which is read; 0 to take one in `begin`. It stays until the caller drops
   * it (`ReaderRow.drop`) and sets 0, however attempts end.
   */
  guard = 0
  readonly #row: ReaderRow
  readonly #clock: Clock
  #fetching = false
  /** The word whose object is being fetched. */
  #low = 0
  #high = 0

  constructor(
    shape: CellShape,
    kernels: MemoryKernels,
    row: ReaderRow,
    clock: Clock,
    code?: PointerCode,
  ) {
    super(shape, kernels, code)
    this.#row = row
    this.#clock = clock
  }

  begin(sink: RemoteSink): void {
    this.#fetching = false
    if (this.guard === 0) {
      const now = this.#clock()
      if (this.#row.needsPin(now)) {
        this.#row.pin(now)
        this.writeRow(sink)
      }
      this.guard = this.#row.take()
    }
    this.readWord(sink, FIRST, false)
  }

  resume(sink: RemoteSink): VerdictCode {
    return this.#fetching ? this.#accept() : this.#follow(sink)
  }

  #follow(sink: RemoteSink): VerdictCode {
    const kind = this.decode(FIRST)
    if (kind !== Pointer.Object) return this.noObject(kind)
    this.#low = this.halves[2 * FIRST] as number
    this.#high = this.halves[2 * FIRST + 1] as number
    const { knownVersion } = this.request
    if (knownVersion !== 0 && knownVersion === this.newest && this.isHeld(FIRST)) {
      return this.unchanged(knownVersion)
    }
    // With a lease that has run out already, fetching would be in vain.
    if (!this.inTime()) return this.#expired()
    this.#fetching = true
    this.readObject(sink)
    return Verdict.More
  }

  #accept(): VerdictCode {
    if (!this.inTime()) return this.#expired()
    const version = this.objectVersion(this.#low, this.#high)
    if (version === 0) return this.torn()
    this.#row.learn(version)
    if (version === this.request.knownVersion) {
      this.remember(version, this.#low, this.#high)
      return this.unchanged(version)
    }
    return this.done(version, this.#low, this.#high)
  }

  /** Step (1): on another queue pair it would be a negative control. */
  protected writeRow(sink: RemoteSink): void {
    this.#row.image(this.halves, ROW_LANDING / 8, this.code)
    sink.write(ROW_LANDING, this.#row.offset, Row.bytes, false)
  }

  /** Step (3). */
  protected inTime(): boolean {
    return this.#row.holds(this.guard, this.#clock())
  }

  #expired(): VerdictCode {
    return this.end(this.version, Evidence.None, Verdict.Expired)
  }
}
