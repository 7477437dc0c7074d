// Goal: the larger worlds in which an owner dies at any step are sound to the last schedule as well, and
// take as many as are checked in. Method: as test/property/crash-matrix.test.ts, which has the quick ones.
import { expect, test } from 'vitest'
import {
  countedCrashes,
  describeExploration,
  exploreCounting,
} from '../property/support/crash-worlds.ts'

test.each(countedCrashes.filter(({ quick }) => !quick))('$key', { timeout: 600_000 }, (counted) => {
  const { world, expected } = counted
  const { exploration, text } = exploreCounting(world)
  expect(exploration.verdict, describeExploration(world, exploration)).toBe('holds')
  expect(exploration.complete).toBe(true)
  expect(text).toBe(expected)
})
