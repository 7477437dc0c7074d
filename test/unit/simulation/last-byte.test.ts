// Goal: a receiver that looks at memory is told of each piece as it lands, and so is the report.
// Method: replays the counterexamples of both directions and reads what is said of them.
import { expect, test } from 'vitest'
import { LastByteScenario } from '../../../src/simulation/controls/last-byte-scenario.ts'
import { explore, formatReport, replay } from '../../../src/simulation/index.ts'

function report(direction: 'read' | 'write'): string {
  const options = { name: direction, model: 'minimal', lengthBytes: 16 } as const
  const scenario = new LastByteScenario({ ...options, direction, waitsFor: 'last-byte' })
  const { counterexample } = explore(scenario, { strategy: 'exhaustive' })
  const tape = counterexample?.tape ?? ''
  const { end, trace } = replay(scenario, tape)
  const violation = end.violation ?? { kind: '', message: '' }
  return formatReport({ scenarioName: direction, violation, tape, model: scenario.model, trace })
}

test('a READ lands piece by piece, the last one first', () => {
  expect(report('read')).toMatch(/#1 lands in landing \[8, 16\)/)
})

test('a WRITE fetches before it places', () => {
  const text = report('write')
  expect(text).toMatch(/fetches #1/)
  expect(text).toMatch(/places #1/)
  expect(text).not.toContain('fetchs')
})

test.each(['read', 'write'] as const)(
  'a %s that is waited for to its end is right',
  (direction) => {
    for (const model of ['sharedMemory', 'rxe', 'nicX86', 'minimal'] as const) {
      const options = { name: direction, model, lengthBytes: 128, direction } as const
      const scenario = new LastByteScenario({ ...options, waitsFor: 'completion' })
      const { verdict, violations } = explore(scenario, { seed: 1, schedulesMax: 300 })
      expect([model, violations, verdict]).toEqual([model, {}, 'holds'])
    }
  },
)
