// Goal: the generators for authors make worlds that are accepted, schedules that show mistakes, and
// payloads of the right length; what they find shrinks. Method: properties over a sound protocol and a
// broken one; the broken one must be caught by generated schedules alone.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSettings } from '../../../src/testing/check-options.ts'
import {
  payloadArbitrary,
  tapeArbitrary,
  worldArbitrary,
} from '../../../src/testing/arbitraries.ts'
import { runSchedule } from '../../../src/testing/index.ts'
import { fenced, versionWithData } from '../../unit/testing/support/protocols.ts'

const everything = { parts: true, faults: true, close: true } as const

test('every world is one that a check accepts', () => {
  fc.assert(
    fc.property(worldArbitrary(everything), (world) => {
      expect(checkSettings({ worlds: [world] }).worlds).toEqual([world])
    }),
  )
})

test('a sound protocol holds in every world under every schedule', () => {
  let overlaps = 0
  let faults = 0
  fc.assert(
    fc.property(worldArbitrary({ faults: true }), tapeArbitrary(), (world, choices) => {
      const { violation, coverage, report } = runSchedule(fenced, { world, choices })
      overlaps += coverage.overlaps
      faults += coverage.faults
      expect(violation, report).toBeNull()
    }),
    { numRuns: 500 },
  )
  expect(overlaps).toBeGreaterThan(50)
  expect(faults).toBeGreaterThan(50)
})

// A shrinker takes one step at a time, and fewer readers give the rest of a tape another meaning: from
// some starts it ends at two readers, or two attempts. From one of a few starts it must get all the way.
test('a broken one is caught by generated schedules, and shrinks to one write and one read', () => {
  const seed = Number(process.env['UNTORN_SEED'])
  const shrunk = Array.from({ length: 8 }, (_, start) => seed + start).some((startSeed) => {
    const found = fc.check(
      fc.property(worldArbitrary(), tapeArbitrary(), (world, choices) => {
        return runSchedule(versionWithData, { under: 'rxe', world, choices }).violation === null
      }),
      { numRuns: 5000, seed: startSeed },
    )
    expect(found.failed).toBe(true)
    const [world, choices] = found.counterexample ?? []
    expect(choices?.length).toBeLessThan(40)
    const lengths = [world?.owner, world?.reads].map((list) =>
      Array.isArray(list) ? list.length : 0,
    )
    return (
      world?.readers === 1 && world.attemptsMax === 1 && lengths.every((length) => length === 1)
    )
  })
  expect(shrunk).toBe(true)
})

test('tapes are naturals, no more than asked for', () => {
  fc.assert(
    fc.property(tapeArbitrary({ choicesMax: 12 }), (choices) => {
      expect(choices.length).toBeLessThanOrEqual(12)
      expect(choices.every((choice) => Number.isInteger(choice) && choice >= 0)).toBe(true)
    }),
  )
})

test.each([1, 7, 64])('payloads have the %i bytes asked for', (payloadBytes) => {
  fc.assert(
    fc.property(payloadArbitrary(payloadBytes), (bytes) => {
      expect(bytes).toHaveLength(payloadBytes)
    }),
  )
})

test.each<[string, () => unknown]>([
  ['a tape of no choices', () => tapeArbitrary({ choicesMax: 0 })],
  ['a payload of half a byte', () => payloadArbitrary(0.5)],
  ['a world without readers', () => worldArbitrary({ readersMax: 0 })],
])('%s is refused', (_, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }))
})
