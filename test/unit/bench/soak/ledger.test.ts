// Goal: updates of several processes, killed ones included, are held against each other: a number
// published twice is a lost update. Method: ledgers written as processes write them.
import { mkdtempSync, rmSync, truncateSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Ledger, judgeLedgers } from '../../../../bench/soak/ledger.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'untorn-ledger-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Enters (number, version) pairs as actor `actor`. */
function enter(
  actor: number,
  generation: number,
  pairs: readonly (readonly [number, number])[],
): void {
  const ledger = new Ledger(folder, 'locked', actor)
  for (const [number, version] of pairs) ledger.enter(generation, number, version)
  ledger.close()
}

test('two processes take turns: nothing is lost', () => {
  enter(1, 99, [[2, 4], [4, 8]]) // prettier-ignore
  enter(2, 99, [[3, 6], [5, 10]]) // prettier-ignore
  expect(judgeLedgers(folder)).toEqual({ updates: 4, lost: 0, violations: [] })
})

test('both publish the successor of the same payload: one update is lost', () => {
  enter(1, 99, [[2, 4], [3, 6]]) // prettier-ignore
  enter(2, 99, [[3, 8]])
  const verdict = judgeLedgers(folder)
  expect(verdict).toMatchObject({ updates: 3, lost: 1 })
  expect(verdict.violations).toHaveLength(1)
})

test('generations do not meet: each begins anew', () => {
  enter(1, 99, [[2, 4]])
  enter(1, 77, [[2, 4]])
  expect(judgeLedgers(folder)).toMatchObject({ updates: 2, lost: 0, violations: [] })
})

test('a version that does not grow with its number is a violation', () => {
  enter(1, 99, [[2, 8], [3, 6]]) // prettier-ignore
  expect(judgeLedgers(folder).violations).toHaveLength(1)
})

test('a record that a kill cut short does not count', () => {
  enter(1, 99, [[2, 4], [3, 6]]) // prettier-ignore
  const [name = ''] = readdirSync(folder)
  truncateSync(join(folder, name), 20)
  expect(judgeLedgers(folder)).toMatchObject({ updates: 1, lost: 0 })
})
