// Pauses of random length, so that threads which meet before each iteration meet in every possible
// way during it. Half of the lengths are spread evenly up to the longest one; of the rest, each power
// of two is as likely as the next, so that short ones are common too.
import type { RandomNumbers } from '../../src/simulation/random-numbers.ts'

const CALIBRATION_TURNS = 1_000_000
const CALIBRATIONS = 3
const FRACTION_STEPS = 1024
const HALVINGS = 12

/** Turns of the loop in a nanosecond; measured once, at the fastest. */
let turnsPerNs = 0
let sink = 0

function spin(turns: number): void {
  let value = sink
  for (let turn = 0; turn < turns; turn += 1) value = (Math.imul(value, 1_103_515_245) + 12_345) | 0
  sink = value
}

function calibrate(): number {
  let best = 0
  for (let time = 0; time < CALIBRATIONS; time += 1) {
    const startMs = performance.now()
    spin(CALIBRATION_TURNS)
    const ns = (performance.now() - startMs) * 1e6
    best = Math.max(best, CALIBRATION_TURNS / Math.max(ns, 1))
  }
  return best
}

/** Pauses for a random time up to `nsMax`. */
export function pauseAtRandom(random: RandomNumbers, nsMax: number): void {
  if (turnsPerNs === 0) turnsPerNs = calibrate()
  const part = random.below(FRACTION_STEPS) / FRACTION_STEPS
  const ns = random.oneIn(2) ? nsMax * part : nsMax * 2 ** (-HALVINGS * part)
  spin(Math.round(ns * turnsPerNs))
}
