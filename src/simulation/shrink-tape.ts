// Makes a failing tape small, so that what is left is what matters: fewest answers other than 0
// first (each is a departure from the benign schedule), then the shortest, then the smallest. By
// delta debugging: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.
// Invariant: the best tape always fails, and is canonical, that is, what was really answered.

export interface ShrunkTape {
  readonly choices: number[]
  /** Tapes run. */
  readonly runs: number
  /** No single change that was tried makes it smaller; false when `runsMax` ended the search. */
  readonly minimal: boolean
}

/** Runs a tape: its canonical form when it fails in the same way, else null. */
export type FailingRun = (choices: readonly number[]) => number[] | null

/**
 * Shrinks `choices`, a canonical tape that fails, with at most `runsMax` runs of `fails`. Zeroes
 * segments of halving lengths (so tails go, as trailing zeros say nothing), halves and decrements
 * numbers, and removes segments, until none of it helps.
 */
export function shrinkTape(
  choices: readonly number[],
  fails: FailingRun,
  runsMax: number,
): ShrunkTape {
  const shrinking = new Shrinking(choices, fails, runsMax)
  let before: readonly number[]
  do {
    before = shrinking.best
    shrinking.zeroSegments()
    shrinking.lowerNumbers()
    // Last, as it spends most runs for the least: on long stretches of zeros that must stay.
    shrinking.removeSegments()
  } while (shrinking.best !== before && !shrinking.exhausted)
  return {
    choices: [...shrinking.best],
    runs: shrinking.runs,
    minimal: !shrinking.exhausted,
  }
}

class Shrinking {
  best: readonly number[]
  runs = 0
  /** A tape was left untried because of the bound. */
  exhausted = false
  readonly #fails: FailingRun
  readonly #runsMax: number
  /** Texts of tapes tried: later passes propose many of them again. */
  readonly #tried = new Set<string>()

  constructor(choices: readonly number[], fails: FailingRun, runsMax: number) {
    this.best = choices
    this.#fails = fails
    this.#runsMax = runsMax
  }

  zeroSegments(): void {
    for (let size = this.best.length; size > 0; size = Math.floor(size / 2)) {
      for (let at = 0; at < this.best.length && !this.exhausted; at += size) {
        // Most segments of a long tape are zeros already: no copy for those.
        if (hasNonzero(this.best, at, at + size)) this.#try(zeroed(this.best, at, size))
      }
    }
  }

  removeSegments(): void {
    for (let size = this.best.length; size > 0; size = Math.floor(size / 2)) {
      let at = 0
      while (at < this.best.length && !this.exhausted) {
        // Taking away the second of two equal segments does what taking the first did.
        const same = repeatsBefore(this.best, at, size)
        if (same || !this.#try(this.best.toSpliced(at, size))) at += size
      }
    }
  }

  lowerNumbers(): void {
    for (let at = 0; at < this.best.length && !this.exhausted; at += 1) {
      while (this.#tryNumber(at, (number) => Math.floor(number / 2))) {
        // Halve once more.
      }
      while (this.#tryNumber(at, (number) => number - 1)) {
        // One less once more.
      }
    }
  }

  #tryNumber(at: number, lower: (number: number) => number): boolean {
    const number = this.best[at] ?? 0
    return number > 0 && this.#try(this.best.with(at, lower(number)))
  }

  /** Takes a candidate when it fails and is smaller. */
  #try(candidate: readonly number[]): boolean {
    if (!isSmaller(candidate, this.best)) return false
    const text = candidate.join()
    if (this.#tried.has(text)) return false
    if (this.runs >= this.#runsMax) {
      this.exhausted = true
      return false
    }
    this.#tried.add(text)
    this.runs += 1
    const canonical = this.#fails(candidate)
    if (canonical === null || !isSmaller(canonical, this.best)) return false
    this.best = canonical
    return true
  }
}

function hasNonzero(choices: readonly number[], from: number, to: number): boolean {
  const end = Math.min(to, choices.length)
  for (let at = from; at < end; at += 1) if (choices[at] !== 0) return true
  return false
}

/** Whether a segment equals the one just before it. */
function repeatsBefore(choices: readonly number[], at: number, size: number): boolean {
  if (at < size || at + size > choices.length) return false
  for (let index = at; index < at + size; index += 1) {
    if (choices[index] !== choices[index - size]) return false
  }
  return true
}

function zeroed(choices: readonly number[], at: number, size: number): number[] {
  return choices.slice().fill(0, at, at + size)
}

function isSmaller(one: readonly number[], other: readonly number[]): boolean {
  const departures = nonzeros(one) - nonzeros(other)
  if (departures !== 0) return departures < 0
  if (one.length !== other.length) return one.length < other.length
  return sum(one) < sum(other)
}

function nonzeros(choices: readonly number[]): number {
  let count = 0
  for (const number of choices) if (number !== 0) count += 1
  return count
}

function sum(choices: readonly number[]): number {
  let total = 0
  for (const number of choices) total += number
  return total
}
