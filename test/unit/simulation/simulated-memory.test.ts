// Goal: memory knows what changed last, as far as anybody can have looked between two changes.
// Method: stores of one step, of several, and of bytes that are there already.
import { expect, test } from 'vitest'
import { SimulatedMemory } from '../../../src/simulation/simulated-memory.ts'

const bytes = Uint8Array.of(1, 2, 3, 4)

function memory(): SimulatedMemory {
  return new SimulatedMemory('region', 0, 64)
}

test('each step that changes bytes is a change', () => {
  const region = memory()
  region.store(0, bytes, 0, 4, 1)
  region.store(8, bytes, 0, 4, 2)
  expect(region.changes).toBe(2)
  expect(region.changedLast(0)).toBe(false)
  expect(region.changedLast(8)).toBe(true)
})

test('stores of one step are one change of all their granules', () => {
  const region = memory()
  region.store(16, bytes, 0, 4, 1)
  region.store(0, bytes, 0, 4, 2)
  region.store(8, bytes, 0, 4, 2)
  expect(region.changes).toBe(2)
  expect([0, 8, 16].map((offset) => region.changedLast(offset))).toEqual([true, true, false])
})

test('a store of what is there already is none', () => {
  const region = memory()
  region.store(0, bytes, 0, 4, 1)
  region.store(0, bytes, 0, 4, 2)
  expect(region.changes).toBe(1)
})

test('a run begins without changes', () => {
  const region = memory()
  region.seal()
  region.store(0, bytes, 0, 4, 1)
  region.reset(false)
  expect(region.changes).toBe(0)
  expect(region.bytes[0]).toBe(0)
  region.store(8, bytes, 0, 4, 1)
  expect(region.changes).toBe(1)
})
