// Goal: an owner publishes what it was given, refuses what it cannot hold and changes nothing then,
// and uses its room again. Method: an owner over one buffer, with a reader without a pin as witness.
import { describe, expect, test } from 'vitest'
import {
  CELL_VERSION_MAX,
  CellOwner,
  Verdict,
  cellRegionBytes,
} from '../../../src/protocols/index.ts'
import { LoggedMemory, codeOf, kernels, pattern } from './support/bench-region.ts'
import { CellRegion, cellShape } from './support/cell-region.ts'

function formatted(change = {}): CellRegion {
  const cell = new CellRegion(change)
  cell.owner.format(pattern(40, 1))
  return cell
}

describe('publishing', () => {
  test('store, swap, compare-and-swap and update publish the next version', () => {
    const { owner } = formatted()
    expect(owner.store(pattern(150, 2))).toBe(2)
    expect(owner.swap(pattern(3, 3))).toEqual(pattern(150, 2))
    expect([owner.version, owner.lengthBytes]).toEqual([3, 3])
    expect(owner.compareAndSwap(2, pattern(1, 4))).toBe(0)
    expect(owner.compareAndSwap(3, pattern(1, 4))).toBe(4)
    expect(owner.update((bytes) => Uint8Array.from([...bytes, 7]))).toBe(5)
    expect(owner.load()).toEqual(Uint8Array.from([...pattern(1, 4), 7]))
    expect(owner.view()).toEqual(owner.load())
  })

  test('the first object is empty, or what it is said to be; versions may go on', () => {
    const cell = new CellRegion()
    cell.owner.format()
    expect([cell.owner.version, cell.owner.load()]).toEqual([1, new Uint8Array(0)])
    expect(cell.validated().read()).toEqual(new Uint8Array(0))
    const later = new CellRegion({ firstVersion: 2 ** 40 })
    later.owner.format(pattern(5, 1))
    later.owner.store(pattern(6, 1))
    const reader = later.validated()
    expect([reader.read(), reader.machine.version]).toEqual([pattern(6, 1), 2 ** 40 + 1])
  })

  test('over the wrap of the generation, and to the last version', () => {
    for (const firstVersion of [2 ** 35 - 2, CELL_VERSION_MAX - 4]) {
      const cell = new CellRegion({ firstVersion })
      cell.owner.format(pattern(40, 0))
      const reader = cell.validated()
      const pinned = cell.pinned(cell.row())
      for (let at = 1; at < 5; at += 1) {
        cell.owner.store(pattern(40, at))
        expect(reader.read()).toEqual(pattern(40, at))
        expect(pinned.read()).toEqual(pattern(40, at))
        expect(reader.machine.version).toBe(firstVersion + at)
      }
    }
    const last = new CellRegion({ firstVersion: CELL_VERSION_MAX })
    last.owner.format()
    expect(codeOf(() => last.owner.store(pattern(1, 1)))).toBe('ERR_UNTORN_CLOSED')
  })

  test('an update that throws, or stores on its own, publishes nothing', () => {
    const { owner } = formatted()
    const thrown = Object.assign(new Error('no'), { code: 'MINE' })
    expect(
      codeOf(() =>
        owner.update(() => {
          throw thrown
        }),
      ),
    ).toBe('MINE')
    expect(owner.version).toBe(1)
    expect(
      codeOf(() =>
        owner.update((bytes) => {
          owner.store(pattern(2, 2))
          return bytes
        }),
      ),
    ).toBe('ERR_UNTORN_BUSY')
    expect(owner.load()).toEqual(pattern(2, 2))
  })

  test('drafts are seen by nobody, and may be discarded', () => {
    const cell = formatted()
    const { owner } = cell
    const before = owner.statistics
    const draft = owner.draft(pattern(150, 9))
    expect(owner.statistics.heap.objects).toBe(before.heap.objects + 1)
    owner.discard(draft)
    expect(owner.statistics).toEqual(before)
    expect(cell.validated().read()).toEqual(pattern(40, 1))
  })
})

describe('refusals', () => {
  test('what is no object, or too long', () => {
    const { owner } = formatted()
    const before = owner.statistics
    for (const bytes of [new Uint8Array(201), 'text', undefined]) {
      const given = bytes as Uint8Array
      const calls = [
        () => owner.store(given),
        () => owner.swap(given),
        () => owner.compareAndSwap(1, given),
        () => owner.update(() => given),
        () => owner.draft(given),
      ]
      for (const call of calls) expect(codeOf(call)).toBe('ERR_UNTORN_ARGUMENT')
    }
    expect(owner.statistics).toEqual(before)
    expect(owner.hasRoom(201)).toBe(false)
  })

  test('before formatting, after it, and after the end', () => {
    const { owner } = new CellRegion()
    expect(codeOf(() => owner.store(pattern(1, 1)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.load())).toBe('ERR_UNTORN_ARGUMENT')
    owner.format()
    expect(codeOf(() => owner.format())).toBe('ERR_UNTORN_BUSY')
    owner.close()
    owner.close()
    expect(owner.closed).toBe(true)
    for (const call of [
      () => owner.store(pattern(1, 1)),
      () => owner.load(),
      () => owner.format(),
    ]) {
      expect(codeOf(call)).toBe('ERR_UNTORN_CLOSED')
    }
  })

  test('memory that is too short, shapes that are none', () => {
    const shape = cellShape()
    const short = new LoggedMemory(cellRegionBytes(shape) - 64)
    expect(codeOf(() => new CellOwner(short, shape, kernels))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    expect(codeOf(() => new CellOwner(short, cellShape({ spanCount: 0 }), kernels))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
  })
})

describe('room', () => {
  test('exhausted: a coded refusal, nothing changed, and room again after a scan', () => {
    const cell = formatted({ spanCount: 3 })
    const { owner, memory } = cell
    for (let version = 2; owner.hasRoom(150); version += 1) owner.store(pattern(150, version))
    const before = owner.statistics
    const bytes = memory.bytes.slice()
    for (let at = 0; at < 2; at += 1) {
      expect(codeOf(() => owner.store(pattern(150, 99)))).toBe('ERR_UNTORN_HEAP_EXHAUSTED')
    }
    expect(owner.statistics).toEqual(before)
    expect(memory.bytes).toEqual(bytes)
    expect(cell.validated().read()).toEqual(pattern(150, owner.version))
    expect(cell.scan()).toBe(before.retired)
    expect(owner.store(pattern(150, 99))).toBe(before.version + 1)
    expect(cell.validated().read()).toEqual(pattern(150, 99))
  })

  test('spans change their class as sizes change, for ever', () => {
    const cell = formatted({ spanCount: 2 })
    const { owner } = cell
    const reader = cell.validated()
    for (let version = 2; version < 400; version += 1) {
      const lengthBytes = (version * 37) % 201
      owner.store(pattern(lengthBytes, version))
      cell.scan()
      expect(reader.read()).toEqual(pattern(lengthBytes, version))
      expect(owner.statistics.heap.objects).toBe(1)
    }
  })

  test('an owner that starts again is another incarnation for everybody', () => {
    const cell = formatted()
    const reader = cell.validated()
    const pinned = cell.pinned(cell.row())
    reader.read()
    pinned.read()
    const shape = cellShape({ generation: 5 })
    const restarted = new CellOwner(cell.memory, shape, kernels)
    restarted.format(pattern(40, 50))
    expect(restarted.statistics).toMatchObject({ version: 1, retired: 0 })
    expect([reader.read(), pinned.read()]).toEqual([Verdict.Retry, Verdict.Retry])
    // Formatting took the old pins away.
    expect(restarted.readers.grant()).toBe(0)
    restarted.store(pattern(40, 51))
    expect(restarted.reclaimer.scan(cell.clock)).toBe(1)
  })
})
