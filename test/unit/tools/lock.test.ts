// Goal: two set-ups of one checkout never work at once, and a set-up that died holds nobody up.
// Method: the real lock in a temporary folder, with holders that are alive, dead or too old.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadTool } from './load-tool.ts'

interface Options {
  readonly ageMsMax: number
  readonly tell: (text: string) => void
}
interface LockTool {
  readonly withLock: <T>(file: string, options: Options, work: () => T | Promise<T>) => Promise<T>
}

const { withLock } = await loadTool<LockTool>('lib/lock.mjs')
const options: Options = { ageMsMax: 60_000, tell: () => undefined }
let folder = ''
let file = ''

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-lock-'))
  file = path.join(folder, 'deep', 'lock')
})
afterEach(() => {
  fs.rmSync(folder, { recursive: true })
})

/** The lock file that a running holder leaves behind when it is killed. */
async function abandonedLock(change: object = {}): Promise<string> {
  const text = await withLock(file, options, () => fs.readFileSync(file, 'utf8'))
  return JSON.stringify({ ...(JSON.parse(text) as object), ...change })
}

test('work of several holders does not overlap', async () => {
  let inside = 0
  let insideMax = 0
  const work = async (): Promise<void> => {
    insideMax = Math.max(insideMax, ++inside)
    await delay(20)
    inside--
  }
  await Promise.all([1, 2, 3].map(() => withLock(file, options, work)))
  expect(insideMax).toBe(1)
  expect(fs.readdirSync(path.dirname(file))).toEqual([])
})

test('work that fails frees the lock', async () => {
  const failure = new Error('as intended')
  await expect(withLock(file, options, () => Promise.reject(failure))).rejects.toBe(failure)
  expect(fs.existsSync(file)).toBe(false)
})

test.each([
  ['whose holder is dead', { pid: 2 ** 30 }],
  ['whose holder’s number belongs to another process now', { start: '1' }],
  ['of an earlier boot', { boot: 'another' }],
])('a lock %s is taken over', async (_, change) => {
  fs.writeFileSync(file, await abandonedLock(change))
  expect(await withLock(file, options, () => 'worked')).toBe('worked')
})

test('a lock that is too old or unreadable is taken over', async () => {
  fs.writeFileSync(file, await abandonedLock({ host: 'elsewhere' }))
  const anHourAgo = new Date(Date.now() - 3_600_000)
  fs.utimesSync(file, anHourAgo, anHourAgo)
  expect(await withLock(file, options, () => 'worked')).toBe('worked')
  fs.writeFileSync(file, '')
  expect(await withLock(file, options, () => 'worked again')).toBe('worked again')
})

test.each([
  ['that is alive', {}],
  ['on another host', { host: 'elsewhere', pid: 2 ** 30 }],
])('a holder %s is waited for', async (_, change) => {
  fs.writeFileSync(file, await abandonedLock(change))
  let worked = false
  const waiting = withLock(file, options, () => {
    worked = true
  })
  await delay(300)
  expect(worked).toBe(false)
  fs.rmSync(file)
  await waiting
  expect(worked).toBe(true)
})
