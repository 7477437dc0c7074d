// Goal: the assertions throw what test runners show, exactly when they should. Method: a sound and a
// broken protocol through each of them.
import { AssertionError } from 'node:assert'
import { expect, test } from 'vitest'
import {
  ProtocolAssertionError,
  assertProtocol,
  expectSound,
  expectViolated,
} from '../../../src/testing/index.ts'
import { fenced, unfenced, versionWithData } from './support/protocols.ts'

const worlds = [{ name: 'one write', schedulesMax: 2000 }]

function thrown(act: () => unknown): ProtocolAssertionError {
  try {
    act()
  } catch (error) {
    if (error instanceof ProtocolAssertionError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('a sound protocol passes, and says what that rests on', () => {
  expect(assertProtocol(fenced, { worlds }).sound).toBe(true)
  expect(expectSound(fenced, { worlds })).toMatchObject({ verdict: 'holds', complete: true })
  expect(expectSound(unfenced, { worlds, under: 'sharedMemory' }).verdict).toBe('holds')
})

test('a broken one throws an AssertionError with the report', () => {
  for (const act of [
    () => assertProtocol(versionWithData, { worlds }),
    () => expectSound(versionWithData, { worlds }),
  ]) {
    const error = thrown(act)
    expect(error).toBeInstanceOf(AssertionError)
    expect(error).toMatchObject({ name: 'AssertionError', code: 'ERR_ASSERTION' })
    expect(error.message).toContain(error.check.counterexample?.report)
  }
})

test('a negative control passes when it is caught, where and how it should be', () => {
  expect(expectViolated(versionWithData, { worlds, under: 'rxe', kind: 'torn' })).toMatchObject({
    preset: 'rxe',
    violation: { kind: 'torn' },
  })
  const presets = ['sharedMemory', 'minimal'] as const
  assertProtocol(unfenced, { worlds, presets, expect: ['minimal'] })
})

test('a control that is not caught, or otherwise, throws', () => {
  const other = { worlds, under: 'rxe', kind: 'stale' } as const
  expect(thrown(() => expectViolated(versionWithData, other)).message).toContain('torn under rxe')
  thrown(() => expectViolated(fenced, { worlds }))
  thrown(() => assertProtocol(fenced, { worlds, presets: ['minimal'], expect: ['minimal'] }))
})

test('what shows nothing is not sound', () => {
  thrown(() => expectSound(fenced, { worlds: [{ owner: 0 }] }))
})

test('a model of parameters serves as well as a preset', () => {
  const under = { atomicGranuleBytes: 64 } as const
  expect(expectSound(versionWithData, { worlds, under }).verdict).toBe('holds')
  expect(expectViolated(versionWithData, { worlds, under: {} }).violation.kind).toBe('torn')
})
