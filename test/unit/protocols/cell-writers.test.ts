// Goal: peers and owner swap one word without losing a publication, and a writer's room is its own
// exactly while nobody can see what is in it, wherever the writer stops or dies. Method: an owner,
// writers and readers over one buffer; every step of a writer is its last one in some test.
import { describe, expect, test } from 'vitest'
import {
  type CellOwner,
  CellWriter,
  GRANT_OBJECTS,
  type OwnerSwap,
  Verdict,
  grantUnit,
  unitOffset,
} from '../../../src/protocols/index.ts'
import { codeOf, kernels, pattern } from './support/bench-region.ts'
import { CellRegion, type Running, cellShape } from './support/cell-region.ts'

const LOST = new Error('the queue pair broke')

function region(writers: number = 2, spanCount: number = 6): CellRegion {
  const made = new CellRegion({ writers, spanCount }, { poison: true })
  made.owner.format(pattern(40, 1))
  return made
}

/** One swap by a writer, of a pattern of the version that it makes; whether it was the one. */
function write(cell: CellRegion, writer: Running<CellWriter>, base = cell.base()): boolean {
  writer.machine.start(pattern(100, base.version + 1), base)
  expect(writer.attempt()).toBe(Verdict.Done)
  return writer.machine.swapped
}

function learn(swap: Running<OwnerSwap>): number {
  swap.machine.learn()
  expect(swap.attempt()).toBe(Verdict.Done)
  return swap.machine.version
}

function publish(owner: CellOwner, swap: Running<OwnerSwap>): boolean {
  swap.machine.publish(owner.draft(pattern(60, owner.version + 1)))
  expect(swap.attempt()).toBe(Verdict.Done)
  return swap.machine.swapped
}

describe('a remote writer', () => {
  test('WRITE and compare-and-swap in one chain; readers and owner find it', () => {
    const cell = region()
    const writer = cell.writer()
    expect(write(cell, writer)).toBe(true)
    // Which objects are free, it has to ask once.
    expect([writer.sink.chains, writer.sink.trace]).toEqual([2, ['read 64', 'write 128', 'swap 8']])
    expect(writer.machine.version).toBe(2)
    expect(cell.validated().read()).toEqual(pattern(100, 2))
    expect(cell.pinned(cell.row()).read()).toEqual(pattern(100, 2))
    expect(cell.owner.version).toBe(1)
    expect(learn(cell.ownerSwap())).toBe(2)
    expect(cell.owner.load()).toEqual(pattern(100, 2))
    expect(cell.owner.statistics.retired).toBe(1)
  })

  test('a writer that was overtaken changes nothing, and its room is as free as before', () => {
    const cell = region()
    const [one, two] = [cell.writer(), cell.writer()]
    const base = cell.base()
    expect(write(cell, one, { ...base })).toBe(true)
    expect(write(cell, two, { ...base })).toBe(false)
    expect(cell.validated().read()).toEqual(pattern(100, 2))
    expect(write(cell, two)).toBe(true)
    expect(two.sink.posted[0]?.remoteOffset).toBe(
      unitOffset(cell.shape, grantUnit(cell.shape, 1, 0)),
    )
    expect(cell.validated().read()).toEqual(pattern(100, 3))
  })

  test('starves when the owner gives nothing back, and goes on when it does', () => {
    const cell = region()
    const writer = cell.writer()
    for (let at = 0; at < GRANT_OBJECTS; at += 1) expect(write(cell, writer)).toBe(true)
    const base = cell.base()
    writer.machine.start(pattern(100, 10), base)
    for (let at = 0; at < 2; at += 1) {
      expect(writer.attempt()).toBe(Verdict.Retry)
      expect([writer.machine.starved, writer.sink.trace]).toEqual([true, ['read 64']])
    }
    expect(learn(cell.ownerSwap())).toBe(1 + GRANT_OBJECTS)
    expect(cell.scan()).toBe(GRANT_OBJECTS)
    expect(writer.attempt()).toBe(Verdict.Done)
    expect([writer.sink.chains, writer.machine.starved, writer.machine.swapped]).toEqual([
      2,
      false,
      true,
    ])
    // Seven were given back; the eighth is not retired yet as far as the owner knows.
    for (let at = 0; at < GRANT_OBJECTS - 2; at += 1) expect(write(cell, writer)).toBe(true)
    expect(cell.validated().read()).toEqual(pattern(100, 16))
  })

  test('a pinned object of a writer is not given back', () => {
    const cell = region()
    const writer = cell.writer()
    const swap = cell.ownerSwap()
    write(cell, writer)
    const row = cell.row()
    const reader = cell.pinned(row)
    expect(reader.read()).toEqual(pattern(100, 2))
    for (let round = 0; round < 3; round += 1) {
      for (let at = 0; at < 6; at += 1) {
        writer.machine.start(pattern(100, 0), cell.base())
        writer.attempt()
      }
      learn(swap)
      cell.scan()
      expect(cell.bytesAt(reader.machine.objectOffset + 24, 100)).toEqual(pattern(100, 2))
    }
  })

  test('bytes may be put where they are written from, and lengths may be 0', () => {
    const cell = region()
    const writer = cell.writer()
    const view = writer.machine.payloadView as Uint8Array
    expect(view).toHaveLength(200)
    view.set(pattern(200, 9))
    writer.machine.start(view, cell.base())
    writer.attempt()
    expect(cell.validated().read()).toEqual(pattern(200, 9))
    writer.machine.start(new Uint8Array(0), cell.base())
    writer.attempt()
    expect(cell.validated().read()).toHaveLength(0)
  })

  test('bad calls are refused, and nothing is posted', () => {
    const unbound = new CellWriter(cellShape({ writers: 1 }), kernels, 0)
    const base = { version: 1, wordLow: 1, wordHigh: 1 }
    expect(codeOf(() => unbound.start(new Uint8Array(1), base))).toBe('ERR_UNTORN_ARGUMENT')
    unbound.bind(new Uint8Array(unbound.landingBytes))
    expect(codeOf(() => unbound.begin(undefined as never))).toBe('ERR_UNTORN_ARGUMENT')
    for (const [bytes, version] of [
      [new Uint8Array(201), 1],
      ['text', 1],
      [new Uint8Array(1), 0],
      [new Uint8Array(1), Number.MAX_SAFE_INTEGER],
    ] as const) {
      const start = (): void => unbound.start(bytes as Uint8Array, { ...base, version })
      expect(codeOf(start)).toBe('ERR_UNTORN_ARGUMENT')
    }
  })

  test('finds the cell closed', () => {
    const cell = region()
    const writer = cell.writer()
    const base = { ...cell.base() }
    const swap = cell.ownerSwap()
    swap.machine.close()
    expect(swap.attempt()).toBe(Verdict.Done)
    expect(cell.owner.closed).toBe(true)
    writer.machine.start(pattern(10, 1), base)
    expect(writer.attempt()).toBe(Verdict.Closed)
    expect(cell.validated().read()).toBe(Verdict.Closed)
  })
})

describe('the owner among writers', () => {
  test('does not store to the word itself', () => {
    const cell = region()
    const stores = [
      () => cell.owner.store(new Uint8Array(1)),
      () => cell.owner.swap(new Uint8Array(1)),
      () => cell.owner.compareAndSwap(1, new Uint8Array(1)),
      () => cell.owner.update((bytes) => bytes),
      () => cell.owner.close(),
    ]
    for (const store of stores) expect(codeOf(store)).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('publishes through the swap, its stores drained before; retires what it replaced', () => {
    const cell = region()
    const swap = cell.ownerSwap()
    const draft = cell.owner.draft(pattern(60, 2))
    cell.memory.log.length = 0
    swap.machine.publish(draft)
    swap.sink.before = () => expect(cell.memory.log.at(-1)).toBe('beforeScan')
    expect(swap.attempt()).toBe(Verdict.Done)
    expect(swap.machine.swapped).toBe(true)
    expect(cell.validated().read()).toEqual(pattern(60, 2))
    expect(cell.scan()).toBe(1)
  })

  test('overtaken, it learns what was published and tries anew with the same draft', () => {
    const cell = region()
    const swap = cell.ownerSwap()
    const writer = cell.writer()
    for (let at = 0; at < 3; at += 1) write(cell, writer)
    swap.machine.publish(cell.owner.draft(pattern(60, 5)))
    expect(swap.attempt()).toBe(Verdict.Retry)
    expect([swap.machine.version, cell.owner.load()]).toEqual([4, pattern(100, 4)])
    expect(swap.attempt()).toBe(Verdict.Done)
    expect([swap.machine.version, swap.machine.swapped]).toEqual([5, true])
    expect(cell.validated().read()).toEqual(pattern(60, 5))
    expect(cell.owner.statistics.retired).toBe(4)
    expect(cell.scan()).toBe(4)
  })

  test('with an expected version it is the successor of that one, or not at all', () => {
    const cell = region()
    const swap = cell.ownerSwap()
    const writer = cell.writer()
    const first = cell.owner.draft(pattern(60, 2))
    swap.machine.publish(first, 7)
    expect([swap.attempt(), swap.machine.swapped]).toEqual([Verdict.Done, false])
    write(cell, writer)
    swap.machine.publish(first, 1)
    expect([swap.attempt(), swap.machine.swapped]).toEqual([Verdict.Done, false])
    expect(cell.validated().read()).toEqual(pattern(100, 2))
    swap.machine.publish(first, 2)
    expect([swap.attempt(), swap.machine.swapped]).toEqual([Verdict.Done, true])
    expect(cell.validated().read()).toEqual(pattern(60, 2))
    cell.owner.discard(cell.owner.draft(pattern(60, 2)))
    expect(cell.owner.statistics.heap.objects).toBe(2)
  })

  test.each([true, false])(
    'a swap in doubt is found out by the next one, executed: %s',
    (executed) => {
      const cell = region()
      const swap = cell.ownerSwap()
      const writer = cell.writer()
      const word = cell.bytesAt(0, 8)
      swap.machine.publish(cell.owner.draft(pattern(60, 2)))
      swap.machine.begin(executed ? swap.sink : cell.ownerSwap().sink)
      if (!executed) {
        // The swap was posted and is not executed: its word is put back.
        cell.memory.bytes.set(word, 0)
      }
      expect(swap.machine.inDoubt).toBe(true)
      swap.machine.abandon()
      expect(swap.machine.inDoubt).toBe(false)
      if (executed) write(cell, writer)
      const again = cell.ownerSwap()
      expect(learn(again)).toBe(executed ? 3 : 1)
      expect(cell.owner.statistics.heap.objects).toBe(executed ? 2 : 1)
      expect(cell.owner.statistics.retired).toBe(executed ? 2 : 0)
      cell.scan()
      expect(publish(cell.owner, again)).toBe(true)
    },
  )

  test.each([0, 1])(
    'of two swaps in doubt, one after the other, the executed one counts: %i',
    (at) => {
      const cell = region()
      const swap = cell.ownerSwap()
      const word = cell.bytesAt(0, 8)
      for (const number of [0, 1]) {
        swap.machine.publish(cell.owner.draft(pattern(60, 2)))
        swap.machine.begin(swap.sink)
        if (number < at) cell.memory.bytes.set(word, 0)
        swap.machine.abandon()
      }
      expect(learn(cell.ownerSwap())).toBe(2)
      expect(cell.owner.load()).toEqual(pattern(60, 2))
      expect(cell.owner.statistics.heap.objects).toBe(2)
      cell.scan()
      expect(publish(cell.owner, cell.ownerSwap())).toBe(true)
    },
  )

  test('owner and writers in turns: every version once, in order, and all room comes back', () => {
    const cell = region(2, 3)
    const swap = cell.ownerSwap()
    const writers = [cell.writer(), cell.writer()]
    const reader = cell.validated()
    for (let version = 2; version < 200; version += 1) {
      const who = (version * 7) % 3
      if (who === 2) {
        learn(swap)
        expect(publish(cell.owner, swap)).toBe(true)
      } else {
        expect(write(cell, writers[who] as Running<CellWriter>)).toBe(true)
      }
      expect(reader.read()).toEqual(pattern(who === 2 ? 60 : 100, version))
      expect(reader.machine.version).toBe(version)
      if (version % 5 === 0) learn(swap)
      cell.scan()
    }
    expect(learn(swap)).toBe(199)
    cell.scan()
    expect(cell.owner.statistics.retired).toBe(0)
  })
})

describe('a writer that dies', () => {
  type Phase = 'granted' | 'written' | 'swapped' | 'published' | 'overtaken'
  const phases: readonly Phase[] = ['granted', 'written', 'swapped', 'published', 'overtaken']

  test.each(phases)(
    '%s: no publication is lost, its place is free, its objects when nobody sees them',
    (phase) => {
      const cell = region(1)
      const swap = cell.ownerSwap()
      const place = cell.owner.writers.grant()
      const writer = cell.writer(place)
      write(cell, writer)
      if (phase !== 'granted' && phase !== 'published') {
        writer.machine.start(pattern(100, 3), cell.base())
        const kill = phase === 'written' ? 'swap' : 'none'
        writer.sink.before = ({ kind }) => {
          if (kind === kill) throw LOST
          if (kind === 'swap' && phase === 'overtaken') {
            writer.sink.before = undefined
            learn(swap)
            publish(cell.owner, swap)
          }
        }
        const begin = (): void => writer.machine.begin(writer.sink)
        if (kill === 'swap') expect(begin).toThrow(LOST)
        else begin()
        expect(writer.machine.inDoubt).toBe(true)
      }
      const { writers } = cell.owner
      const before = cell.validated().read()
      writers.end(place)
      expect([writers.taken, writers.unsettled]).toEqual([1, true])
      expect(codeOf(() => writers.grant())).toBe('ERR_UNTORN_DENIED')
      learn(swap)
      expect(writers.unsettled).toBe(false)
      expect(cell.validated().read()).toEqual(before)
      cell.scan()
      const present = phase !== 'overtaken'
      expect(writers.taken).toBe(0)
      const next = cell.writer(writers.grant())
      // The present object may be one of the place: it is withheld until it has been reclaimed.
      const free = present ? GRANT_OBJECTS - 1 : GRANT_OBJECTS
      for (let at = 0; at < free; at += 1) expect(write(cell, next)).toBe(true)
      next.machine.start(pattern(1, 1), cell.base())
      expect(next.attempt()).toBe(Verdict.Retry)
      expect(next.machine.starved).toBe(true)
      learn(swap)
      cell.scan()
      for (let at = 0; at < GRANT_OBJECTS - 1; at += 1) expect(write(cell, next)).toBe(true)
      next.machine.start(pattern(1, 1), cell.base())
      expect(next.attempt()).toBe(Verdict.Retry)
    },
  )

  test('a word sampled before the claim had ended does not settle it', () => {
    const cell = region(1)
    const swap = cell.ownerSwap()
    const place = cell.owner.writers.grant()
    const writer = cell.writer(place)
    write(cell, writer)
    learn(swap)
    publish(cell.owner, swap)
    cell.scan()
    // The owner samples the word; only then does the writer publish, and its claim end.
    swap.machine.learn()
    swap.machine.begin(swap.sink)
    write(cell, writer)
    cell.owner.writers.end(place)
    expect(swap.machine.resume(swap.sink)).toBe(Verdict.Done)
    cell.scan()
    expect([cell.owner.writers.unsettled, cell.owner.writers.taken]).toEqual([true, 1])
    learn(swap)
    cell.scan()
    expect([cell.owner.writers.unsettled, cell.owner.writers.taken]).toEqual([false, 0])
  })

  test('ending a place twice, or one that nobody has, is nothing', () => {
    const { writers } = region().owner
    writers.end(1)
    expect([writers.taken, writers.endings]).toEqual([0, 0])
    const place = writers.grant()
    writers.end(place)
    writers.end(place)
    expect([writers.taken, writers.endings]).toEqual([1, 1])
  })

  test('a place is given away with its line at 0, visible before anybody is told', () => {
    const cell = region(1)
    cell.memory.log.length = 0
    cell.owner.writers.grant()
    expect(cell.memory.log.at(-1)).toBe('beforeScan')
    expect(cell.memory.log).toHaveLength(GRANT_OBJECTS + 1)
  })
})

describe('a writer that keeps no protocol', () => {
  const object = (cell: CellRegion, at: number): number =>
    unitOffset(cell.shape, grantUnit(cell.shape, 0, at))

  function flip(cell: CellRegion, offset: number): void {
    cell.memory.bytes[offset] = (cell.memory.bytes[offset] as number) ^ 1
  }

  /** Breaks memory after two honest publications. */
  const damages: readonly (readonly [string, (cell: CellRegion) => void])[] = [
    ['a version too high', (cell) => (cell.memory.bytes[object(cell, 1)] = 9)],
    [
      'another length than there is room',
      (cell) => cell.memory.bytes.fill(255, object(cell, 1) + 8, object(cell, 1) + 12),
    ],
    ['another check', (cell) => flip(cell, object(cell, 1) + 12)],
    ['garbage before', (cell) => flip(cell, object(cell, 1) + 17)],
    [
      'a history that skips',
      (cell) => cell.memory.bytes.set(cell.bytesAt(object(cell, 0) + 16, 8), object(cell, 1) + 16),
    ],
    [
      'a history that turns',
      (cell) => cell.memory.bytes.set(cell.bytesAt(0, 8), object(cell, 0) + 16),
    ],
    ['a word that points nowhere', (cell) => cell.memory.bytes.set(pattern(8, 3), 0)],
    ['never formatted', (cell) => cell.memory.bytes.fill(0, 0, 8)],
  ]

  test.each(damages)('%s: a coded failure, nothing freed, and it can be closed', (_, damage) => {
    const cell = region()
    const swap = cell.ownerSwap()
    const writer = cell.writer()
    write(cell, writer)
    write(cell, writer)
    damage(cell)
    const { heap, retired } = cell.owner.statistics
    swap.machine.learn()
    for (let at = 0; at < 2; at += 1) {
      expect(codeOf(() => swap.attempt())).toBe('ERR_UNTORN_BROKEN_PROTOCOL')
    }
    expect(cell.owner.statistics).toMatchObject({ heap, retired, version: 1 })
    expect(codeOf(() => cell.owner.draft(pattern(1, 1)))).toBe('ERR_UNTORN_BROKEN_PROTOCOL')
    swap.machine.close()
    expect([swap.attempt(), swap.attempt()]).toEqual([Verdict.Retry, Verdict.Done])
    expect(cell.validated().read()).toBe(Verdict.Closed)
  })

  test('an object that was not given back, or is the owner’s, is none that may be published', () => {
    const cell = region()
    const swap = cell.ownerSwap()
    const writer = cell.writer()
    write(cell, writer)
    learn(swap)
    // A second machine of the same place knows nothing of what the first one has published.
    const forgetful = cell.writer(0)
    write(cell, forgetful)
    swap.machine.learn()
    expect(codeOf(() => swap.attempt())).toBe('ERR_UNTORN_BROKEN_PROTOCOL')
  })
})
