// The machines that WRITE a reader's row and nothing else: renewing a pin, and taking it away. The
// argument is in reader-row.ts. Both need a sink on the queue pair of the row's claim.
import type { MemoryKernels } from '../local-memory.ts'
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { LINE_BYTES, WORD_BYTES } from '../seqlock/layout.ts'
import { Cell, type CellShape, Row } from './layout.ts'
import { Pointer, PointerCode } from './pointer-code.ts'
import { ROW_LANDING, boundHalves } from './reader-base.ts'
import type { Clock } from './reader-pinned.ts'
import type { ReaderRow } from './reader-row.ts'

abstract class RowMachine implements RemoteMachine {
  readonly landingBytes: number = LINE_BYTES
  readonly evidence: EvidenceCode = Evidence.None
  readonly version = 0
  protected readonly row: ReaderRow
  protected readonly code: PointerCode
  protected halves: Int32Array = new Int32Array(0)

  constructor(shape: CellShape, kernels: MemoryKernels, row: ReaderRow) {
    this.row = row
    this.code = new PointerCode(shape, kernels)
  }

  bind(landing: Uint8Array): void {
    this.halves = boundHalves(landing, this.landingBytes)
  }

  abstract begin(sink: RemoteSink): void
  abstract resume(sink: RemoteSink): VerdictCode

  protected writeRow(sink: RemoteSink): void {
    this.row.image(this.halves, ROW_LANDING / WORD_BYTES, this.code)
    sink.write(ROW_LANDING, this.row.offset, Row.bytes, false)
  }
}

/**
 * Renews the pin of a row, or begins a term where none lasts: WRITE row, READ word. Ends with Done;
 * with Expired when it came too late, and the guards of the term are dead; with Closed.
 */
export class RowRenewal extends RowMachine {
  readonly #clock: Clock
  #term = 0
  #postedMs = 0

  constructor(shape: CellShape, kernels: MemoryKernels, row: ReaderRow, clock: Clock) {
    super(shape, kernels, row)
    this.#clock = clock
  }

  begin(sink: RemoteSink): void {
    this.#postedMs = this.#clock()
    this.row.renew(this.#postedMs)
    this.#term = this.row.term
    this.writeRow(sink)
    // Its completion says that the WRITE has been placed; that of the WRITE would not.
    sink.read(0, Cell.word, WORD_BYTES, false)
  }

  resume(_sink: RemoteSink): VerdictCode {
    if (!this.renewed(this.#term, this.#postedMs, this.#clock())) return Verdict.Expired
    const kind = this.code.decode(this.halves[0] as number, this.halves[1] as number)
    return kind === Pointer.Closed ? Verdict.Closed : Verdict.Done
  }

  protected renewed(term: number, postedMs: number, nowMs: number): boolean {
    return this.row.renewed(term, postedMs, nowMs)
  }
}

/**
 * Takes the pin out of a row: WRITE row, READ word. Nobody has to wait for it: what is posted later on
 * this queue pair comes later. All guards of the term are dead from `begin` on.
 *
 * The READ is for who gives the row back: a WRITE may complete before it is placed, and one that is placed
 * after the owner gave the row to somebody else would take that reader's pin away. The chain completes
 * with the READ, hence when nothing of it lands any more.
 */
export class RowRelease extends RowMachine {
  begin(sink: RemoteSink): void {
    this.row.release()
    this.writeRow(sink)
    sink.read(0, Cell.word, WORD_BYTES, false)
  }

  resume(_sink: RemoteSink): VerdictCode {
    return Verdict.Done
  }
}
