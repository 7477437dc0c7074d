// Goal: no object is reclaimed while a reader relies on it, and every one is once nobody does, however
// pins, renewals, lost leases and looks of the owner fall together. Method: an owner and readers over
// one buffer and one clock; every corner of the lease; rows that are mixtures of several WRITEs.
import { describe, expect, test } from 'vitest'
import {
  PointerCode,
  ReaderRow,
  RowRelease,
  RowRenewal,
  Verdict,
  rowOffset,
} from '../../../src/protocols/index.ts'
import { codeOf, kernels, pattern } from './support/bench-region.ts'
import { CellRegion, Running, cellShape } from './support/cell-region.ts'

const LEASE = 100
const SLACK = 10

function region(spanCount: number = 12): CellRegion {
  const made = new CellRegion({ spanCount }, { leaseMs: LEASE, slackMs: SLACK })
  made.owner.format(pattern(150, 1))
  return made
}

/** Publishes so many versions. */
function publish({ owner }: CellRegion, count: number = 1): void {
  for (let at = 0; at < count; at += 1) owner.store(pattern(150, owner.version + 1))
}

function renewal(of: CellRegion, row: ReaderRow): Running<RowRenewal> {
  return new Running(of.memory, new RowRenewal(of.shape, kernels, row, of.clock))
}

function release(of: CellRegion, row: ReaderRow): Running<RowRelease> {
  return new Running(of.memory, new RowRelease(of.shape, kernels, row))
}

describe('reclaiming', () => {
  test('without pins everything but the present object goes', () => {
    const cell = region()
    publish(cell, 5)
    expect(cell.owner.statistics).toMatchObject({ version: 6, retired: 5, reclaimed: 0 })
    expect(cell.scan()).toBe(5)
    expect(cell.owner.statistics).toMatchObject({ retired: 0, reclaimed: 5 })
    expect(cell.owner.statistics.heap.objects).toBe(1)
  })

  test('a pin keeps what was replaced after its epoch, and nothing older', () => {
    const cell = region()
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.read()
    release(cell, row).attempt()
    publish(cell, 2)
    reader.machine.guard = 0
    reader.read()
    // Pinned with epoch 1, since that was known; the object of version 3 was found.
    expect(row.epoch).toBe(1)
    expect(reader.machine.version).toBe(3)
    expect(cell.scan()).toBe(0)
    release(cell, row).attempt()
    reader.machine.guard = 0
    reader.read()
    expect(row.epoch).toBe(3)
    publish(cell, 2)
    expect(cell.scan()).toBe(2)
    expect(cell.owner.statistics.retired).toBe(2)
    release(cell, row).attempt()
    expect(cell.scan()).toBe(2)
  })

  test('a newer guard under an older one is covered; the row goes with the last', () => {
    const cell = region()
    const row = cell.row()
    const [outer, inner] = [cell.pinned(row), cell.pinned(row)]
    outer.read()
    publish(cell, 3)
    inner.read()
    expect(inner.sink.trace).toEqual(['read 8', 'read 192'])
    expect([row.guards, row.epoch, inner.machine.version]).toEqual([2, 0, 4])
    publish(cell, 3)
    expect(row.drop(outer.machine.guard)).toBe(false)
    expect(cell.scan()).toBe(0)
    expect(row.drop(inner.machine.guard)).toBe(true)
    expect(row.drop(inner.machine.guard)).toBe(false)
    release(cell, row).attempt()
    expect(cell.scan()).toBe(6)
  })

  test('what is retired during a scan waits for the next one', () => {
    const cell = region()
    publish(cell, 2)
    const { reclaimer } = cell.owner
    reclaimer.beginScan()
    publish(cell, 2)
    expect(reclaimer.endScan(cell.nowMs)).toBe(2)
    expect(cell.scan()).toBe(2)
  })

  test('a scan ends only when every row has been looked at that was given away when it began', () => {
    const cell = region()
    cell.row()
    const { reclaimer, readers } = cell.owner
    expect(() => reclaimer.endScan(0)).toThrow()
    reclaimer.beginScan()
    const late = readers.grant()
    expect(() => reclaimer.endScan(0)).toThrow()
    reclaimer.look(0, 0, readers.loadPin(0))
    expect(reclaimer.endScan(0)).toBe(0)
    reclaimer.beginScan()
    reclaimer.look(0, 0)
    readers.revoke(late)
    expect(reclaimer.endScan(0)).toBe(0)
  })

  test('the fence comes between the swap and the first look', () => {
    const cell = region()
    cell.row()
    publish(cell)
    cell.memory.log.length = 0
    cell.scan()
    expect(cell.memory.log).toEqual(['beforeScan', 'beforeScan'])
    publish(cell)
    const stores = cell.memory.log.slice(2)
    expect(stores).toEqual([
      expect.stringMatching(/^copy \d+ 150$/),
      expect.stringMatching(/^copy \d+ 24$/),
      'beforePublish',
      'word64 0',
      'afterPublish',
    ])
  })

  test('poison fills what is reclaimed, and nothing else', () => {
    const cell = new CellRegion({ spanCount: 3 }, { poison: true })
    cell.owner.format(pattern(150, 1))
    const reader = cell.validated()
    reader.read()
    const first = reader.machine.objectOffset
    publish(cell)
    expect(cell.bytesAt(first + 24, 150)).toEqual(pattern(150, 1))
    cell.scan()
    expect(cell.bytesAt(first, 192)).toEqual(new Uint8Array(192).fill(0xd7))
    expect(reader.read()).toEqual(pattern(150, 2))
  })

  test('quarantine holds rooms back for so many further reclaims', () => {
    const cell = new CellRegion({ spanCount: 6 }, { quarantine: 3 })
    cell.owner.format(pattern(150, 1))
    publish(cell, 3)
    expect(cell.scan()).toBe(3)
    expect(cell.owner.statistics.heap.objects).toBe(4)
    publish(cell, 1)
    expect(cell.scan()).toBe(1)
    expect(cell.owner.statistics.heap.objects).toBe(4)
  })
})

describe('leases, the reader', () => {
  test('holds up to, and not at, the end of the lease, counted from before the pin was posted', () => {
    const cell = region()
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.sink.before = ({ kind }) => {
      if (kind === 'write') cell.nowMs += 40
    }
    reader.read()
    expect(row.untilMs).toBe(1000 + LEASE)
    cell.nowMs = 1000 + LEASE - 1
    expect(reader.read()).toEqual(pattern(150, 1))
    cell.nowMs = 1000 + LEASE
    expect(reader.read()).toBe(Verdict.Expired)
  })

  test('a read that completes at the end of the lease, or later, is not believed', () => {
    for (const late of [0, 1, 1000]) {
      const cell = region()
      const reader = cell.pinned(cell.row())
      reader.sink.before = ({ kind, lengthBytes }) => {
        if (kind === 'read' && lengthBytes > 8) cell.nowMs = 1000 + LEASE + late
      }
      expect(reader.read()).toBe(Verdict.Expired)
      // The guard is dead; another one begins a term.
      reader.machine.guard = 0
      reader.sink.before = undefined
      expect(reader.read()).toEqual(pattern(150, 1))
    }
  })

  test('a renewal in time counts from before its own WRITE; one that completes late ends the term', () => {
    const cell = region()
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.read()
    const { guard } = reader.machine
    const renew = renewal(cell, row)
    cell.nowMs += 60
    renew.sink.before = ({ kind }) => {
      if (kind === 'read') cell.nowMs += LEASE - 60 - 1
    }
    expect(renew.attempt()).toBe(Verdict.Done)
    expect(renew.sink.trace).toEqual(['write 16', 'read 8'])
    expect(row.untilMs).toBe(1060 + LEASE)
    expect(row.holds(guard, 1060 + LEASE - 1)).toBe(true)
    cell.nowMs = 1150
    renew.sink.before = ({ kind }) => {
      if (kind === 'read') cell.nowMs = 1060 + LEASE
    }
    expect(renew.attempt()).toBe(Verdict.Expired)
    expect(row.holds(guard, 1150)).toBe(false)
    expect(reader.read()).toBe(Verdict.Expired)
    expect(row.drop(guard)).toBe(false)
  })

  test('a release has completed when its WRITE is placed: what it posts last is a READ', () => {
    const cell = region()
    const row = cell.row()
    cell.pinned(row).read()
    const released = release(cell, row)
    expect(released.attempt()).toBe(Verdict.Done)
    expect(released.sink.trace).toEqual(['write 16', 'read 8'])
    expect(cell.owner.readers.loadPin(0)).toBe(0)
  })

  test('a renewal with a guard alive keeps the epoch, one without moves it on', () => {
    const cell = region()
    const row = cell.row()
    const reader = cell.pinned(row)
    row.standing = true
    const renew = renewal(cell, row)
    renew.attempt()
    expect(row.epoch).toBe(0)
    expect(reader.read()).toEqual(pattern(150, 1))
    expect(reader.sink.trace).toEqual(['read 8', 'read 192'])
    renew.attempt()
    expect(row.epoch).toBe(0)
    expect(row.drop(reader.machine.guard)).toBe(false)
    renew.attempt()
    expect(row.epoch).toBe(1)
    publish(cell)
    expect(cell.scan()).toBe(0)
    row.standing = false
    release(cell, row).attempt()
    expect(cell.scan()).toBe(1)
  })

  test('an overdue renewal that finds no term begins one; old guards stay dead', () => {
    const cell = region()
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.read()
    cell.nowMs += LEASE
    expect(renewal(cell, row).attempt()).toBe(Verdict.Done)
    expect(row.untilMs).toBe(1000 + 2 * LEASE)
    expect(reader.read()).toBe(Verdict.Expired)
  })

  test('after a chain that failed, guards are dead and the row is written anew', () => {
    const cell = region()
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.read()
    row.lapse()
    expect(row.untilMs).toBe(Number.NEGATIVE_INFINITY)
    expect(reader.read()).toBe(Verdict.Expired)
    reader.machine.guard = 0
    reader.read()
    expect(reader.sink.trace).toEqual(['write 16', 'read 8', 'read 192'])
  })

  test('a renewal sees the terminal mark', () => {
    const cell = region()
    const row = cell.row()
    cell.owner.close()
    expect(renewal(cell, row).attempt()).toBe(Verdict.Closed)
  })
})

describe('leases, the owner', () => {
  /** Scans at an instant; what was reclaimed. */
  function scanAt(cell: CellRegion, nowMs: number): number {
    cell.nowMs = nowMs
    return cell.scan()
  }

  test('a pin is ignored lease and slack after the scan that saw it first, not earlier', () => {
    const cell = region()
    cell.pinned(cell.row()).read()
    publish(cell)
    expect(scanAt(cell, 2000)).toBe(0)
    expect(cell.owner.readers.pins()).toEqual([{ row: 0, epoch: 0, seenMs: 2000, expired: false }])
    expect(scanAt(cell, 2000 + LEASE + SLACK - 1)).toBe(0)
    expect(scanAt(cell, 2000 + LEASE + SLACK)).toBe(1)
    expect(cell.owner.readers.pins()).toMatchObject([{ expired: true }])
    expect(cell.owner.statistics.expirations).toBe(1)
    publish(cell)
    expect(scanAt(cell, 2000 + LEASE + SLACK)).toBe(1)
    expect(cell.owner.statistics.expirations).toBe(1)
  })

  test('a renewal counts anew; a late one holds up what is retired from then on, for a lease', () => {
    const cell = region()
    const row = cell.row()
    cell.pinned(row).read()
    publish(cell)
    scanAt(cell, 1000)
    cell.nowMs = 1050
    renewal(cell, row).attempt()
    expect(scanAt(cell, 1000 + LEASE + SLACK)).toBe(0)
    expect(scanAt(cell, 1000 + 2 * (LEASE + SLACK))).toBe(1)
    renewal(cell, row).attempt()
    publish(cell)
    expect(scanAt(cell, 5000)).toBe(0)
    expect(scanAt(cell, 5000 + LEASE + SLACK)).toBe(1)
  })

  test('first seen is after the look: a clock sampled before it may be older than the pin', () => {
    const cell = region()
    const row = cell.row()
    publish(cell)
    const { reclaimer } = cell.owner
    reclaimer.beginScan()
    const before = cell.nowMs
    // The owner is stopped between its clock and its look; meanwhile a reader pins.
    cell.nowMs += 1000
    const reader = cell.pinned(row)
    reader.read()
    reclaimer.look(0, before)
    reclaimer.endScan(cell.nowMs)
    publish(cell)
    cell.nowMs += 1
    expect(reader.read()).toEqual(pattern(150, 3))
    expect(cell.scan()).toBe(0)
    expect(row.holds(reader.machine.guard, cell.nowMs)).toBe(true)
  })

  test('expired is before the look: a renewal in time may land after a clock sampled early', () => {
    const cell = region()
    const row = cell.row()
    cell.pinned(row).read()
    publish(cell)
    scanAt(cell, 1000)
    const { reclaimer } = cell.owner
    reclaimer.beginScan()
    cell.nowMs = 1099
    const clock = cell.nowMs
    expect(renewal(cell, row).attempt()).toBe(Verdict.Done)
    cell.nowMs = 1000 + LEASE + SLACK
    reclaimer.look(0, clock)
    expect(reclaimer.endScan(cell.nowMs)).toBe(0)
  })

  test('a row that is taken back is empty for the next reader, whatever it held', () => {
    const cell = region()
    const row = cell.row()
    cell.pinned(row).read()
    publish(cell)
    expect(cell.scan()).toBe(0)
    cell.memory.log.length = 0
    cell.owner.readers.revoke(0)
    expect(cell.memory.log.at(-1)).toBe('beforeScan')
    cell.owner.readers.revoke(0)
    expect(cell.bytesAt(rowOffset(0), 64)).toEqual(new Uint8Array(64))
    expect(cell.scan()).toBe(1)
    expect(cell.owner.readers.grant()).toBe(0)
    // Another reader with the very same WRITE is another pin.
    cell.pinned(new ReaderRow(0, LEASE)).read()
    publish(cell)
    cell.nowMs += 10 * LEASE
    expect(cell.scan()).toBe(0)
  })

  test('all rows given away: the next claim is refused', () => {
    const cell = region()
    for (let at = 0; at < 3; at += 1) expect(cell.owner.readers.grant()).toBe(at)
    expect(codeOf(() => cell.owner.readers.grant())).toBe('ERR_UNTORN_DENIED')
    cell.owner.readers.revoke(1)
    expect([cell.owner.readers.granted, cell.owner.readers.grant()]).toEqual([2, 1])
  })

  test('leases and slacks that are none are refused', () => {
    for (const options of [
      { leaseMs: 0 },
      { leaseMs: Number.NaN },
      { slackMs: 0 },
      { quarantine: -1 },
    ]) {
      expect(codeOf(() => new CellRegion({}, options))).toBe('ERR_UNTORN_ARGUMENT')
    }
  })
})

describe('rows that are mixtures', () => {
  /** Every byte-wise mixture of two images of a row's pin. */
  function mixtures(from: number, to: number): Uint8Array[] {
    const bytes = (value: number): Uint8Array =>
      new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)
    const [old, young] = [bytes(from), bytes(to)]
    return Array.from({ length: 256 }, (_, mask) =>
      old.map((byte, at) => ((mask >> at) & 1 ? (young[at] as number) : byte)),
    )
  }

  test.each([
    [0, 0x100],
    [0xff, 0x100],
    [0x1ff, 0x200],
    [0x100, 0],
    [0x1234, 0xff],
  ])(
    'pin %i being stored over by %i: the reader finds what the scan took for published',
    (from, to) => {
      for (const mixed of mixtures(from, to)) {
        const cell = region()
        cell.owner.readers.grant()
        publish(cell, 3)
        cell.memory.bytes.set(mixed, rowOffset(0))
        cell.scan()
        // The WRITE lands, and only then is the word READ: no older object can be found.
        const row = new ReaderRow(0, LEASE)
        const reader = cell.pinned(row)
        expect(reader.read()).toEqual(pattern(150, 4))
        publish(cell, 2)
        const before = reader.machine.objectOffset
        cell.scan()
        expect(cell.bytesAt(before + 24, 150)).toEqual(pattern(150, 4))
      }
    },
  )

  test('sequences stand in the row as numbers of which no mixture is a third one', () => {
    const code = new PointerCode(cellShape(), kernels)
    const row = new ReaderRow(0, LEASE)
    const image = new Int32Array(4)
    const seen = new Set<string>()
    const images: Uint8Array[] = []
    for (let at = 0; at < 600; at += 1) {
      row.renew(0)
      row.image(image, 0, code)
      const bytes = new Uint8Array(image.buffer.slice(8))
      images.push(bytes)
      seen.add(String(bytes))
    }
    expect(seen.size).toBe(600)
    for (let at = 1; at < images.length; at += 1) {
      const [old, young] = [images[at - 1], images[at]] as [Uint8Array, Uint8Array]
      for (let split = 1; split < 8; split += 1) {
        const mixed = Uint8Array.from([...old.subarray(0, split), ...young.subarray(split)])
        const whole = [old, young].some((it) => String(it) === String(mixed))
        expect(seen.has(String(mixed))).toBe(whole)
      }
    }
  })

  test('garbage in a row holds up, or lets go, but never breaks the owner', () => {
    const cell = region()
    cell.owner.readers.grant()
    for (let salt = 0; salt < 50; salt += 1) {
      cell.memory.bytes.set(pattern(16, salt), rowOffset(0))
      publish(cell)
      cell.scan()
    }
    cell.memory.bytes.set(new Uint8Array(8), rowOffset(0))
    cell.scan()
    expect(cell.owner.statistics.retired).toBe(0)
    cell.memory.bytes.set(new Uint8Array(16).fill(255), rowOffset(0))
    publish(cell)
    expect(cell.scan()).toBe(1)
  })
})

describe('grace periods', () => {
  test('pass when every pin that could show something older is gone', () => {
    const cell = region()
    const { grace } = cell.owner
    const row = cell.row()
    cell.pinned(row).read()
    publish(cell)
    const cookie = grace.startPoll()
    cell.scan()
    expect(grace.poll(cookie)).toBe(false)
    release(cell, row).attempt()
    expect(grace.poll(cookie)).toBe(false)
    cell.scan()
    expect(grace.poll(cookie)).toBe(true)
    expect(grace.poll(grace.startPoll())).toBe(true)
    publish(cell)
    expect(grace.poll(grace.startPoll())).toBe(false)
  })

  test('a scan that began before says nothing of what is retired during it', () => {
    const cell = region()
    const { grace, reclaimer } = cell.owner
    reclaimer.beginScan()
    publish(cell)
    const cookie = grace.startPoll()
    reclaimer.endScan(0)
    expect(grace.poll(cookie)).toBe(false)
  })

  test('calls come in order, once, and only when their period has ended', () => {
    const cell = region()
    const { grace } = cell.owner
    const ran: number[] = []
    const runDue = (): number => {
      const due = grace.takeDue()
      for (const work of due) work()
      return due.length
    }
    publish(cell)
    grace.call(() => ran.push(1))
    grace.call(() => ran.push(2))
    expect([runDue(), grace.waiting]).toEqual([0, 2])
    cell.scan()
    publish(cell)
    grace.call(() => ran.push(3))
    expect([runDue(), grace.waiting]).toEqual([2, 1])
    cell.scan()
    expect([runDue(), runDue()]).toEqual([1, 0])
    expect(ran).toEqual([1, 2, 3])
  })
})
