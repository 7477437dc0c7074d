// Goal: the checker and the monitor answer what the definition of linearizability answers. Method:
// small random histories of a register, with operations of unknown outcome, against a checker that
// tries every order; and that both kinds of history come up.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checkLinearizability,
  registerSpecification,
} from '../../../src/simulation/history/index.ts'
import { monitored, orderedSomehow, registerHistories } from '../support/histories.ts'

const register = registerSpecification()

test('they answer what the definition answers', () => {
  const count = { true: 0, false: 0 }
  fc.assert(
    fc.property(registerHistories, (history) => {
      const expected = orderedSomehow(history, register)
      count[expected ? 'true' : 'false'] += 1
      const { verdict } = checkLinearizability(history, register)
      expect(verdict).toBe(expected ? 'linearizable' : 'not linearizable')
      expect(monitored(history, register)).toBe(expected)
    }),
    { numRuns: 3000 },
  )
  expect(count.true).toBeGreaterThan(100)
  expect(count.false).toBeGreaterThan(100)
})
