// Sums of test runs: every step gives one tally, the last line is made of their sum, and CI adds up
// the sums. Nothing is counted twice and nothing is counted that did not run.

import fs from 'node:fs'
import { judgeSkips } from './expected-skips.mjs'

/** @typedef {import('./tally-reporter.mjs').Tally} Tally */

/** @returns {Tally} */
export const emptyTally = () => ({
  passed: 0,
  passedIn: {},
  failed: [],
  skipped: [],
  seconds: 0,
})

/**
 * @param {Tally[]} tallies
 * @returns {Tally}
 */
export function addTallies(tallies) {
  const sum = emptyTally()
  for (const tally of tallies) {
    sum.passed += tally.passed
    for (const [project, count] of Object.entries(tally.passedIn)) {
      sum.passedIn[project] = (sum.passedIn[project] ?? 0) + count
    }
    sum.failed.push(...tally.failed)
    sum.skipped.push(...tally.skipped)
    sum.seconds += tally.seconds
  }
  return sum
}

/**
 * What a vitest run came to, by its report; a run that left none failed as a whole.
 *
 * @param {string} file
 * @param {{ name: string, status: number, projects?: string[] }} run - vitest's exit status, and the
 *   projects of which each must have passed a test
 * @returns {Tally}
 */
export function readTally(file, { name, status, projects = [] }) {
  /** @type {Tally} */
  let tally
  try {
    tally = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return { ...emptyTally(), failed: [`${name}: no report (exit status ${status})`] }
  }
  if (status !== 0 && tally.failed.length === 0) {
    tally.failed.push(`${name}: exit status ${status} although no test failed`)
  }
  if (tally.passed + tally.failed.length === 0) tally.failed.push(`${name}: no test ran`)
  for (const project of projects) {
    if (tally.passedIn[project] === undefined)
      tally.failed.push(`${name}: ${project} passed nothing`)
  }
  return tally
}

/** @param {Tally} tally */
export const countsLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`

/**
 * Tells what a run came to and ends the process's work with the right status: what failed, what was
 * skipped and why, the counts as the last line. Writes the sum to the file that UNTORN_SUM names.
 *
 * @param {Tally} tally
 * @param {{ judge: boolean }} options - `judge`: skipped tests must be expected ones
 */
export function conclude(tally, { judge }) {
  const isCi = process.env.UNTORN_CI === '1'
  if (judge) tally.failed.push(...judgeSkips(tally.skipped, { isCi }))
  const lines = [
    '',
    ...tally.skipped.map(({ name, reason }) => `skipped: ${name}: ${reason || 'no reason given'}`),
    ...tally.failed.map((name) => `failed: ${name}`),
    countsLine(tally),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  const sum = process.env.UNTORN_SUM
  if (sum !== undefined && sum !== '') fs.writeFileSync(sum, `${JSON.stringify(tally)}\n`)
  if (tally.failed.length > 0 || tally.passed === 0) process.exitCode = 1
}
