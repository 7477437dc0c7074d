// Where the iterations of a litmus program live in the owner's region: each has a cell of its own, so
// that nothing has to be put back to 0 between two. Invariant: cells share no cache line.
//
//   cell 0: variables | signals, cell 1, …            last line: one word for each thread, the round
//                                                      that it has reached
import { LINE_BYTES, WORD_BYTES } from '../../src/simulation/litmus/layout.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'

/** Of the owner's region. Enough for a batch that takes longer than giving the order for it. */
export const REGION_BYTES: number = 2 ** 20
/** Of one batch. Registers of more would make long messages. */
const CELL_COUNT_MAX = 4096

export interface LitmusCells {
  readonly strideBytes: number
  readonly cellCount: number
  /** Offset of a signal's word in its cell, bytes. */
  readonly signals: ReadonlyMap<string, number>
  /** Offset in the region of the line where threads meet, bytes. */
  readonly meetingOffset: number
}

export function litmusCells(program: LitmusProgram): LitmusCells {
  const signalsOffset = wholeLines(program.layout.lengthBytes)
  const strideBytes = signalsOffset + wholeLines(program.signals.length * WORD_BYTES)
  const meetingOffset = REGION_BYTES - LINE_BYTES
  return {
    strideBytes,
    cellCount: Math.min(CELL_COUNT_MAX, Math.floor(meetingOffset / strideBytes)),
    signals: new Map(
      program.signals.map((name, index) => [name, signalsOffset + index * WORD_BYTES]),
    ),
    meetingOffset,
  }
}

function wholeLines(lengthBytes: number): number {
  return Math.ceil(lengthBytes / LINE_BYTES) * LINE_BYTES
}
