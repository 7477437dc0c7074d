// Parts of the negative controls: wrong protocols that look right. Each honours the terminal mark and
// the bounds of requests like the right ones, and is wrong in exactly one named way.
import type { OperationSink, RemoteSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import type { LocalMemory } from '../local-memory.ts'
import { Cell } from './layout.ts'
import type { PresentWord } from './placement.ts'
import { CellPlacement } from './placement.ts'
import { Pointer, PointerCode, wordOf } from './pointer-code.ts'
import { CellReader, FIRST } from './reader-base.ts'
import { PinnedReader } from './reader-pinned.ts'
import { ReaderRow } from './reader-row.ts'
import { ReaderTable } from './reader-table.ts'
import { ValidatedReader } from './reader-validated.ts'
import { Reclaimer } from './reclaimer.ts'
import { WordSwap } from './word-swap.ts'
import { type CellBase, CellWriter } from './writer.ts'

/** Follows the word and asks the object which version it is. */
export class WordOnceReader extends CellReader {
  #low = 0
  #high = 0
  #fetching = false

  begin(sink: OperationSink): void {
    this.#fetching = false
    this.readWord(sink, FIRST, false)
  }

  resume(sink: OperationSink): VerdictCode {
    if (this.#fetching) {
      const version = this.objectVersion(this.#low, this.#high)
      return version === 0 ? this.torn() : this.done(version, this.#low, this.#high)
    }
    const kind = this.decode(FIRST)
    if (kind !== Pointer.Object) return this.noObject(kind)
    this.#low = this.halves[2 * FIRST] as number
    this.#high = this.halves[2 * FIRST + 1] as number
    this.#fetching = true
    this.readObject(sink)
    return Verdict.More
  }
}

/** The last word may be sampled before the object is. */
export class UnfencedReader extends ValidatedReader {
  protected override readLast(sink: OperationSink): void {
    sink.read(8, Cell.word, 8, false)
  }
}

/** Words that say where the present object is, and not which publication it is. */
export class PlaceCode extends PointerCode {
  protected override generationOf(_version: number): number {
    return 0
  }
}

/** The word may be visible before its object is. */
export class NoBarrierBeforePublish extends CellPlacement {
  override publish(low: number, high: number): void {
    this.memory.storeWord64(Cell.word, wordOf(low, high))
    this.memory.barrier('afterPublish')
  }
}

/** The NIC may swap the word while its object is still in the CPU's store buffer. */
export class UndrainedPlacement extends CellPlacement {
  override drain(): void {
    this.memory.barrier('beforePublish')
  }
}

/** The pin's WRITE goes to a queue pair of its own: set `apart` to a sink of it. */
export class PinApartReader extends PinnedReader {
  apart: RemoteSink | null = null

  protected override writeRow(sink: RemoteSink): void {
    super.writeRow(this.apart ?? sink)
  }
}

/** Believes what lands when the lease had not run out as it was asked for. */
export class CheckedBeforeReader extends PinnedReader {
  #held = false

  override begin(sink: RemoteSink): void {
    super.begin(sink)
    this.#held = super.inTime()
  }

  protected override inTime(): boolean {
    return this.#held
  }
}

/** A renewal counts that was posted in time, whenever it landed. */
export class LateRow extends ReaderRow {
  override renewed(term: number, postedMs: number, _nowMs: number): boolean {
    return super.renewed(term, postedMs, postedMs)
  }
}

/** Looks at the rows while its own swap may still be in the store buffer. */
export class UnfencedReclaimer extends Reclaimer {
  protected override fence(): void {}
}

/** Takes an object back that a reader of the version before may still see. */
export class EarlyReclaimer extends Reclaimer {
  protected override mayReclaim(retiredAt: number, oldestEpoch: number): boolean {
    return super.mayReclaim(retiredAt, oldestEpoch + 1)
  }
}

/** Counts a pin's age from a clock that may be older than the pin. */
export class EarlySeenTable extends ReaderTable {
  protected override firstSeen(clockMs: number): number {
    return clockMs
  }
}

/** A compare-and-swap by the CPU: atomic for other CPUs. */
export class CpuSwap extends WordSwap {
  readonly #memory: LocalMemory
  #swapped = false

  constructor(memory: LocalMemory) {
    super()
    this.#memory = memory
  }

  override post(sink: RemoteSink, expected: PresentWord, desired: PresentWord): void {
    const bytes = this.#memory.view(Cell.word, 8).slice()
    const found = new Int32Array(bytes.buffer)
    this.low = found[0] as number
    this.high = found[1] as number
    this.#swapped = this.low === expected.low && this.high === expected.high
    if (this.#swapped) this.#memory.storeWord64(Cell.word, wordOf(desired.low, desired.high))
    this.#memory.barrier('beforeScan')
    // A machine's chain is never empty.
    sink.read(0, Cell.word, 8, false)
  }

  override landed(_halves: Int32Array): boolean {
    return this.#swapped
  }
}

/** Takes a swap that was executed for one that succeeded. */
export class UncheckedSwap extends WordSwap {
  override landed(halves: Int32Array): boolean {
    super.landed(halves)
    return true
  }
}

/** Overtaken, it tries again with the bytes that it has, on the version that it finds. */
export class KeptBytesWriter extends CellWriter {
  #kept: Uint8Array | null = null

  override start(bytes: Uint8Array, base: CellBase): void {
    const kept = this.#kept !== null && !this.swapped ? this.#kept : bytes.slice()
    super.start(kept, base)
    this.#kept = kept
  }
}
