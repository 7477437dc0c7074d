// Goal: the story of a run that did not fail can be read as well. Method: the witness of one outcome
// of a litmus program, whose few steps are known.
import { expect, test } from 'vitest'
import { get, litmus, store } from '../../../../src/simulation/litmus/index.ts'
import { formatTrace } from '../../../../src/simulation/report/text-report.ts'

test('a witness of an outcome as a table of its steps', () => {
  const program = litmus({ name: 'one', owner: [store('x', 1)], peers: { p: [get('a', 'x')] } })
  const { outcomes } = program.explore('rxe')
  expect(outcomes.map(({ text }) => text)).toEqual(['a=0', 'a=1'])
  for (const { tape, text } of outcomes) {
    const story = formatTrace(program.trace('rxe', tape).trace)
    expect(story.split('\n')[0]).toMatch(/^step +.*address +value +reads from$/)
    expect(story).toContain(text === 'a=1' ? '0x0000000000000001' : 'beginning')
    expect(story).not.toContain('violation')
    expect(story.endsWith('\n')).toBe(true)
  }
})

test('a trace of nothing says so', () => {
  expect(formatTrace({ actors: [], events: [] })).toBe('(nothing was recorded)\n')
})
