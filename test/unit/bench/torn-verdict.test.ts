// Goal: a run passes only when sound rows read cleanly and a control was torn.
import { describe, expect, test } from 'vitest'
import { type TornRow, judgeTorn, refusedRow } from '../../../bench/support/torn-report.ts'

const plan = { strategy: 'hash', control: false, payloadBytes: 64, writerIntervalUs: 0 }

function row(overrides: Partial<TornRow>): TornRow {
  const { refused: _, ...blank } = refusedRow(plan, '-')
  return { ...blank, reads: 10, attempts: 10, ...overrides }
}

const tornControl = row({ strategy: 'naive', control: true, tornAccepted: 3 })
const cleanControl = row({ strategy: 'naive', control: true })

describe('verdict', () => {
  test.each([
    ['clean rows, torn control', [row({}), tornControl], true],
    ['a sound row accepted torn bytes', [row({ tornAccepted: 1 }), tornControl], false],
    ['no control was torn', [row({}), cleanControl], false],
    ['no control ran', [row({})], false],
    ['one of two controls was torn', [row({}), cleanControl, tornControl], true],
    ['every sound row starved', [row({ reads: 0, failures: 9 }), tornControl], false],
    ['one sound row starved', [row({ reads: 0, failures: 9 }), row({}), tornControl], true],
    ['a refused row claims nothing', [row({}), refusedRow(plan, 'why'), tornControl], true],
    ['only refused sound rows', [refusedRow(plan, 'why'), tornControl], false],
    ['controls alone', [tornControl], true],
    ['nothing', [], false],
  ] as const)('%s', (_name, rows, passed) => {
    const verdict = judgeTorn(rows)
    expect(verdict.passed).toBe(passed)
    expect(verdict.sentences.length).toBeGreaterThan(0)
  })
})
