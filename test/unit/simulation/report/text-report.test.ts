// Goal: the text report says how to see the failure again, what happened and where it tore. Method:
// golden text of one small run; structure of larger ones.
import { expect, test } from 'vitest'
import { formatReport } from '../../../../src/simulation/report/text-report.ts'
import { failedRun, longRun, torn, tornRead, tornSecondAttempt } from './traces.ts'

test('a small run, literally', () => {
  expect(formatReport(failedRun(tornRead(), torn))).toMatchInlineSnapshot(`
    "scenario   naive read
    violation  torn: r1 returned bytes that no version had
    tape       u1..0B1
    model      minimal
               atomicGranuleBytes 8, sampling arbitrary, replay suffix, readAfterRead unordered
               readThenWrite unordered, writePlacement arbitrary, writeCompletion accepted, nicAtomics hca
               cpu weak, packetBytes 64, replaysMax 1

    step  owner                   r1                            address          value               reads from
          beginning: version 2
       1                          begins read 1
                                  posts #1 READ region [8, 32)
       2                          samples #1                    region [8, 16)   0x0000000000000201  beginning (v2)
     > 3                          samples #1                    region [16, 24)  0x0000000000000202  beginning (v2)
     * 4  stores v4 payload word                                region [16, 24)  0x0000000000000402
       5  stores v4 payload word                                region [24, 32)  0x0000000000000403
     > 6                          samples #1                    region [24, 32)  0x0000000000000403  step 5 (v4)
                                  completes #1
                                  returns version 2 (torn)

    Reader r1 returned words of versions 2 and 4: word 2 was sampled at step 3, version 4 stored it at step 4; word 3, sampled at step 6, is of version 4 already.
    "
  `)
})

test('a second attempt: both are in the table, the sentence is of the second', () => {
  const report = formatReport(failedRun(tornSecondAttempt(), torn))
  expect(report).toMatch(/^ +2 +samples #1 /m)
  expect(report).toMatch(/^ *> 6 +samples #2 /m)
  expect(report.trimEnd().split('\n').at(-1)).toMatch(/versions 4 and 6/)
})

test('a run of 150 steps folds to a page', () => {
  const lines = formatReport(failedRun(longRun(), torn)).split('\n')
  expect(lines.length).toBeLessThan(70)
  expect(lines.some((line) => /… \d+ steps: owner stores versions \d+ to \d+ …/.test(line))).toBe(
    true,
  )
})

test('a queue pair shares the column of its reader', () => {
  const titles = formatReport(failedRun(tornRead(), torn))
    .split('\n')
    .find((line) => line.startsWith('step'))
  expect(titles?.trim().split(/ {2,}/)).toEqual([
    'step',
    'owner',
    'r1',
    'address',
    'value',
    'reads from',
  ])
})

test('names cannot write to a terminal or break the header', () => {
  const run = failedRun(tornRead(), { kind: 'torn', message: 'r1\u001b[31m failed\nbadly' })
  const report = formatReport({ ...run, scenarioName: 'a\u0007b\r\nc' })
  expect(report.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  expect(report.split('\n').slice(0, 2)).toEqual([
    'scenario   a b c',
    'violation  torn: r1 [31m failed badly',
  ])
})

test('nothing recorded is said', () => {
  const report = formatReport(failedRun({ actors: [], events: [] }, torn))
  expect(report).toContain('(nothing was recorded)')
})
