// The completion records and control words of one simulated queue pair, written as the addon writes
// them (operation-ring.ts has the layout). Invariant: there is room for whatever can be in flight.
import {
  COMPLETION_BYTES,
  CONTROL_WORDS,
  CompletionFlags,
  Control,
} from '../../fabric/operation-ring.ts'

const COMPLETION_WORDS = COMPLETION_BYTES / 4

export class CompletionLog {
  readonly completions: ArrayBuffer
  readonly control: ArrayBuffer
  readonly controlWords: Int32Array
  readonly #words: Uint32Array
  readonly #capacity: number
  #reported = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.completions = new ArrayBuffer(capacity * COMPLETION_BYTES)
    this.control = new ArrayBuffer(CONTROL_WORDS * 4)
    this.controlWords = new Int32Array(this.control)
    this.#words = new Uint32Array(this.completions)
  }

  /** Completions since `begin`. */
  get reported(): number {
    return this.#reported
  }

  /** A call begins: its completions start at index 0. */
  begin(): void {
    this.#reported = 0
  }

  /** A call ends. */
  end(inFlight: number): void {
    this.controlWords[Control.ReapedCount] = this.#reported
    this.controlWords[Control.InFlight] = inFlight
  }

  report(
    id: number,
    status: number,
    opcode: number,
    lengthBytes: number,
    immediate: number,
    chainEnd: boolean,
  ): void {
    if (this.#reported >= this.#capacity) return
    const flags = chainEnd ? CompletionFlags.ChainEnd : 0
    const record = [id, status, opcode, lengthBytes, immediate, flags, 0, 0]
    this.#words.set(record, this.#reported * COMPLETION_WORDS)
    this.#reported += 1
  }
}
