// Goal: mistakes of a protocol's code, and of a check's caller, are told with a code and a place; those
// that only some schedule brings out come as counterexamples. Method: one mistake at a time.
import { expect, test } from 'vitest'
import type { LocalMemory } from '../../../src/protocols/local-memory.ts'
import {
  type CheckOptions,
  type OwnerSide,
  type Protocol,
  type Reader,
  checkProtocol,
} from '../../../src/testing/index.ts'
import { type SeqlockFields as Fields, fenced, layout, seqlockOwner } from './support/protocols.ts'

const quick: CheckOptions = { presets: ['minimal'], worlds: [{ name: 'one write' }] }

const check =
  (protocol: Protocol<Fields>, options: CheckOptions = quick) =>
  () =>
    checkProtocol(protocol, options)

const withOwner = (publish: (memory: LocalMemory) => number | void): Protocol<Fields> => ({
  ...fenced,
  owner: (memory): OwnerSide => ({ publish: () => publish(memory) }),
})

const withReader = (reader: Reader<Fields>): Protocol<Fields> => ({ ...fenced, reader })

const code = (expected: string, message: RegExp = /./) =>
  expect.objectContaining({ code: expected, message: expect.stringMatching(message) as string })

const outOfBounds = 'ERR_UNTORN_OUT_OF_BOUNDS'
const broken = 'ERR_UNTORN_BROKEN_PROTOCOL'
const argument = 'ERR_UNTORN_ARGUMENT'

const bytes = new Uint8Array(16)

test.each<[string, (memory: LocalMemory) => number | void, string]>([
  ['a copy past the end', (memory) => memory.copyIn(56, bytes), outOfBounds],
  ['a word past the end', (memory) => memory.storeWord(64, 1), outOfBounds],
  ['tagged words past the end', (memory) => memory.storeTagged(48, bytes, 1), outOfBounds],
  ['a negative offset', (memory) => memory.copyIn(-8, bytes), outOfBounds],
  ['a view past the end', (memory) => void memory.view(60, 8), outOfBounds],
  ['a word on no boundary', (memory) => memory.storeWord(4, 1), 'ERR_UNTORN_MISALIGNED'],
  ['a load on no boundary', (memory) => void memory.loadWord(4), 'ERR_UNTORN_MISALIGNED'],
  ['a negative word', (memory) => memory.storeWord(0, -1), argument],
  ['a barrier of no name', (memory) => memory.barrier('full' as 'beforePayload'), argument],
  ['a copy of text', (memory) => memory.copyIn(0, 'text' as unknown as Uint8Array), argument],
  ['a version below 0', () => -1, broken],
  [
    'a throw',
    () => {
      throw new Error('unready')
    },
    broken,
  ],
])('an owner’s mistake: %s', (_, publish, expected) => {
  expect(check(withOwner(publish))).toThrow(code(expected))
})

test.each<[string, unknown, string]>([
  ['presets that are one name', { presets: 'minimal' }, argument],
  ['models that are one name', { models: 'minimal' }, argument],
  ['models without names', { models: [{ cpu: 'tso' }] }, argument],
  ['worlds that are one world', { worlds: { owner: 1 } }, argument],
  ['expectations that are one name', { expect: 'minimal' }, argument],
  ['a world with a parameter that no world has', { worlds: [{ writes: 3 }] }, argument],
])('a caller’s mistake: %s', (_, options, expected) => {
  expect(check(fenced, options as CheckOptions)).toThrow(code(expected))
})

test.each<[string, unknown, string]>([
  ['an asynchronous generator', async function* () {}, broken],
  ['a function', () => 'payload', broken],
  ['a function that returns nothing', () => undefined, broken],
])('a reader that is %s', (_, reader, expected) => {
  const mistaken = withReader(reader as Reader<Fields>)
  expect(check(mistaken)).toThrow(code(expected, /generator/))
})

test('a word read on no boundary', () => {
  const misread = withReader(function* (io) {
    yield* io.word(4)
    return io.retry()
  })
  expect(check(misread)).toThrow(code('ERR_UNTORN_MISALIGNED'))
})

test('an owner that publishes later', () => {
  const later = withOwner((() => Promise.resolve(2)) as unknown as () => number)
  expect(check(later)).toThrow(code(broken, /publish returned .*promise/))
})

test('an owner that returns versions sometimes', () => {
  let calls = 0
  expect(check(withOwner(() => ((calls += 1) % 2 === 1 ? calls : undefined)))).toThrow(code(broken))
})

test('an owner that does something else the second time', () => {
  let count = 0
  const drifting = withOwner((memory) => memory.storeWord(0, (count += 1)))
  expect(check(drifting)).toThrow(code(broken, /storeWord\(0, /))
})

test.each<[string, Reader<Fields>, string]>([
  [
    'a READ past the end',
    function* (io) {
      yield* io.bytes(56, 16)
      return io.retry()
    },
    outOfBounds,
  ],
  [
    'no such field',
    function* (io) {
      yield* io.word('verion' as 'version')
      return io.retry()
    },
    argument,
  ],
  [
    'a loop without an end',
    function* (io) {
      for (;;) yield* io.word('version')
    },
    broken,
  ],
  [
    'a throw',
    function* (io) {
      yield* io.word('version')
      throw new Error('unready')
    },
    broken,
  ],
  [
    'a READ that was yielded bare',
    function* (io) {
      yield io.word('version') as never
      return io.retry()
    },
    broken,
  ],
  [
    'no outcome',
    function* (io) {
      yield* io.word('version')
      return undefined as never
    },
    broken,
  ],
  [
    'nothing read',
    // eslint-disable-next-line require-yield
    function* (io) {
      return io.retry()
    },
    broken,
  ],
  [
    'never an acceptance',
    function* (io) {
      yield* io.word('version')
      return io.retry()
    },
    broken,
  ],
  [
    'a payload of another length',
    function* (io) {
      return io.accept(yield* io.bytes('payload', 8), 2)
    },
    argument,
  ],
  [
    'more to land than there is room',
    function* (io) {
      yield* io.chain(...Array.from({ length: 4 }, () => io.bytes(0, 64)))
      return io.retry()
    },
    argument,
  ],
  [
    'a longer chain than was said',
    function* (io) {
      yield* io.chain(...Array.from({ length: 9 }, () => io.word(0)))
      return io.retry()
    },
    argument,
  ],
])('a reader’s mistake: %s', (_, reader, expected) => {
  expect(check(withReader(reader))).toThrow(code(expected))
})

test('a reader that breaks only while somebody writes is a counterexample', () => {
  const trusting = withReader(function* (io) {
    const version = yield* io.word('version')
    // Stands for a length or a pointer that is followed without a look at it.
    const payload = yield* io.bytes(version % 2 === 1 ? 60 : 8, 16)
    return io.accept(payload, version)
  })
  const { counterexample } = checkProtocol(trusting, quick)
  expect(counterexample?.violation).toMatchObject({
    kind: 'broken',
    message: expect.stringMatching(/^r1 .*16 bytes at 60/) as string,
  })
  const again = checkProtocol(trusting, { ...quick, replay: counterexample?.tape ?? '' })
  expect(again.counterexample?.report).toBe(counterexample?.report)
})

test('a reader that depends on more than what landed is noticed', () => {
  let runs = 0
  const drifting = withReader(function* (io) {
    runs += 1
    const before = yield* io.word('version')
    const payload = yield* io.bytes('payload')
    const after = yield* io.word('version')
    if (before % 2 === 1 || before !== after || runs % 7 === 6) return io.retry()
    return io.accept(payload, before)
  })
  expect(check(drifting, { presets: ['minimal'] })).toThrow(code(broken))
})

test.each<[string, unknown]>([
  ['no protocol', null],
  ['no layout', { owner: seqlockOwner, reader: fenced.reader }],
  ['no owner', { layout, reader: fenced.reader }],
  ['no reader', { layout, owner: seqlockOwner }],
  ['reader and machine', { ...fenced, machine: () => null }],
  ['a payload of no bytes', { ...fenced, layout: { ...layout, payloadBytes: 0 } }],
  ['half a byte', { ...fenced, layout: { ...layout, regionBytes: 0.5 } }],
  ['an owner without publish', { ...fenced, owner: () => ({}) }],
])('a protocol’s mistake: %s', (_, protocol) => {
  expect(check(protocol as Protocol<Fields>)).toThrow(code(argument))
})

test('a machine that is none', () => {
  const { reader: _, ...rest } = fenced
  expect(check({ ...rest, machine: () => ({}) as never })).toThrow(code(broken))
})

test('fields lie in the region, words on boundaries', () => {
  const withFields = (fields: Record<string, number>) => (): unknown =>
    checkProtocol({ ...fenced, layout: { ...layout, fields } } as unknown as Protocol, quick)
  expect(withFields({ version: 64 })).toThrow(code(outOfBounds, /version/))
  expect(withFields({ version: 4 })).toThrow(code('ERR_UNTORN_MISALIGNED', /version/))
})

test.each<[string, unknown]>([
  ['no preset', { presets: ['rexe'] }],
  ['no presets at all', { presets: [] }],
  ['an unknown option', { preset: 'rxe' }],
  ['an expectation of what is not checked', { ...quick, expect: ['rxe'] }],
  ['a model under a preset’s name', { models: { rxe: {} } }],
  ['no worlds', { worlds: [] }],
  ['a world of no readers', { worlds: [{ readers: 0 }] }],
  ['an unknown fault', { worlds: [{ faults: { flood: 1 } }] }],
  ['an unknown strategy', { worlds: [{ strategy: 'hope' }] }],
  ['half a seed', { seed: 0.5 }],
  ['no time', { timeMs: 0 }],
  ['no tape', { replay: 'tape' }],
])('a caller’s mistake: %s', (_, options) => {
  expect(check(fenced, options as CheckOptions)).toThrow(code(argument))
})
