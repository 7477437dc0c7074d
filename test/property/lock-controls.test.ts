// Goal: the negative controls of locked regions are wrong by themselves: the sound strategy is right in
// their worlds. Method: random schedules of each control's small world with parties that do all of it
// right; that the controls are caught, and where, is negative-controls.test.ts.
import { describe, expect, test } from 'vitest'
import { lockControls } from '../../src/protocols/index.ts'
import { describeExploration, exploreLock, seed, soundWorld } from './support/lock-world.ts'

const SCHEDULES = 200

describe.each(Object.values(lockControls))('$name', (control) => {
  test('is wrong by itself: the sound strategy is right in its world', () => {
    for (const preset of control.caughtUnder) {
      // A mixture of bytes in very many shows anything there: too rare to be seen to be absent.
      if (preset === 'bytes') continue
      const world = soundWorld(control, preset)
      const exploration = exploreLock(world, { seed, schedulesMax: SCHEDULES })
      expect(exploration.counterexample, describeExploration(world, exploration)).toBeUndefined()
      expect(exploration.coverage.results).toBeGreaterThan(0)
    }
  })
})
