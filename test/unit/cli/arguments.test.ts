// Goal: every option value is either understood or refused. Method: the parsers, one by one.
import { InvalidArgumentError } from 'commander'
import { describe, expect, test } from 'vitest'
import {
  parseDuration,
  parseIntervals,
  parseIterations,
  parseName,
  parseNames,
  parseSizes,
} from '../../../src/cli/arguments.ts'

const refused = (parse: () => unknown): void => expect(parse).toThrow(InvalidArgumentError)

describe('sizes', () => {
  test.each([
    ['64', [64]],
    ['8,64, 4096', [8, 64, 4096]],
    ['4k,1M', [4096, 2 ** 20]],
    ['4096,4k', [4096]],
    ['1g', [2 ** 30]],
  ])('%s', (text, sizes) => expect(parseSizes(text)).toEqual(sizes))

  test.each(['', '7', '-64', '64,', '64,,128', '1e3', '0x40', '64.5', '2g', 'x', '64 128'])(
    '%j is refused',
    (text) => refused(() => parseSizes(text)),
  )

  test('more than 64 of them are refused', () => {
    refused(() => parseSizes(Array.from({ length: 65 }, (_, index) => index + 8).join(',')))
  })
})

describe('intervals', () => {
  test.each([
    ['0', [0]],
    ['0,0.5,1000', [0, 0.5, 1000]],
  ])('%s', (text, intervals) => expect(parseIntervals(text)).toEqual(intervals))
  test.each(['', '-1', '1e9', '99999999999', 'fast', '1,'])('%j is refused', (text) =>
    refused(() => parseIntervals(text)),
  )
})

describe('single values', () => {
  test('duration', () => {
    expect(parseDuration('0.2')).toBe(0.2)
    for (const text of ['0', '0.001', '-1', '', 'abc', '1s', 'Infinity', '99999999']) {
      refused(() => parseDuration(text))
    }
  })

  test('iterations', () => {
    expect(parseIterations('1000')).toBe(1000)
    for (const text of ['0', '-1', '1.5', '', 'many', '99999999999']) {
      refused(() => parseIterations(text))
    }
  })

  test('names', () => {
    expect(parseNames('a,b', ['a', 'b', 'c'])).toEqual(['a', 'b'])
    refused(() => parseNames('a,d', ['a', 'b']))
    expect(parseName('rxe0')).toBe('rxe0')
    refused(() => parseName(' '))
  })
})
