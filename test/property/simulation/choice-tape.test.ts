// Goal: every tape survives its text form, and no text is misread. Method: arbitrary tapes with long
// runs; arbitrary and damaged texts, which are refused with the code or mean a tape in range.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choiceMax, formatTape, parseTape } from '../../../src/simulation/choice-tape.ts'

const choice = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 2 }) },
  fc.nat({ max: 40 }),
  fc.nat({ max: choiceMax }),
)
const run = fc.tuple(choice, fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2000 })))
const tape = fc
  .array(run, { maxLength: 30 })
  .map((runs) => runs.flatMap(([number, count]) => new Array<number>(count).fill(number)))
const fingerprint = fc.stringMatching(/^[0-9a-z]{0,32}$/)

test('parsing what was formatted gives the tape back, without trailing zeros', () => {
  fc.assert(
    fc.property(tape, fingerprint, (choices, mark) => {
      const text = formatTape(choices, mark)
      expect(text).toMatch(/^u1\.[0-9a-z]*\.[0-9A-Za-z_]*$/)
      const end = choices.findLastIndex((number) => number !== 0) + 1
      expect(parseTape(text)).toEqual({ choices: choices.slice(0, end), fingerprint: mark })
    }),
    { numRuns: 300 },
  )
})

test('formatting what was parsed gives one spelling, never a longer one', () => {
  const body = fc.stringMatching(/^(_[0-9a-z]{1,5}_|[0-9a-z])([A-Z]{0,2}[0-9a-z]){0,20}$/)
  fc.assert(
    fc.property(body, (given) => {
      const { choices } = parseTape(`u1..${given}`)
      const text = formatTape(choices)
      expect(text.length).toBeLessThanOrEqual(given.length + 4)
      expect(formatTape(parseTape(text).choices)).toBe(text)
    }),
  )
})

test('any other text is refused, or is a tape in range', () => {
  const damaged = fc
    .tuple(tape, fc.nat(), fc.string({ unit: 'grapheme-ascii', maxLength: 2 }))
    .map(([choices, at, insert]) => {
      const text = formatTape(choices, 'abc')
      const cut = at % (text.length + 1)
      return text.slice(0, cut) + insert + text.slice(cut + 1)
    })
  fc.assert(
    fc.property(fc.oneof(fc.string(), damaged), (text) => {
      let choices: readonly number[]
      try {
        choices = parseTape(text).choices
      } catch (error) {
        expect(error).toMatchObject({ name: 'RangeError', code: 'ERR_UNTORN_ARGUMENT' })
        return
      }
      expect(choices.every((number) => Number.isInteger(number) && number <= choiceMax)).toBe(true)
    }),
    { numRuns: 300 },
  )
})
