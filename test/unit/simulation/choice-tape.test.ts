// Goal: a tape's text means one schedule and is refused when it cannot be that of this scenario.
// Method: known texts, and texts broken one way at a time. The round trip of all tapes is a property
// test.
import { expect, test } from 'vitest'
import {
  fingerprintOf,
  formatTape,
  parseTape,
  requireFingerprint,
  tapeLengthMax,
} from '../../../src/simulation/choice-tape.ts'

const argumentError = expect.objectContaining({
  name: 'RangeError',
  code: 'ERR_UNTORN_ARGUMENT',
}) as Error

test.each([
  [[], 'u1..'],
  [[0, 0, 0], 'u1..'],
  [[0, 1], 'u1..01'],
  [[0, 0, 1, 1, 1, 0], 'u1..001C'],
  [[...new Array<number>(100).fill(0), 1], 'u1..0DV1'],
  [[35, 36, 36, 1295, 0x7fff_ffff], 'u1..z_10_B_zz__zik0zj_'],
])('%j is %s', (choices, text) => {
  expect(formatTape(choices)).toBe(text)
  const end = choices.findLastIndex((choice) => choice !== 0) + 1
  expect(parseTape(text)).toEqual({ choices: choices.slice(0, end), fingerprint: '' })
})

test('other spellings of a tape are understood', () => {
  expect(parseTape('u1.abc.0000_1_00').choices).toEqual([0, 0, 0, 0, 1])
  expect(parseTape('u1.abc.0A1AB').choices).toEqual([0, 1, 1])
})

test.each([
  'garbage',
  '',
  'u1',
  'u1.01',
  'u1..0 1',
  'u1..B0',
  'u1.._1',
  'u1..__',
  'u1.._zzzzzz_',
  'u1..0ZZZZZ',
  'u1..0ZZZZZZ',
  'u1.ABC.01',
  'u2..01',
  'u10..01',
  'u1..01.7',
])('%j is not a tape', (text) => {
  expect(() => parseTape(text)).toThrow(argumentError)
})

test('what is not a string is refused as such', () => {
  expect(() => parseTape(7 as unknown as string)).toThrow(TypeError)
})

test.each([[[-1]], [[0.5]], [[Number.NaN]], [[2 ** 31]], [new Array<number>(1).concat(1)]])(
  '%j cannot be written',
  (choices) => {
    expect(() => formatTape(choices)).toThrow(argumentError)
  },
)

test('length and fingerprint have bounds', () => {
  const longest = new Array<number>(tapeLengthMax).fill(1)
  expect(parseTape(formatTape(longest)).choices.length).toBe(tapeLengthMax)
  expect(() => parseTape(`${formatTape(longest)}1`)).toThrow(argumentError)
  longest.push(1)
  expect(() => formatTape(longest)).toThrow(argumentError)
  expect(() => formatTape([1], 'UPPER')).toThrow(argumentError)
  expect(() => formatTape([1], 'a'.repeat(33))).toThrow(argumentError)
})

test('a tape of another scenario is refused; one without a fingerprint passes', () => {
  const mine = fingerprintOf('seqlock fenced 64')
  const other = fingerprintOf('seqlock fenced 65')
  expect(mine).toMatch(/^[0-9a-z]{7}$/)
  expect(mine).not.toBe(other)
  const tape = parseTape(formatTape([0, 1], mine))
  expect(tape.fingerprint).toBe(mine)
  expect(() => requireFingerprint(tape, mine)).not.toThrow()
  expect(() => requireFingerprint(tape, other)).toThrow(argumentError)
  expect(() => requireFingerprint(parseTape('u1..01'), mine)).not.toThrow()
})
