// Where the variables of a litmus program lie in the owner's memory. Invariant: each variable is an
// aligned 64-bit word in a cache line of its own, unless the program lists it in a run.
//
// A run is written as text: `x y` are neighbours in one line, `x | y` are neighbours in two lines
// (the last word of one, the first word of the next), `.` is a word that nobody names.
import { argumentRangeError } from '../../errors.ts'

export const WORD_BYTES = 8
export const LINE_BYTES = 64
const LINE_WORDS = LINE_BYTES / WORD_BYTES
const RUN_LINES_MAX = 4

export interface LitmusLayout {
  readonly lengthBytes: number
  /** Variable → offset, bytes. */
  readonly offsets: Readonly<Record<string, number>>
  /** Names in the order of their addresses, one array for each run. */
  readonly runs: readonly (readonly string[])[]
}

/** The words of a run from its first line's start; '' where nobody names one. */
function placeRun(run: string): string[] {
  const lines = run.split('|').map((line) => line.trim().split(/\s+/))
  if (lines.length > RUN_LINES_MAX) {
    throw argumentRangeError(`a run of variables has at most ${RUN_LINES_MAX} lines: '${run}'`)
  }
  return lines.flatMap((line, index) => {
    const named = line.map((word) => (word === '.' ? '' : word))
    if (line[0] === '' || named.length > LINE_WORDS) {
      throw argumentRangeError(`each line of a run has 1 to ${LINE_WORDS} words: '${run}'`)
    }
    const gap = Array.from({ length: LINE_WORDS - named.length }, () => '')
    // The first of several lines is filled from its end, so that it touches the next one.
    return index === 0 && lines.length > 1 ? [...gap, ...named] : [...named, ...gap]
  })
}

/** Names listed in runs. Throws what `litmusLayout` throws. */
export function namesInRuns(memory: readonly string[]): string[] {
  return memory.flatMap(placeRun).filter((name) => name !== '')
}

/**
 * Places variables: runs first, then one line for each other variable.
 * @throws RangeError ERR_UNTORN_ARGUMENT a run that is no list of words in lines
 */
export function litmusLayout(
  variables: readonly string[],
  memory: readonly string[],
): LitmusLayout {
  const offsets: Record<string, number> = {}
  const runs: string[][] = []
  const listed = new Set(namesInRuns(memory))
  const singles = variables.filter((name) => !listed.has(name))
  let lengthBytes = 0
  for (const words of [...memory.map(placeRun), ...singles.map(placeRun)]) {
    runs.push(words.filter((name) => name !== ''))
    words.forEach((name, index) => {
      if (name !== '') offsets[name] = lengthBytes + index * WORD_BYTES
    })
    lengthBytes += words.length * WORD_BYTES
  }
  return { lengthBytes, offsets, runs }
}
