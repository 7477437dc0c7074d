// How the owner of a cell with remote writers publishes, learns and closes: by swapping the word through
// its own NIC, over a queue pair to itself. One at a time. Invariant: what a swap finds is made known to
// the owner before anything else is tried.
//
// Publishing: (1) object and header by the CPU's stores, as without writers; (2) `drain`: they are
// visible before the swap is posted, not merely ordered before other stores; (3) compare-and-swap.
// When it finds another word, the object was seen by nobody: its header is stored anew, for the version
// after the one found. Learning is a swap of the present word for itself: it changes nothing, and finds
// the word in one piece.
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { LINE_BYTES } from '../seqlock/layout.ts'
import type { CellDraft, CellOwner } from './owner.ts'
import type { PresentWord } from './placement.ts'
import { Pointer } from './pointer-code.ts'
import { boundHalves } from './reader-base.ts'
import { WordSwap } from './word-swap.ts'

const Task = { Learn: 0, Publish: 1, Close: 2 } as const

/** The owner's side of a cell that peers write to. Runs on a queue pair to the owner itself. */
export class OwnerSwap implements RemoteMachine {
  readonly landingBytes: number = LINE_BYTES
  evidence: EvidenceCode = Evidence.None
  /** After Done of `publish`: whether the word was swapped; false only when a version was expected. */
  swapped = false
  readonly #owner: CellOwner
  readonly #swap: WordSwap
  #task: (typeof Task)[keyof typeof Task] = Task.Learn
  #draft: CellDraft | null = null
  #expectedVersion = 0
  /** Word that `close` replaces, where it is not the one that the owner knows. */
  #found: PresentWord | null = null
  #desired: PresentWord = { low: 0, high: 0 }
  #ticket = 0
  #halves: Int32Array = new Int32Array(0)

  /** @param swap another way to swap the word: negative controls only */
  constructor(owner: CellOwner, swap: WordSwap = new WordSwap()) {
    this.#owner = owner
    this.#swap = swap
  }

  /** The newest version known. */
  get version(): number {
    return this.#owner.version
  }

  /** The last swap's result is not known. */
  get inDoubt(): boolean {
    return this.#swap.inDoubt
  }

  bind(landing: Uint8Array): void {
    this.#halves = boundHalves(landing, this.landingBytes)
  }

  /** What the next attempts do: learn what was published. */
  learn(): void {
    this.#task = Task.Learn
    this.#draft = null
  }

  /**
   * What the next attempts do: publish a draft.
   * @param expectedVersion only as its successor; then Done with `swapped` false says that it was not,
   *   and the draft is to be discarded. 0: as the successor of whatever is there
   */
  publish(draft: CellDraft, expectedVersion: number = 0): void {
    this.#task = Task.Publish
    this.#draft = draft
    this.#expectedVersion = expectedVersion
  }

  /**
   * What the next attempts do: store the terminal mark. Whatever the word is: a cell that some writer
   * has broken can be closed as well.
   */
  close(): void {
    this.#task = Task.Close
    this.#draft = null
    this.#found = null
  }

  begin(sink: RemoteSink): void {
    const owner = this.#owner
    this.swapped = false
    this.#ticket = owner.writers.endings
    this.#desired = this.#prepare()
    const expected = this.#task === Task.Close ? (this.#found ?? owner.word) : owner.word
    this.#swap.post(sink, expected, this.#desired)
  }

  /**
   * Looks at what was found; Retry after a swap that somebody else was quicker than.
   * @throws UntornError ERR_UNTORN_BROKEN_PROTOCOL as `CellOwner.catchUp`
   */
  resume(_sink: RemoteSink): VerdictCode {
    const owner = this.#owner
    const swap = this.#swap
    const same = swap.landed(this.#halves)
    if (!same && owner.placement.code.decode(swap.low, swap.high) === Pointer.Closed) {
      owner.closedBySwap()
      return Verdict.Closed
    }
    if (this.#task === Task.Close) {
      this.#found = { low: swap.low, high: swap.high }
      return same ? this.#succeeded() : this.#retry()
    }
    owner.catchUp(swap.low, swap.high, this.#ticket)
    return same ? this.#succeeded() : this.#moved()
  }

  /**
   * The chain has failed, and its queue pair is closed: nothing of it is executed any more. The next
   * swap, on another queue pair, finds out what came of a draft in doubt.
   */
  abandon(): void {
    if (this.#swap.inDoubt && this.#draft !== null) this.#owner.doubt(this.#draft)
    this.#swap.inDoubt = false
    this.#draft = null
  }

  #prepare(): PresentWord {
    const { placement } = this.#owner
    if (this.#task === Task.Learn || this.#isLate()) return this.#owner.word
    if (this.#draft === null) {
      placement.code.encodeClosed()
    } else {
      this.#owner.prepare(this.#draft)
      placement.drain()
    }
    return { low: placement.code.low, high: placement.code.high }
  }

  /** The version to be replaced is not the present one: there is nothing to swap. */
  #isLate(): boolean {
    const expected = this.#expectedVersion
    return this.#task === Task.Publish && expected !== 0 && expected !== this.#owner.version
  }

  #succeeded(): VerdictCode {
    const { low, high } = this.#desired
    if (this.#task === Task.Close) this.#owner.closedBySwap()
    if (this.#draft !== null && !this.#isLate()) {
      this.#owner.published(this.#draft, low, high)
      this.swapped = true
    }
    return this.#end(Verdict.Done)
  }

  #moved(): VerdictCode {
    // What was learnt is as new as the swap: that is what learning wanted.
    if (this.#task === Task.Learn || this.#isLate()) return this.#end(Verdict.Done)
    return this.#retry()
  }

  #retry(): VerdictCode {
    this.evidence = Evidence.Lapped
    return Verdict.Retry
  }

  #end(verdict: VerdictCode): VerdictCode {
    this.evidence = Evidence.None
    return verdict
  }
}
