// Goal: the doctor reads limits right and has a remedy for all that is missing. Method: texts as
// the kernel writes them.
import { describe, expect, test } from 'vitest'
import { checkHugePages, checkLockedMemory, checkPerftest } from '../../../src/cli/doctor-checks.ts'

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\n` +
  `Max locked memory         ${soft.padEnd(21)}unlimited            bytes\n`

describe('memlock', () => {
  test.each([
    ['unlimited', 'ok'],
    [String(2 ** 30), 'ok'],
    ['65536', 'missing'],
  ])('%s is %s', (soft, status) => {
    const check = checkLockedMemory(limits(soft))
    expect(check.status).toBe(status)
    expect(check.remedy !== undefined).toBe(status === 'missing')
  })

  test('unknown without procfs', () => expect(checkLockedMemory('').status).toBe('missing'))
})

describe('huge pages', () => {
  const text = (free: number): string =>
    `HugePages_Total:       8\nHugePages_Free:        ${free}\nHugepagesize:       2048 kB\n`
  test.each([
    [8, 'ok'],
    [0, 'missing'],
  ])('%i free is %s', (free, status) => {
    const check = checkHugePages(text(free))
    expect(check.status).toBe(status)
    expect(check.remedy !== undefined).toBe(status === 'missing')
  })
})

test('perftest that is not there names its package', () => {
  expect(checkPerftest('/nonexistent')).toMatchObject({ status: 'missing' })
  expect(checkPerftest('/nonexistent').remedy).toContain('perftest')
})
