// Goal: an exploration that recognises states loses no outcome, so a state's hash holds all that its
// future depends on; and the order of samples that it leaves out loses none either. Method: every
// pair of an owner and a peer from short lists, and one program whose outcomes are counted by hand,
// explored with and without what leaves schedules out.
import { describe, expect, it } from 'vitest'
import {
  compareAndSwap,
  fetchAndAdd,
  getAll,
  litmus,
  load,
  put,
  putAll,
  store,
  storeBarrier,
} from '../../src/simulation/litmus/index.ts'
import type { Litmus, LitmusExploreOptions } from '../../src/simulation/litmus/index.ts'
import type { LitmusInstruction } from '../../src/simulation/litmus/instructions.ts'

const models = ['rxe', 'nicX86', 'minimal'] as const

function texts(
  program: Litmus,
  model: (typeof models)[number],
  options?: LitmusExploreOptions,
): string[] {
  const { complete, outcomes } = program.explore(model, options)
  expect(complete).toBe(true)
  return outcomes.map(({ text }) => text)
}

describe.each(models)('under %s', (model) => {
  it('a state holds what an atomic has loaded', () => {
    const sum = litmus({
      name: 'sum',
      owner: [store('x', 10), store('x', 20)],
      peers: { p: [fetchAndAdd('a', 'x', 1)] },
      final: ['x'],
    })
    const outcomes = ['a=0 ~x=1', 'a=0 ~x=20', 'a=10 ~x=11', 'a=10 ~x=20', 'a=20 ~x=21']
    expect(texts(sum, model)).toEqual(outcomes)
    expect(texts(sum, model, { statesMax: 0 })).toEqual(outcomes)
  })

  const owners: readonly (readonly LitmusInstruction[])[] = [
    [store('x', 1), store('x', 2)],
    [store('x', 1), storeBarrier(), store('y', 1)],
    [store('y', 1), load('l', 'x')],
    [compareAndSwap('l', 'x', 0, 3), store('y', 2)],
  ]
  const peers: readonly (readonly LitmusInstruction[])[] = [
    [fetchAndAdd('a', 'x', 1), put('y', 5)],
    [compareAndSwap('a', 'x', 1, 4), fetchAndAdd('b', 'x', 8)],
    [getAll({ a: 'x', b: 'y' }), put('x', 7)],
    [putAll({ x: 5, y: 6 }), getAll({ a: 'x', b: 'y' })],
    [getAll({ a: 'x', b: 'y' }), fetchAndAdd('c', 'y', 4)],
  ]

  it.each(owners.map((owner, index) => [index + 1, owner] as const))(
    'nothing is lost beside owner %i',
    (_, owner) => {
      for (const peer of peers) {
        const spec = { name: 'pair', owner, peers: { p: peer }, memory: ['x y'] }
        const program = litmus({ ...spec, final: ['x', 'y'] })
        const all = texts(program, model, { statesMax: 0 })
        expect(texts(program, model)).toEqual(all)
        expect(texts(program, model, { reduces: true })).toEqual(all)
      }
    },
  )
})
