// Goal: addresses as people write them are understood, others refused as misuse.
import { describe, expect, test } from 'vitest'
import { formatAddress, parseAddress, plainAddress } from '../../../src/session/address.ts'

describe('addresses', () => {
  test.each([
    ['10.0.0.5:7000', '10.0.0.5', 7000],
    ['node-a.example', 'node-a.example', 7471],
    ['[::1]:9', '::1', 9],
    ['[fe80::1%eth0]:9', 'fe80::1%eth0', 9],
    ['[::1]', '::1', 7471],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port })
  })

  test('objects', () => {
    expect(parseAddress({ host: '::1', port: 5 })).toEqual({ host: '::1', port: 5 })
    expect(parseAddress({ host: 'a' })).toEqual({ host: 'a', port: 7471 })
  })

  test.each([
    '',
    ':',
    ':80',
    '::1:80',
    'a:',
    'a:0',
    'a:65536',
    'a:1.5',
    'a:b',
    '[a]:1',
    '[::1',
    'a:1:2',
  ])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })

  test.each([null, 7, {}, { host: 1 }, { host: 'a', port: '1' }, { host: '', port: 1 }])(
    'refuses %j',
    (value) => {
      expect(() => parseAddress(value as never)).toThrow(
        expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
      )
    },
  )

  test('formats, and brings a socket’s own address into the form of a GID', () => {
    expect(formatAddress('::1', 5)).toBe('[::1]:5')
    expect(formatAddress('10.0.0.1', 5)).toBe('10.0.0.1:5')
    expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1')
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1')
    expect(plainAddress('::ffff:1')).toBe('::ffff:1')
    expect(plainAddress(undefined)).toBe('')
  })
})
