// Goal: a bench survives what rxe does to a connection, and nothing else.
import { expect, test } from 'vitest'
import { breaksConnection } from '../../../bench/support/broken-connection.ts'
import { UntornError, type ErrorCode } from '../../../src/errors.ts'

test.each<[ErrorCode, boolean]>([
  ['ERR_UNTORN_TIMEOUT', true],
  ['ERR_UNTORN_REMOTE', true],
  ['ERR_UNTORN_PEER_LOST', false],
  ['ERR_UNTORN_RETRIES_EXHAUSTED', false],
  ['ERR_UNTORN_CLOSED', false],
])('%s: %s', (code, breaks) => {
  expect(breaksConnection(new UntornError(code, 'a test'))).toBe(breaks)
})

test('errors that are not this library’s', () => {
  expect(breaksConnection(new RangeError('ERR_UNTORN_TIMEOUT'))).toBe(false)
})
