// Goal: the counts of a run are those of its report, a run that shows nothing fails, and no test is
// skipped unnoticed. Method: reports and skip tables made up for each rule.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadTool } from './load-tool.ts'

interface Skip {
  readonly name: string
  readonly reason: string
}
interface Tally {
  readonly passed: number
  readonly passedIn: Record<string, number>
  readonly failed: string[]
  readonly skipped: Skip[]
  readonly seconds: number
}
interface TallyTool {
  readonly addTallies: (tallies: Tally[]) => Tally
  readonly readTally: (
    file: string,
    run: { name: string; status: number; projects?: string[] },
  ) => Tally
  readonly countsLine: (tally: Tally) => string
}
interface SkipTool {
  readonly judgeSkips: (skips: Skip[], options: { isCi: boolean; table: object[] }) => string[]
}

const { addTallies, countsLine, readTally } = await loadTool<TallyTool>('lib/tally.mjs')
const { judgeSkips } = await loadTool<SkipTool>('lib/expected-skips.mjs')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-counts-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const good: Tally = { passed: 3, passedIn: { unit: 3 }, failed: [], skipped: [], seconds: 1 }

function report(tally: Tally): string {
  const file = path.join(folder, 'report.json')
  fs.writeFileSync(file, JSON.stringify(tally))
  return file
}

test('counts add up', () => {
  const other = { ...good, passedIn: { unit: 1, contract: 2 }, failed: ['a'], skipped: [skip('b')] }
  const sum = addTallies([good, other])
  expect(countsLine(sum)).toBe('6 passed, 1 failed, 1 skipped')
  expect(sum.passedIn).toEqual({ unit: 4, contract: 2 })
})

test('a good report is taken as it is', () => {
  expect(readTally(report(good), { name: 'x', status: 0, projects: ['unit'] })).toEqual(good)
})

test.each([
  ['without a report', path.join(folder, 'absent.json'), { status: 0 }],
  ['with a bad status and no failed test', report(good), { status: 1 }],
  ['in which a layer passed nothing', report(good), { status: 0, projects: ['contract'] }],
])('a run %s counts as failed', (_, file, run) => {
  expect(readTally(file, { name: 'x', ...run }).failed).toHaveLength(1)
})

test('a run in which all was skipped counts as failed', () => {
  const file = report({ ...good, passed: 0, skipped: [skip('b')] })
  expect(readTally(file, { name: 'x', status: 0 }).failed).toHaveLength(1)
})

function skip(name: string, reason = 'because'): Skip {
  return { name, reason }
}

const table = [
  { name: /^anywhere$/, countMax: 1, inCi: true, why: '' },
  { name: /^at home/, countMax: 2, inCi: false, why: '' },
]

test('expected skips are accepted', () => {
  expect(judgeSkips([skip('anywhere')], { isCi: true, table })).toEqual([])
  expect(judgeSkips([skip('at home 1'), skip('at home 2')], { isCi: false, table })).toEqual([])
  expect(judgeSkips([], { isCi: true, table })).toEqual([])
})

test.each([
  ['without a reason', [skip('anywhere', '')], false],
  ['that nobody expects', [skip('surprise')], false],
  ['beyond their number', [skip('anywhere'), skip('anywhere')], true],
  ['that CI must run', [skip('at home 1')], true],
])('skips %s are a failure', (_, skips, isCi) => {
  expect(judgeSkips(skips, { isCi, table })).toHaveLength(1)
})
