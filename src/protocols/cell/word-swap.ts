// One compare-and-swap of a cell's word by the NIC, and what came of it: what the owner's and the
// writers' machines share. Invariant: `inDoubt` from the moment the swap is handed over until its
// result has landed; nobody knows meanwhile whether it was executed.
//
// In a cell with remote writers everybody swaps the word through the owner's NIC, the owner included,
// by a queue pair to itself: a NIC's atomics are atomic against each other, and on many devices not
// against the CPU's stores (the negative control `cpu-compare-and-swap`). What a swap finds is therefore
// never a mixture, whatever the memory does to READs.
import type { RemoteSink } from '../machine.ts'
import { Cell } from './layout.ts'
import type { PresentWord } from './placement.ts'
import { wordOf } from './pointer-code.ts'

/** Byte offset in the landing memory where the found word lands. */
const FOUND_LANDING = 0

export class WordSwap {
  /** The result has not landed: the word may have been swapped, or not. */
  inDoubt = false
  /** The word that was found, as it stood in memory. */
  low = 0
  high = 0
  #expectedLow = 0
  #expectedHigh = 0

  /** The last operation of a chain: behind the WRITE of the object that `desired` publishes. */
  post(sink: RemoteSink, expected: PresentWord, desired: PresentWord): void {
    this.#expectedLow = expected.low
    this.#expectedHigh = expected.high
    this.inDoubt = true
    sink.compareAndSwap(
      FOUND_LANDING,
      Cell.word,
      wordOf(expected.low, expected.high),
      wordOf(desired.low, desired.high),
      false,
    )
  }

  /** Takes the landed result; whether the word was the expected one, and so was swapped. */
  landed(halves: Int32Array): boolean {
    this.inDoubt = false
    this.low = halves[FOUND_LANDING / 4] as number
    this.high = halves[FOUND_LANDING / 4 + 1] as number
    return this.low === this.#expectedLow && this.high === this.#expectedHigh
  }
}
