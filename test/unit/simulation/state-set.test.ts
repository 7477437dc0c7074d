// Goal: the set of visited states grows and never loses or invents one. Method: against a Set of
// strings, with hashes that collide in their slots, and with the one that looks like a free slot.
import { expect, test } from 'vitest'
import { RandomNumbers } from '../../../src/simulation/random-numbers.ts'
import { StateSet } from '../../../src/simulation/state-set.ts'

const halves = 2 ** 32

test.each([
  ['spread', halves],
  ['crowded', 300],
])('answers as a set does: %s', (_, range) => {
  const random = new RandomNumbers(Number(process.env['UNTORN_SEED'] ?? 1))
  const set = new StateSet(Infinity)
  const model = new Set<string>()
  const added: [number, number][] = []
  let wrong = 0
  for (let count = 0; count < 100_000; count += 1) {
    const low = random.below(range) | 0
    const high = random.below(range) | 0
    const text = `${low},${high}`
    if (set.add(low, high) === model.has(text)) wrong += 1
    model.add(text)
    added.push([low, high])
  }
  expect(set.size).toBe(model.size)
  for (const [low, high] of added) if (set.add(low, high)) wrong += 1
  expect(wrong).toBe(0)
  expect(set.size).toBe(model.size)
})

test('halves count as 32-bit integers, signed or not, and zero is a hash like others', () => {
  const set = new StateSet(Infinity)
  expect(set.add(0, 0)).toBe(true)
  expect(set.add(0, 0)).toBe(false)
  expect(set.add(0, 1)).toBe(true)
  expect(set.add(1, 0)).toBe(true)
  expect(set.add(-1, -1)).toBe(true)
  expect(set.add(0xffff_ffff, 0xffff_ffff)).toBe(false)
  expect(set.size).toBe(4)
})

test('a full set knows what it has and takes no more', () => {
  const set = new StateSet(2)
  expect([set.add(1, 1), set.add(2, 2), set.full]).toEqual([true, true, true])
  expect([set.add(3, 3), set.add(3, 3), set.add(0, 0), set.add(0, 0)]).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect([set.add(1, 1), set.add(2, 2), set.size]).toEqual([false, false, 2])
})
