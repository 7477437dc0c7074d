// Goal: in small worlds of a locked region no schedule at all gives two parties the lock, loses an
// increment, or lets anybody have bytes of more than one payload; and wherever a holder dies, stops or
// is evicted, the region goes on with the old payload or the new one, whole.
// Method: exhaustive exploration; how many schedules and states that takes, and how many attempts
// failed on the way, is checked in. Larger worlds of the same table are explored by test/deep. Rewrite
// the file with UNTORN_UPDATE=1, and say why it changed.
import fs from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import {
  countedKeys,
  countedWorlds,
  expectedFile,
  exploreCounting,
} from './support/lock-counted.ts'
import { describeExploration } from './support/lock-world.ts'
import { tellSchedules } from './support/tell-schedules.ts'

const updates = process.env['UNTORN_UPDATE'] === '1'
const explored: Record<string, string> = {}

afterAll(() => {
  tellSchedules('locked region', explored)
  if (!updates) return
  const rows = countedWorlds.map(({ key, expected }) => [key, explored[key] ?? expected])
  fs.writeFileSync(expectedFile, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`)
})

test.each(countedWorlds.filter(({ quick }) => updates || quick))('$key', (counted) => {
  const { key, world, expected } = counted
  const { exploration, text } = exploreCounting(world)
  expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
  expect(exploration.complete).toBe(true)
  explored[key] = text
  if (!updates) expect(text).toBe(expected)
})

test('no number is checked in that is not checked', () => {
  if (!updates) expect(countedKeys).toEqual(countedWorlds.map(({ key }) => key))
})
