// Goal: a steady stream of like requests makes no views, so that it allocates nothing. Method: counts
// what cuts a typed array, and what makes one, after one warm round.
import { type MockInstance, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { MemoryKernels, OperationSink, ReadRequest } from '../../../src/protocols/index.ts'
import { Verdict, seqlockStrategies } from '../../../src/protocols/index.ts'
import { LoggedMemory, kernels, pattern, shapeOf } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const size = 168
const proto = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array

/** Everything here copies byte by byte, so that only the code under test makes views. */
const plainKernels: MemoryKernels = {
  hash64: () => 5n,
  deinterleave32: (target, source) => {
    for (let at = 0; at < target.length; at += 1) {
      target[at] = source[at + 4 * (at >> 2)] as number
    }
    return true
  },
}

class PlainMemory extends LoggedMemory {
  override copyIn(offset: number, source: Uint8Array): void {
    for (let at = 0; at < source.length; at += 1) this.bytes[offset + at] = source[at] as number
  }
}

let cuts: MockInstance<typeof proto.subarray>
let made = 0

/** Views made since the last call. */
function takeViews(): number {
  const views = cuts.mock.calls.length + made
  cuts.mockClear()
  made = 0
  return views
}

beforeEach(() => {
  cuts = vi.spyOn(proto, 'subarray')
  made = 0
  const { Uint32Array: Real } = globalThis
  const Counted = class extends Real {
    constructor(...parts: [ArrayBuffer, number, number]) {
      super(...parts)
      made += 1
    }
  }
  vi.stubGlobal('Uint32Array', Counted)
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]
  const memory = new PlainMemory(scheme.regionBytes(size))
  scheme.createOwner(memory, shapeOf(size), plainKernels).format(pattern(size, 1))

  /** Views made for the first and the second of two like requests. */
  function viewsOf(request: ReadRequest): [number, number] {
    const reader = scheme.createReader(shapeOf(size), plainKernels)
    const landing = new Uint8Array(reader.landingBytes)
    reader.bind(landing)
    const sink: OperationSink = {
      read: (to, from, length) => {
        for (let at = 0; at < length; at += 1) landing[to + at] = memory.bytes[from + at] as number
      },
    }
    const read = () => {
      takeViews()
      reader.start(request)
      reader.begin(sink)
      expect(reader.resume(sink)).toBe(Verdict.Done)
      return takeViews()
    }
    return [read(), read()]
  }

  test.each([
    ['the whole payload', 0, size, 0, size],
    ['the whole payload, into a longer target', 0, size, 0, size + 9],
    ['a part', 60, 40, 0, 40],
    ['a part, into a longer target', 60, 40, 0, 50],
    ['a part between units', 61, 41, 0, 41],
    ['a target between units', 8, 40, 3, 40],
  ])('%s', (_what, offset, lengthBytes, skew, targetBytes) => {
    const target = new Uint8Array(new ArrayBuffer(size + 16), skew, targetBytes)
    const [, again] = viewsOf({ target, offset, lengthBytes, knownVersion: 0 })
    expect(again).toBe(0)
  })

  test('the first request of its kind is seen to make views', () => {
    const target = new Uint8Array(size + 4)
    const [first] = viewsOf({ target, offset: 0, lengthBytes: size, knownVersion: 0 })
    expect(first).toBeGreaterThan(0)
  })
})

test('words: whole targets take turns', () => {
  // They need no view, so there is none to be made anew.
  const scheme = seqlockStrategies.words
  const memory = new PlainMemory(scheme.regionBytes(8))
  scheme.createOwner(memory, shapeOf(8), kernels).format(pattern(8, 1))
  const reader = scheme.createReader(shapeOf(8), kernels)
  const landing = new Uint8Array(reader.landingBytes)
  reader.bind(landing)
  const sink = { read: () => landing.set(memory.bytes.slice(0, 24)) }
  const targets = [new Uint8Array(8), new Uint8Array(8)]
  for (const round of [1, 2, 3]) {
    takeViews()
    for (const target of targets) {
      reader.start({ target, offset: 0, lengthBytes: 8, knownVersion: 0 })
      reader.begin(sink)
      expect(reader.resume(sink)).toBe(Verdict.Done)
      expect(target).toEqual(pattern(8, 1))
    }
    expect(takeViews()).toBe(round === 1 ? 1 : 0)
  }
})

test('lines: whole lines are stored without a view', () => {
  const scheme = seqlockStrategies.lines
  const owner = scheme.createOwner(
    new PlainMemory(scheme.regionBytes(size)),
    shapeOf(size),
    kernels,
  )
  owner.format()
  takeViews()
  owner.write(pattern(size, 1))
  expect(takeViews()).toBe(0)
})
