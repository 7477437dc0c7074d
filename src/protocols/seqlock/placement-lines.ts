// Stores of the lines layout.
//
// Order of one write, and what breaks without each step:
//  (1) all tags := odd v - 1
//  (2) beforePayload: every dirty tag is visible before any payload store, so a line sampled with
//      a clean tag holds no byte of a later write; and no line of v is clean while another one is
//      still clean and older.
//  (3) payload
//  (4) beforePublish: all payload is visible before any tag v.
//  (5) all tags := even v, in any order
// No afterPublish: the next write's dirty tags go to the same words, and stores to one word never
// pass each other; what follows them waits for (2).
import type { LocalMemory } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'
import { CLOSED_MARK, LINE_BYTES, LINE_PAYLOAD_BYTES, WORD_BYTES, lineCount } from './layout.ts'
import type { Placement } from './placement.ts'

/** Placement of strategy `lines`. */
export class LinesPlacement implements Placement {
  protected readonly memory: LocalMemory
  readonly #lines: number
  /** One line's payload on its way from the caller's bytes: copying needs no view of those. */
  readonly #chunk: Uint8Array

  constructor(memory: LocalMemory, shape: SeqlockShape) {
    this.memory = memory
    this.#lines = lineCount(shape.payloadBytes)
    this.#chunk = new Uint8Array(LINE_PAYLOAD_BYTES)
  }

  format(): void {}

  begin(version: number): void {
    this.tagAll(version - 1)
    this.memory.barrier('beforePayload')
  }

  copyIn(offset: number, source: Uint8Array): void {
    const chunk = this.#chunk
    for (let from = 0; from < source.length;) {
      const line = Math.floor((offset + from) / LINE_PAYLOAD_BYTES)
      const skip = offset + from - line * LINE_PAYLOAD_BYTES
      const length = Math.min(LINE_PAYLOAD_BYTES - skip, source.length - from)
      for (let at = 0; at < length; at += 1) chunk[at] = source[from + at] as number
      const piece = length === LINE_PAYLOAD_BYTES ? chunk : chunk.subarray(0, length)
      this.memory.copyIn(line * LINE_BYTES + WORD_BYTES + skip, piece)
      from += length
    }
  }

  publish(version: number): void {
    this.memory.barrier('beforePublish')
    this.tagAll(version)
  }

  replace(version: number, payload: Uint8Array): void {
    this.begin(version)
    this.copyIn(0, payload)
    this.publish(version)
  }

  abandon(version: number): boolean {
    this.publish(version)
    return true
  }

  load(target: Uint8Array, offset: number): void {
    for (let to = 0; to < target.length;) {
      const line = Math.floor((offset + to) / LINE_PAYLOAD_BYTES)
      const skip = offset + to - line * LINE_PAYLOAD_BYTES
      const length = Math.min(LINE_PAYLOAD_BYTES - skip, target.length - to)
      target.set(this.memory.view(line * LINE_BYTES + WORD_BYTES + skip, length), to)
      to += length
    }
  }

  close(): void {
    // A partial read may sample any one line, so every tag has to say so.
    for (let line = 0; line < this.#lines; line += 1) {
      this.memory.storeWord64(line * LINE_BYTES, CLOSED_MARK)
    }
  }

  protected tagAll(version: number): void {
    for (let line = 0; line < this.#lines; line += 1) {
      this.memory.storeWord(line * LINE_BYTES, version)
    }
  }
}
