// Goal: a run passes only when sound rows read cleanly and a control of each protocol was torn.
import { describe, expect, test } from 'vitest'
import { type TornRow, refusedRow } from '../../../bench/support/torn-report.ts'
import { judgeTorn } from '../../../bench/support/torn-verdict.ts'

const plan = {
  protocol: 'seqlock',
  strategy: 'hash',
  control: false,
  payloadBytes: 64,
  writerIntervalUs: 1,
} as const

function row(overrides: Partial<TornRow>): TornRow {
  const { refused: _, ...blank } = refusedRow(plan, '-')
  return { ...blank, reads: 10, attempts: 10, ...overrides }
}

const cleanControl = row({ strategy: 'naive', control: true })
const tornControl = row({ ...cleanControl, tornAccepted: 3 })
const slots = { protocol: 'versioned-slots', strategy: 'fenced' } as const
const cleanSlots = row({ ...slots, strategy: 'index-once', control: true })
const tornSlots = row({ ...cleanSlots, tornAccepted: 1 })

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
    ['controls of one protocol only', [row({}), row(slots), tornControl, cleanSlots], false],
    ['controls of both protocols', [row({}), row(slots), tornControl, tornSlots], true],
    ['an update was lost', [row({ lostUpdates: 1 }), tornControl], false],
    ['no update was lost', [row({ lostUpdates: 0 }), tornControl], true],
    ['a control lost updates', [row({}), row({ ...tornControl, lostUpdates: 9 })], true],
    ['nothing', [], false],
  ] as const)('%s', (_name, rows, passed) => {
    const verdict = judgeTorn(rows, 'shared-memory')
    expect(verdict.passed).toBe(passed)
    expect(verdict.sentences.length).toBeGreaterThan(0)
  })

  test('a control that this memory can tear, and one that it cannot, are told apart', () => {
    const unfenced = row({ strategy: 'unfenced', control: true })
    const verdict = judgeTorn([cleanControl, unfenced, tornSlots], 'shared-memory')
    const missed = verdict.sentences.filter((sentence) => sentence.includes('seqlock/naive'))
    const unseen = verdict.sentences.filter((sentence) => sentence.includes('seqlock/unfenced'))
    expect(missed).toHaveLength(1)
    expect(unseen).toHaveLength(1)
    expect(missed).not.toEqual(unseen)
  })

  test('how the protocols fare under a writer that never pauses is a sentence with both counts', () => {
    const starved = row({ writerIntervalUs: 0, reads: 3, failures: 97 })
    const served = row({ ...slots, writerIntervalUs: 0, reads: 5000 })
    const { sentences } = judgeTorn([starved, served, tornControl], 'shared-memory')
    expect(sentences.some((text) => /97 of 100.*seqlock.* 0 of 5,000/.test(text))).toBe(true)
  })
})
