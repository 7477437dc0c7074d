// Goal: a program that makes sense becomes complete plain data, one that does not is refused with a
// code. Method: one program per mistake, each a single change away from a valid one.
import { describe, expect, it } from 'vitest'
import {
  compareAndSwap,
  fetchAndAdd,
  fullFence,
  get,
  getAll,
  load,
  poll,
  put,
  putAll,
  signal,
  store,
  storeBarrier,
  wait,
} from '../../src/simulation/litmus/instructions.ts'
import { litmusProgram, outcomeNames } from '../../src/simulation/litmus/program.ts'
import type { LitmusSpec } from '../../src/simulation/litmus/program.ts'

const pair: LitmusSpec = {
  name: 'pair',
  owner: [store('x', 1), storeBarrier(), store('y', 1), fullFence(), load('c', 'x')],
  peers: { p: [get('a', 'y'), get('b', 'x', { fenced: true })] },
}

describe('a litmus program', () => {
  it('is complete and survives JSON', () => {
    const program = litmusProgram({ ...pair, final: ['x'] })
    expect(JSON.parse(JSON.stringify(program))).toEqual(program)
    expect(outcomeNames(program)).toEqual(['c', 'a', 'b', '~x'])
    expect(program.layout.offsets).toEqual({ x: 0, y: 64 })
    expect(program.peers).toMatchObject([{ name: 'p', nic: 0, queuePairCount: 1 }])
  })

  it('places runs in lines as they are written', () => {
    const { layout } = litmusProgram({
      name: 'runs',
      owner: [store('z', 1)],
      peers: { p: [putAll({ d: 1, e: 1, f: 1 }), getAll({ a: 'x', b: 'y' })] },
      memory: ['d e f', 'x | . y'],
    })
    expect(layout.offsets).toEqual({ d: 0, e: 8, f: 16, x: 120, y: 136, z: 192 })
    expect(layout.lengthBytes).toBe(256)
  })

  it('has CPUs, NICs and queue pairs by name and number', () => {
    const program = litmusProgram({
      name: 'several',
      owner: { c0: [store('x', 1)], c1: [compareAndSwap('a', 'x', 1, 2)] },
      peers: {
        p: [put('x', 3, { queuePair: 1 }), poll(1)],
        q: { nic: 1, instructions: [fetchAndAdd('b', 'x', 1)] },
      },
    })
    expect(program.cpus.map((cpu) => cpu.name)).toEqual(['c0', 'c1'])
    expect(program.peers).toMatchObject([
      { nic: 0, queuePairCount: 2 },
      { nic: 1, queuePairCount: 1 },
    ])
  })

  it.each<[string, Partial<LitmusSpec>]>([
    ['nobody writes it', { peers: { p: [get('a', 'nobody')] } }],
    ['register assigned twice', { peers: { p: [get('a', 'y'), get('a', 'x')] } }],
    ['register of the owner too', { peers: { p: [get('c', 'y')] } }],
    ['register named like a variable', { peers: { p: [get('x', 'y')] } }],
    ['reserved peer', { peers: { owner: [get('a', 'y')] } }],
    ['reserved by objects', { peers: { p: [get('constructor', 'y')] } }],
    ['no name', { peers: { p: [get('~a', 'y')] } }],
    ['unknown local variable', { peers: { p: [put('x', 'nobody')] } }],
    ['register used before a poll', { peers: { p: [get('a', 'y'), put('x', 'a')] } }],
    ['poll of another queue pair', { peers: { p: [get('a', 'y'), poll(1), put('x', 'a')] } }],
    ['store into a register', { peers: { p: [get('a', 'y'), poll(), store('a', 1)] } }],
    ['unknown final variable', { final: ['z'] }],
    ['wait without a signal', { peers: { p: [wait('s'), get('a', 'y')] } }],
    ['waits in a circle', { peers: { p: [wait('s'), signal('t')], q: [wait('t'), signal('s')] } }],
    ['too many instructions', { peers: { p: Array.from({ length: 17 }, () => put('x', 1)) } }],
    ['too many peers', { peers: Object.fromEntries('abdefghi'.split('').map((n) => [n, []])) }],
    ['no outcome', { owner: [store('x', 1)], peers: {} }],
    ['no instruction', { owner: [], peers: {} }],
    ['value too large', { peers: { p: [put('x', 2 ** 48)] } }],
    ['value is no integer', { peers: { p: [put('x', 0.5)] } }],
    ['part too long', { owner: [store('x', 1, { offsetBytes: 4, lengthBytes: 8 })] }],
    ['part misaligned', { owner: [store('x', 1, { offsetBytes: 1, lengthBytes: 2 })] }],
    [
      'value too large for its part',
      { owner: [store('x', 256, { offsetBytes: 0, lengthBytes: 1 })] },
    ],
    ['queue pair out of range', { peers: { p: [put('x', 1, { queuePair: 4 })] } }],
    ['NIC out of range', { peers: { p: { nic: -1, instructions: [get('a', 'y')] } } }],
    ['a put by a CPU', { owner: [put('x', 1)] }],
    ['a full fence by a peer', { peers: { p: [fullFence()] } }],
    ['variables of two runs', { peers: { p: [getAll({ a: 'x', b: 'y' })] } }],
    ['against the run’s order', { memory: ['x y'], peers: { p: [getAll({ a: 'y', b: 'x' })] } }],
    ['overwrites one between', { memory: ['x z y'], peers: { p: [putAll({ x: 1, y: 1 })] } }],
    ['nine words in a line', { memory: ['x y . . . . . . .'] }],
    ['listed twice', { memory: ['x y', 'x'] }],
  ])('is refused: %s', (_, change) => {
    expect(() => litmusProgram(pair)).not.toThrow()
    expect(() => litmusProgram({ ...pair, ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })
})

describe('what is no litmus program', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an owner that is one instruction', { ...pair, owner: store('x', 1) }],
    ['a peer that is one instruction', { ...pair, peers: { p: get('a', 'x') } }],
    ['peers that are a list', { ...pair, peers: [get('a', 'x')] }],
    ['an instruction that is none', { ...pair, owner: [null] }],
    ['final names that are one name', { ...pair, final: 'x' }],
  ])('%s', (_, spec) => {
    expect(() => litmusProgram(spec as LitmusSpec)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_UNTORN_ARGUMENT' }),
    )
  })

  it('may have no peers', () => {
    const program = litmusProgram({ name: 'alone', owner: [store('x', 1), load('a', 'x')] })
    expect(program.peers).toEqual([])
  })
})
