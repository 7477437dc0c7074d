// Goal: the larger of the small worlds of locked regions are sound to the last schedule as well, and take
// as many as are checked in. Method: as test/property/lock-exhaustive.test.ts, which has the quick ones.
import { expect, test } from 'vitest'
import { countedWorlds, exploreCounting } from '../property/support/lock-counted.ts'
import { describeExploration } from '../property/support/lock-world.ts'

test.each(countedWorlds.filter(({ quick }) => !quick))('$key', { timeout: 600_000 }, (counted) => {
  const { world, expected } = counted
  const { exploration, text } = exploreCounting(world)
  expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
  expect(exploration.complete).toBe(true)
  expect(text).toBe(expected)
})
