// Goal: what `explore` says of a program is the exact set of its outcomes, whatever is left out on
// the way, and each outcome can be had again. Method: small programs whose outcomes are counted by
// hand; the same programs without pruning, with all bytes, and with fewer schedules.
import fs from 'node:fs'
import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  fetchAndAdd,
  get,
  getAll,
  litmus,
  litmusOf,
  litmusSuite,
  load,
  poll,
  put,
  putAll,
  store,
  storeBarrier,
} from '../../src/simulation/litmus/index.ts'
import type { Litmus, LitmusExploreOptions } from '../../src/simulation/litmus/index.ts'
import { samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import type { SamplingChoice } from '../../src/simulation/sampling-model.ts'

const message = litmus({
  name: 'message',
  owner: [store('x', 1), storeBarrier(), store('y', 1)],
  peers: { p: [get('a', 'y'), get('b', 'x')] },
})

function texts(program: Litmus, model: SamplingChoice, options?: LitmusExploreOptions): string[] {
  const { outcomes, complete } = program.explore(model, options)
  expect(complete).toBe(true)
  return outcomes.map(({ text }) => text)
}

describe('an exploration', () => {
  it('is sorted, complete and repeatable', () => {
    const all = ['a=0 b=0', 'a=0 b=1', 'a=1 b=0', 'a=1 b=1']
    expect(texts(message, 'minimal')).toEqual(all)
    expect(message.explore('minimal')).toEqual(message.explore('minimal'))
  })

  it('says when it did not end', () => {
    const { complete, schedules, outcomes } = message.explore('minimal', { schedulesMax: 3 })
    expect({ complete, schedules }).toEqual({ complete: false, schedules: 3 })
    expect(outcomes.length).toBeLessThan(4)
    expect(() => message.allows('minimal', { a: 7 }, { schedulesMax: 3 })).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })

  it('answers whether an outcome is allowed', () => {
    expect(message.allows('minimal', { a: 1, b: 0 })).toBe(true)
    expect(message.allows('rxe', { a: 1, b: 0 })).toBe(false)
    expect(message.allows('minimal', { a: 1 })).toBe(true)
    expect(message.allows('minimal', ({ a, b }) => a === 2 || b === 2)).toBe(false)
    expect(message.allows({ readAfterRead: 'ordered' }, { a: 1, b: 0 })).toBe(false)
    expect(() => message.allows('rxe', { c: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })

  it('gives simple witnesses on demand, and refuses those of other programs and models', () => {
    const found = message.explore('minimal', { shrinkRunsMax: 500 })
    const first = found.outcomes[2]?.tape ?? ''
    const { text, trace } = message.trace('minimal', first)
    expect(text).toBe('a=1 b=0')
    expect(trace.actors).toEqual(expect.arrayContaining(['owner', 'p']))
    expect(trace.events.filter(({ kind }) => kind === 'sample')).toHaveLength(2)
    for (const wrong of [
      () => message.trace('nicX86', first),
      () => message.trace('minimal', ''),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }))
    }
  })

  it('follows a value through a local variable', () => {
    const copy = litmus({
      name: 'copy',
      owner: [store('x', 3)],
      peers: { p: [get('a', 'x'), poll(), load('c', 'a'), put('y', 'c'), poll(), store('l', 1)] },
      final: ['y'],
    })
    expect(texts(copy, 'minimal')).toEqual(['a=0 c=0 ~y=0', 'a=3 c=3 ~y=3'])
  })

  it('adds, stores parts and reads several variables as a machine does', () => {
    const sums = litmus({
      name: 'sums',
      peers: { p: [fetchAndAdd('a', 'x', 255), fetchAndAdd('b', 'x', 2), poll(), get('c', 'x')] },
    })
    expect(texts(sums, 'bytes')).toEqual(['a=0 b=255 c=257'])
    const parts = litmus({
      name: 'parts',
      owner: [
        store('x', 2 ** 40),
        store('x', 258, { offsetBytes: 2, lengthBytes: 2 }),
        load('b', 'x'),
      ],
      peers: { p: [putAll({ y: 7, z: 8 }), getAll({ a: 'y', c: 'z' })] },
      memory: ['y z'],
    })
    expect(texts(parts, 'nicX86')).toEqual([`b=${2 ** 40 + 258 * 2 ** 16} a=7 c=8`])
  })
})

describe('nothing is lost by', () => {
  const small = litmusSuite.filter(({ id }) => id !== '12-packets' && id !== 'iriw')

  it('leaving out states met before', () => {
    const ids = ['6', '8', '10', '11', '14', '18', '21', '24', '28']
    for (const entry of litmusSuite.filter(({ id }) => ids.includes(id))) {
      for (const model of samplingPresetNames) {
        const program = litmusOf(entry)
        expect(texts(program, model, { statesMax: 0 })).toEqual(texts(program, model))
      }
    }
  })

  it('leaving out when unchanging memory is sampled', () => {
    for (const entry of small) {
      for (const model of samplingPresetNames) {
        const program = litmusOf(entry)
        expect(texts(program, model, { reduces: true })).toEqual(texts(program, model))
      }
    }
  })

  it('leaving out bytes that are always 0', () => {
    const ids = ['2', '5', '6', '11', '15', '15-parts', '18', 'corr-fenced', '24', '23']
    for (const entry of litmusSuite.filter(({ id }) => ids.includes(id))) {
      for (const model of samplingPresetNames) {
        const program = litmusOf(entry)
        expect(texts(program, model, { exact: true })).toEqual(texts(program, model))
      }
    }
  })
})

describe('options that are none', () => {
  const program = litmus({ name: 'alone', owner: [store('x', 1)], final: ['x'] })
  it.each<[string, unknown]>([
    ['no schedules', { schedulesMax: 0 }],
    ['schedules in words', { schedulesMax: 'many' }],
    ['half a state', { statesMax: 0.5 }],
    ['runs below none', { shrinkRunsMax: -1 }],
    ['nothing', null],
  ])('%s', (_, options) => {
    expect(() => program.explore('minimal', options as LitmusExploreOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })
})

describe('docs/litmus.md', () => {
  it('has an example that does what it says', () => {
    const page = fs.readFileSync('docs/litmus.md', 'utf8')
    const code = /<!-- example -->\s+```ts\n(.*?)```/s.exec(page)?.[1] ?? ''
    const result = vm.runInNewContext(
      `${code}\n;({ texts: outcomes.map(({ text }) => text), complete, torn, trace })`,
      { litmus, store, storeBarrier, get },
    ) as Record<'texts' | 'complete' | 'torn' | 'trace', unknown>
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({
      texts: ['f=0 d=0', 'f=0 d=1', 'f=1 d=1'],
      complete: true,
      torn: false,
      trace: { actors: expect.arrayContaining(['reader']) as unknown },
    })
  })
})
