// Goal: the owner's stores happen in the argued order, tokens can be taken and ended once, and what
// fails stores nothing. Method: a logging port.
import { describe, expect, test } from 'vitest'
import { VERSION_MAX, Verdict, seqlockStrategies } from '../../../src/protocols/index.ts'
import { BenchRegion, LoggedMemory, codeOf, kernels, pattern } from './support/bench-region.ts'
import { shapeOf } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const

describe('order of stores', () => {
  test.each([
    ['fenced', ['word 8 3', 'beforePayload', 'copy 24 60', 'beforePublish', 'word 8 4']],
    ['hash', ['word 8 3', 'beforePayload', 'copy 24 60', 'word64 0', 'beforePublish', 'word 8 4']],
    ['words', ['tagged 0 64 2', 'afterPublish']],
    [
      'lines',
      [
        'word 0 3',
        'word 64 3',
        'beforePayload',
        'copy 8 56',
        'copy 72 4',
        'beforePublish',
        'word 0 4',
        'word 64 4',
      ],
    ],
  ] as const)('%s: a whole write', (name, log) => {
    const { owner, memory } = new BenchRegion(seqlockStrategies[name], 60)
    memory.log.length = 0
    owner.write(pattern(60, 1))
    expect(memory.log).toEqual(log)
  })

  test.each([['fenced'], ['hash'], ['lines']] as const)('%s: marks before it formats', (name) => {
    const { memory } = new BenchRegion(seqlockStrategies[name], 60)
    const marks = { fenced: ['word 8 1'], hash: ['word 8 1'], lines: ['word 0 1', 'word 64 1'] }
    const first = [...marks[name], 'beforePayload']
    expect(memory.log.slice(0, first.length)).toEqual(first)
  })

  test('a token that stored nothing stores nothing when it is aborted but the next version', () => {
    const { owner, memory } = new BenchRegion(seqlockStrategies.fenced, 60)
    // The undo copy of an earlier token is no longer of any use.
    const before = owner.writeBegin()
    before.copyIn(10, pattern(5, 1))
    owner.writeEnd(before)
    const token = owner.writeBegin()
    memory.log.length = 0
    token.copyIn(5, new Uint8Array(0))
    expect(memory.log).toEqual([])
    owner.writeAbort(token)
    expect(memory.log).toEqual(['beforePublish', 'word 8 6'])
  })

  test('an abort restores the bytes that were stored, no others', () => {
    const { owner, memory } = new BenchRegion(seqlockStrategies.fenced, 60)
    for (const [offset, length] of [
      [0, 1],
      [30, 5],
      [0, 1],
    ] as const) {
      const token = owner.writeBegin()
      token.copyIn(offset, pattern(length, 1))
      memory.log.length = 0
      owner.writeAbort(token)
      expect(memory.log.slice(0, -2)).toEqual([`copy ${24 + offset} ${length}`])
    }
  })

  test('a token marks first, and an abort restores before it publishes the next version', () => {
    const { owner, memory } = new BenchRegion(seqlockStrategies.fenced, 60)
    memory.log.length = 0
    const token = owner.writeBegin()
    expect(memory.log).toEqual(['word 8 3', 'beforePayload'])
    token.copyIn(10, pattern(5, 1))
    owner.writeAbort(token)
    expect(memory.log.slice(2)).toEqual(['copy 34 5', 'copy 34 5', 'beforePublish', 'word 8 4'])
  })
})

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]
  const first = pattern(120, 1)

  test('formats once, with zeros or with what it is given', () => {
    const zeros = new BenchRegion(scheme, 120)
    expect(zeros.owner.version).toBe(2)
    expect(zeros.whole()).toEqual(new Uint8Array(120))
    const given = new BenchRegion(scheme, 120, first)
    expect(given.whole()).toEqual(first)
    expect(codeOf(() => given.owner.format())).toBe('ERR_UNTORN_BUSY')
  })

  test('refuses what makes no sense, before storing anything', () => {
    const memory = new LoggedMemory(scheme.regionBytes(120))
    const short = new LoggedMemory(scheme.regionBytes(120) - 64)
    expect(codeOf(() => scheme.createOwner(short, shapeOf(120), kernels))).toBe(
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
    const owner = scheme.createOwner(memory, shapeOf(120), kernels)
    expect(codeOf(() => owner.write(first))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.format(first.subarray(1)))).toBe('ERR_UNTORN_ARGUMENT')
    for (const version of [0, 3, -2, VERSION_MAX + 1]) {
      expect(codeOf(() => owner.format(first, version))).toBe('ERR_UNTORN_ARGUMENT')
    }
    owner.format()
    memory.log.length = 0
    expect(codeOf(() => owner.write(first.subarray(1)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.write(new Uint8Array(121)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.write('text' as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(memory.log).toEqual([])
    expect(owner.version).toBe(2)
  })

  test('one writer at a time; a token ends once', () => {
    const region = new BenchRegion(scheme, 120, first)
    const { owner } = region
    const token = owner.writeBegin()
    expect(token.version).toBe(4)
    expect(owner.busy).toBe(true)
    for (const second of [
      () => owner.writeBegin(),
      () => owner.write(first),
      () => owner.update(() => {}),
    ]) {
      expect(codeOf(second)).toBe('ERR_UNTORN_BUSY')
    }
    token.copyIn(0, pattern(10, 2))
    expect(owner.writeEnd(token)).toBe(4)
    expect(owner.busy).toBe(false)
    for (const late of [
      () => owner.writeEnd(token),
      () => owner.writeAbort(token),
      () => token.copyIn(0, first),
    ]) {
      expect(codeOf(late)).toBe('ERR_UNTORN_CLOSED')
    }
    const expected = first.slice()
    expected.set(pattern(10, 2))
    expect(region.whole()).toEqual(expected)
    expect(region.reader.version).toBe(4)
  })

  test('a token of another owner is refused', () => {
    const one = new BenchRegion(scheme, 120).owner
    const other = new BenchRegion(scheme, 120).owner
    const token = one.writeBegin()
    other.writeBegin()
    expect(codeOf(() => other.writeEnd(token))).toBe('ERR_UNTORN_CLOSED')
    expect(one.writeEnd(token)).toBe(4)
  })

  test('a token stays inside the payload', () => {
    const { owner } = new BenchRegion(scheme, 120)
    const token = owner.writeBegin()
    for (const [offset, length] of [
      [-1, 1],
      [120, 1],
      [119, 2],
      [0.5, 1],
      [Number.NaN, 1],
    ] as const) {
      const bytes = new Uint8Array(length)
      expect(codeOf(() => token.copyIn(offset, bytes))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    }
    token.copyIn(120, new Uint8Array(0))
    token.copyIn(0, new Uint8Array(120))
  })

  test.each([
    [undefined],
    [null],
    ['text'],
    [[1, 2]],
    [new Uint16Array(2)],
    [new DataView(first.buffer)],
  ])('a token takes bytes, not %o', (bytes) => {
    const { owner, memory } = new BenchRegion(scheme, 120)
    const token = owner.writeBegin()
    memory.log.length = 0
    expect(codeOf(() => token.copyIn(0, bytes as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(memory.log).toEqual([])
  })

  test('abort leaves the old bytes, under a version never used before if any was visible', () => {
    const region = new BenchRegion(scheme, 120, first)
    const { owner } = region
    const token = owner.writeBegin()
    // Overlapping, apart, and in descending order: the undo copy must not keep a new byte.
    token.copyIn(60, pattern(30, 2))
    token.copyIn(70, pattern(40, 3))
    token.copyIn(10, pattern(5, 4))
    token.copyIn(12, pattern(60, 5))
    owner.writeAbort(token)
    expect(region.whole()).toEqual(first)
    expect(owner.version).toBe(name === 'words' ? 2 : 4)
    expect(region.reader.version).toBe(owner.version)
    expect(owner.write(first)).toBe(owner.version)
  })

  test('abort restores the first byte, and what was stored after it', () => {
    const region = new BenchRegion(scheme, 120, first)
    for (const offset of [0, 1, 119]) {
      const token = region.owner.writeBegin()
      token.copyIn(0, pattern(1, 2))
      if (offset > 0) token.copyIn(offset, pattern(1, 3))
      region.owner.writeAbort(token)
      expect(region.whole()).toEqual(first)
    }
  })

  test('a token left to `using` is aborted', () => {
    const region = new BenchRegion(scheme, 120, first)
    {
      using token = region.owner.writeBegin()
      token.copyIn(0, pattern(120, 2))
    }
    expect(region.owner.busy).toBe(false)
    expect(region.whole()).toEqual(first)
  })

  test('update works on the present payload, and publishes nothing when it throws', () => {
    const region = new BenchRegion(scheme, 120, first)
    const { owner, memory } = region
    memory.log.length = 0
    const boom = new Error('boom')
    const failing = (payload: Uint8Array): void => {
      expect(payload).toEqual(first)
      payload.fill(0)
      throw boom
    }
    expect(() => owner.update(failing)).toThrow(boom)
    expect(codeOf(() => owner.update(() => Promise.resolve() as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.update(() => owner.write(first)))).toBe('ERR_UNTORN_BUSY')
    expect(memory.log).toEqual([])
    expect(owner.version).toBe(2)
    const version = owner.update((payload) => {
      expect(payload).toEqual(first)
      payload[119] = 7
    })
    expect(version).toBe(4)
    const expected = first.slice()
    expected[119] = 7
    expect(region.whole()).toEqual(expected)
  })

  test('close ends everything, a write in progress too, and is idempotent', () => {
    const region = new BenchRegion(scheme, 120, first)
    const { owner, memory } = region
    // The reader holds version 2: closing must reach those who look at one word only.
    region.whole()
    const token = owner.writeBegin()
    token.copyIn(0, pattern(120, 2))
    owner.close()
    const stores = memory.log.length
    owner.close()
    expect(memory.log.length).toBe(stores)
    for (const late of [
      () => owner.write(first),
      () => owner.update(() => {}),
      () => owner.writeBegin(),
      () => owner.writeEnd(token),
      () => token.copyIn(0, first),
      () => owner.format(),
    ]) {
      expect(codeOf(late)).toBe('ERR_UNTORN_CLOSED')
    }
    token[Symbol.dispose]()
    expect(region.whole()).toBe(Verdict.Closed)
    expect(region.whole(2)).toBe(Verdict.Closed)
    expect(region.chains).toBe(1)
  })

  test('versions end before they stop being exact', () => {
    const memory = new LoggedMemory(scheme.regionBytes(8))
    const owner = scheme.createOwner(memory, shapeOf(8), kernels)
    owner.format(undefined, VERSION_MAX - 2)
    const last = VERSION_MAX - (VERSION_MAX % 2)
    expect(owner.write(new Uint8Array(8))).toBe(last)
    expect(codeOf(() => owner.write(new Uint8Array(8)))).toBe('ERR_UNTORN_CLOSED')
    expect(owner.version).toBe(last)
  })
})

test('hash: a payload that another thread changes while it is written is of one version all the same', () => {
  const bytes = pattern(60, 1)
  const region = new BenchRegion(seqlockStrategies.hash, 60, bytes)
  region.memory.barrier = () => bytes.fill(0xee, 30)
  region.owner.write(bytes)
  expect(region.whole()).toEqual(pattern(60, 1))
})
