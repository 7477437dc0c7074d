// Goal: a seed names its faults, every fault that is possible comes, and none that is not.
import { expect, test } from 'vitest'
import { type Fault, nextFault } from '../../../../bench/soak/fault-plan.ts'
import type { RoleName } from '../../../../bench/soak/soak-messages.ts'
import { RandomNumbers } from '../../../../src/simulation/random-numbers.ts'

const pace = { pauseMsMin: 100, pauseMsMax: 200, stopMsMax: 500 }

function faults(seed: number, cast: Partial<Record<RoleName, number>>, count: number): Fault[] {
  const random = new RandomNumbers(seed)
  return Array.from({ length: count }, () => nextFault(random, cast, pace))
}

test('the same seed, the same faults; another seed, others', () => {
  const cast = { owner: 1, reader: 2, holder: 2 }
  expect(faults(7, cast, 50)).toEqual(faults(7, cast, 50))
  expect(faults(7, cast, 50)).not.toEqual(faults(8, cast, 50))
})

test('every role that is there is killed and stopped, at every place, and no other', () => {
  const drawn = faults(1, { owner: 1, reader: 3, writer: 1 }, 500)
  const kinds = new Set(drawn.map(({ kind, role, place }) => `${kind} ${role} ${place}`))
  const places = ['owner 0', 'reader 0', 'reader 1', 'reader 2', 'writer 0']
  expect(kinds).toEqual(new Set(places.flatMap((place) => [`kill ${place}`, `stop ${place}`])))
})

test('pauses and stops keep their bounds', () => {
  for (const { pauseMs, stoppedMs } of faults(3, { owner: 1, pinner: 1 }, 300)) {
    expect(pauseMs).toBeGreaterThanOrEqual(pace.pauseMsMin)
    expect(pauseMs).toBeLessThan(pace.pauseMsMax)
    expect(stoppedMs).toBeGreaterThan(0)
    expect(stoppedMs).toBeLessThan(pace.stopMsMax)
  }
})
