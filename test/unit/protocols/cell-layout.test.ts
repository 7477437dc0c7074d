// Goal: places, sizes and words of a cell are what the drawings say, shapes that do not fit are
// refused, and the heap hands out room as it promises. Method: corner cases, and allocations at random
// against a plain list of what is taken.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  OBJECT_BYTES_MAX,
  Pointer,
  PointerCode,
  cellRegionBytes,
  checkCellShape,
  classFor,
  classUnits,
  grantUnit,
  lineOffset,
  rowOffset,
  spanUnits,
  unitOffset,
} from '../../../src/protocols/index.ts'
import { CellHeap } from '../../../src/protocols/cell/heap.ts'
import { NumberQueue } from '../../../src/protocols/number-queue.ts'
import { WordCode } from '../../../src/protocols/word-code.ts'
import { codeOf, kernels } from './support/bench-region.ts'
import { cellShape } from './support/cell-region.ts'

describe('layout', () => {
  test('classes grow by at most a half, and each object fits its class and no smaller one', () => {
    const units = Array.from({ length: 12 }, (_, at) => classUnits(at + 1))
    expect(units).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64])
    for (const bytes of [0, 1, 40, 41, 104, 105, 168, 232, 233, 360, 361, 5000, OBJECT_BYTES_MAX]) {
      const sizeClass = classFor(bytes)
      expect(classUnits(sizeClass) * 64).toBeGreaterThanOrEqual(bytes + 24)
      if (sizeClass > 1) expect(classUnits(sizeClass - 1) * 64).toBeLessThan(bytes + 24)
    }
    expect(classFor(OBJECT_BYTES_MAX)).toBe(30)
    expect(OBJECT_BYTES_MAX).toBe(2 ** 21 - 24)
  })

  test('rows, lines, spans and grants follow each other, each on its own lines', () => {
    const shape = cellShape({ writers: 2 })
    expect([0, 2].map(rowOffset)).toEqual([64, 192])
    expect([0, 1].map((writer) => lineOffset(shape, writer))).toEqual([256, 320])
    expect(unitOffset(shape, 0)).toBe(384)
    expect(spanUnits(shape)).toBe(4)
    expect(grantUnit(shape, 0, 0)).toBe(16)
    expect(grantUnit(shape, 1, 7)).toBe(16 + 15 * 4)
    expect(cellRegionBytes(shape)).toBe(384 + (16 + 16 * 4) * 64)
    expect(cellRegionBytes(cellShape({ readers: 0 }))).toBe(64 + 16 * 64)
  })

  test.each([
    [{ objectBytesMax: 0 }],
    [{ objectBytesMax: OBJECT_BYTES_MAX + 1 }],
    [{ objectBytesMax: 1.5 }],
    [{ spanCount: 1 }],
    [{ spanCount: 2 ** 24 }],
    [{ objectBytesMax: OBJECT_BYTES_MAX, spanCount: 513 }],
    [{ objectBytesMax: OBJECT_BYTES_MAX, spanCount: 2, writers: 64 }],
    [{ readers: -1 }],
    [{ readers: 4097 }],
    [{ writers: 1025 }],
    [{ generation: 0 }],
    [{ hashKey: 0n }],
    [{ firstVersion: 0 }],
    [{ firstVersion: Number.MAX_SAFE_INTEGER }],
  ])('refuses %o', (change) => {
    expect(codeOf(() => checkCellShape(cellShape(change)))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('the largest heap is not refused', () => {
    const shape = cellShape({ objectBytesMax: OBJECT_BYTES_MAX, spanCount: 512, writers: 0 })
    expect(codeOf(() => checkCellShape(shape))).toBeUndefined()
    expect(cellRegionBytes(shape)).toBe(2 ** 30 + 64 * 4)
  })
})

describe('words', () => {
  const code = new PointerCode(cellShape({ spanCount: 2 ** 20 }), kernels)

  test('what is encoded is decoded, over the wrap of the generation', () => {
    const wrap = 2 ** 35
    for (const version of [1, 7, 8, wrap - 1, wrap, wrap + 1, 2 ** 53 - 3]) {
      for (const [sizeClass, unit] of [
        [1, 0],
        [4, 2 ** 22 - 4],
        [3, 12_345],
      ] as const) {
        code.encode(version, sizeClass, unit)
        expect(code.decode(code.low, code.high)).toBe(Pointer.Object)
        expect([code.unit, code.sizeClass, code.generation]).toEqual([
          unit,
          sizeClass,
          version % wrap,
        ])
      }
    }
  })

  test('generation 0 is no unformatted memory; only zeros are, and only the mark is the mark', () => {
    code.encode(2 ** 35, 1, 0)
    expect(code.low === 0 && code.high === 0).toBe(false)
    expect(code.decode(0, 0)).toBe(Pointer.Unformatted)
    code.encodeClosed()
    expect(code.decode(code.low, code.high)).toBe(Pointer.Closed)
    expect(code.decode(code.low ^ 1, code.high)).not.toBe(Pointer.Closed)
  })

  test('what decodes as an object lies inside the heap, whatever the word', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (low, high) => {
        const kind = code.decode(low, high)
        if (kind !== Pointer.Object) return true
        return code.sizeClass >= 1 && code.unit + classUnits(code.sizeClass) <= 2 ** 22
      }),
    )
    code.encode(5, 4, 2 ** 22 - 3)
    expect(code.decode(code.low, code.high)).toBe(Pointer.Garbage)
    code.encode(5, 5, 0)
    expect(code.decode(code.low, code.high)).toBe(Pointer.Garbage)
    code.encode(5, 0, 7)
    expect(code.decode(code.low, code.high)).toBe(Pointer.Garbage)
  })

  test('the mapping is one to one and another one for each incarnation', () => {
    const one = new WordCode({ generation: 1, hashKey: 5n }, kernels)
    const two = new WordCode({ generation: 2, hashKey: 5n }, kernels)
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (low, high) => {
        one.encode(low, high)
        two.encode(low, high)
        const differ = one.low !== two.low || one.high !== two.high
        one.decode(one.low, one.high)
        const same = one.low === (low | 0) && one.high === (high | 0)
        return same && (differ || (low === 0 && high === 0))
      }),
    )
  })
})

describe('heap', () => {
  test('no unit is given twice, no object overlaps another, and fewer objects than spans fit', () => {
    const spans = 6
    const commands = fc.array(fc.record({ bytes: fc.nat(1000), free: fc.nat(20) }), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(commands, (list) => {
        const heap = new CellHeap(spans, classUnits(classFor(1000)))
        const taken: { unit: number; units: number }[] = []
        for (const { bytes, free } of list) {
          const sizeClass = classFor(bytes)
          const unit = heap.allocate(sizeClass)
          if (unit < 0) {
            expect(taken.length).toBeGreaterThanOrEqual(spans)
            expect(heap.hasRoom(sizeClass)).toBe(false)
          } else {
            const units = classUnits(sizeClass)
            expect(unit + units).toBeLessThanOrEqual(heap.statistics.units)
            const overlap = taken.some((it) => unit < it.unit + it.units && it.unit < unit + units)
            expect(overlap).toBe(false)
            taken.push({ unit, units })
          }
          if (free < taken.length) heap.free(taken.splice(free, 1)[0]?.unit ?? -1)
          const used = taken.reduce((sum, { units }) => sum + units, 0)
          expect(heap.statistics).toMatchObject({ objects: taken.length, usedUnits: used, spans })
        }
      }),
    )
  })

  test('what was freed last is reused last, and empty spans change hands', () => {
    const heap = new CellHeap(2, 4)
    const small = [0, 1, 2, 3].map(() => heap.allocate(1))
    expect(small).toEqual([0, 1, 2, 3])
    for (const unit of [2, 0, 3]) heap.free(unit)
    expect([heap.allocate(1), heap.allocate(1)]).toEqual([2, 0])
    expect(heap.statistics.emptySpans).toBe(1)
    expect(heap.allocate(4)).toBe(4)
    expect(heap.allocate(4)).toBe(-1)
    for (const unit of [0, 1, 2]) heap.free(unit)
    expect(heap.allocate(4)).toBe(0)
    expect([heap.allocate(1), heap.hasRoom(1)]).toEqual([-1, false])
    heap.free(4)
    expect(heap.allocate(2)).toBe(4)
    expect(heap.allocate(2)).toBe(6)
  })

  test('freeing twice is a broken invariant', () => {
    const heap = new CellHeap(2, 4)
    heap.free(heap.allocate(4))
    expect(() => heap.free(0)).toThrow()
  })

  test('a queue keeps its order while it grows and turns', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2)), (moves) => {
        const queue = new NumberQueue()
        const list: number[] = []
        moves.forEach((move, at) => {
          if (move === 0) expect(queue.shift()).toEqual(list.shift() ?? Number.NaN)
          else {
            list.push(at)
            queue.push(at)
          }
          expect([queue.count, queue.at(0), queue.at(list.length)]).toEqual([
            list.length,
            list[0] ?? Number.NaN,
            Number.NaN,
          ])
        })
        queue.retain((value) => value % 2 === 0)
        const even = list.filter((value) => value % 2 === 0)
        expect(even.map((_, at) => queue.at(at))).toEqual(even)
      }),
    )
  })
})
