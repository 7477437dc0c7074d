// Which tests may be skipped, how many, and why: everything else that is skipped fails the run, so
// that a suite that skips all its tests cannot pass for one that ran them.

/**
 * @typedef {object} ExpectedSkip
 * @property {RegExp} name - matches the skipped test's qualified name
 * @property {number} countMax
 * @property {boolean} inCi - whether it may be skipped there as well
 * @property {string} why
 */

/** @type {ExpectedSkip[]} */
export const expectedSkips = [
  {
    name: /^lint > clang-format$/,
    countMax: 1,
    inCi: true,
    why: 'formatting differs between major versions of clang-format; only one is the reference',
  },
  {
    name: /^lifecycle > Node\.js \d+$/,
    countMax: 2,
    inCi: false,
    why: 'without a network, the other supported versions of Node.js cannot be had',
  },
]

/**
 * @param {Array<{ name: string, reason: string }>} skipped
 * @param {{ isCi: boolean, table?: ExpectedSkip[] }} options
 * @returns {string[]} what is wrong with these skips, one sentence each
 */
export function judgeSkips(skipped, { isCi, table = expectedSkips }) {
  const problems = []
  const counts = new Map(table.map((entry) => [entry, 0]))
  for (const { name, reason } of skipped) {
    if (reason === '') problems.push(`skipped without a reason: ${name}`)
    const entry = table.find((candidate) => candidate.name.test(name))
    if (entry === undefined) problems.push(`not expected to be skipped: ${name}`)
    else if (isCi && !entry.inCi) problems.push(`must not be skipped in CI: ${name}`)
    else counts.set(entry, (counts.get(entry) ?? 0) + 1)
  }
  for (const [entry, count] of counts) {
    if (count > entry.countMax) {
      problems.push(`${count} skipped, at most ${entry.countMax} expected: ${entry.name}`)
    }
  }
  return problems
}
