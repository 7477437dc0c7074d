// Histories: what the callers of a shared object did and got, with nothing of how. Invariant: times
// are those of one observer; an operation that ended before another began did so in every order that
// explains the history.

/** One operation of one process on a shared object. */
export interface HistoryOperation<Operation, Result> {
  /** Who called; a process has at most one operation under way at a time. */
  readonly process: string
  readonly operation: Operation
  /** When it was called: any number that grows with time. */
  readonly invoked: number
  /**
   * When it returned; Infinity where it never did, or where its caller was not told what came of it:
   * such an operation may have taken effect at any time since its invocation, or never.
   */
  readonly returned: number
  /** What it returned; meaningless where `returned` is Infinity. */
  readonly result?: Result
}

export type History<Operation, Result> = readonly HistoryOperation<Operation, Result>[]

/** A history with nothing in it yet, to be written down while it happens. */
export class HistoryRecorder<Operation, Result> {
  readonly #operations: {
    process: string
    operation: Operation
    invoked: number
    returned: number
    result?: Result
  }[] = []
  #time = 0

  /** Operations in the order of their invocation. */
  get operations(): History<Operation, Result> {
    return this.#operations
  }

  /** Notes an invocation; the number it answers names the operation. */
  invoke(process: string, operation: Operation): number {
    this.#time += 1
    this.#operations.push({ process, operation, invoked: this.#time, returned: Infinity })
    return this.#operations.length - 1
  }

  /** Notes that an operation returned. Without this call its outcome stays unknown. */
  respond(index: number, result: Result): void {
    const operation = this.#operations[index]
    if (operation === undefined) throw new Error(`there is no operation ${index}`)
    this.#time += 1
    operation.returned = this.#time
    operation.result = result
  }

  reset(): void {
    this.#operations.length = 0
    this.#time = 0
  }
}
