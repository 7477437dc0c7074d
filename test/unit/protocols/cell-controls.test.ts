// Goal: each negative control of RCU cells is wrong in the way that its row says, and the right parties
// are not, in the very same interleaving. Method: one scenario for each claim, played step by step over
// one buffer with the right parties and with the control; it says whether what came out is right.
import { describe, expect, test } from 'vitest'
import {
  type BarrierName,
  type CellControlName,
  type CellScheme,
  PinApartReader,
  RowRenewal,
  Verdict,
  cellControls,
  soundCell,
} from '../../../src/protocols/index.ts'
import { LoggedMemory, kernels, pattern } from './support/bench-region.ts'
import { CellRegion, InstantSink, type PostedOperation, Running } from './support/cell-region.ts'

const LEASE = 100
const SLACK = 10

/** Stores wait in a buffer; those between two barriers may leave it in any order. */
class BufferedMemory extends LoggedMemory {
  /** Null: a barrier. */
  #stores: ({ readonly offset: number; readonly run: () => void } | null)[] = []

  override storeWord(offset: number, value: number): void {
    this.#stores.push({ offset, run: () => super.storeWord(offset, value) })
  }

  override storeWord64(offset: number, value: bigint): void {
    this.#stores.push({ offset, run: () => super.storeWord64(offset, value) })
  }

  override copyIn(offset: number, source: Uint8Array): void {
    const bytes = source.slice()
    this.#stores.push({ offset, run: () => super.copyIn(offset, bytes) })
  }

  override barrier(name: BarrierName): void {
    if (name === 'beforeScan') this.drain()
    else this.#stores.push(null)
  }

  drain(): void {
    for (const waiting of this.#stores.splice(0)) waiting?.run()
  }

  /** Lets those leave that no barrier holds and whose place is `chosen`. */
  drainEarly(chosen: (offset: number) => boolean): void {
    const first = this.#stores.indexOf(null)
    const free = first < 0 ? this.#stores.length : first
    this.#stores = this.#stores.filter((waiting, at) => {
      if (waiting === null || at >= free || !chosen(waiting.offset)) return true
      waiting.run()
      return false
    })
  }
}

function make(
  scheme: CellScheme,
  change: { writers?: number; spanCount?: number } = {},
  poison = true,
): CellRegion {
  const cell = new CellRegion(
    { spanCount: 3, ...change },
    { leaseMs: LEASE, slackMs: SLACK, poison },
    scheme,
  )
  cell.owner.format(pattern(150, 1))
  return cell
}

function buffered(scheme: CellScheme, writers: number): [CellRegion, BufferedMemory] {
  const made: BufferedMemory[] = []
  const cell = new CellRegion({ spanCount: 3, writers }, { poison: true }, scheme, (bytes) => {
    made.push(new BufferedMemory(bytes))
    return made[0] as BufferedMemory
  })
  cell.owner.format(pattern(150, 1))
  const memory = made[0] as BufferedMemory
  memory.drain()
  return [cell, memory]
}

/** Publishes the next version's pattern. */
function store(cell: CellRegion): void {
  cell.owner.store(pattern(150, cell.owner.version + 1))
}

/** Whether a read returned the bytes of the version that it says, or nothing. */
function isWhole(reader: { machine: { version: number } }, read: unknown): boolean {
  if (!(read instanceof Uint8Array)) return true
  return Buffer.compare(read, pattern(read.length, reader.machine.version)) === 0
}

/** The same, where words are sampled in one piece and nothing but a lease may end a read. */
function isServed(reader: { machine: { version: number } }, read: unknown): boolean {
  return read === Verdict.Expired || (read instanceof Uint8Array && isWhole(reader, read))
}

/** Calls `action` before the first operation that `when` chooses. */
function once(sink: InstantSink, when: (it: PostedOperation) => boolean, action: () => void): void {
  sink.before = (operation) => {
    if (!when(operation)) return
    sink.before = undefined
    action()
  }
}

const isObject = ({ kind, lengthBytes }: PostedOperation): boolean =>
  kind === 'read' && lengthBytes > 64

/** READs that no fence holds back are executed in the order that suits the reader least. */
class UnorderedSink extends InstantSink {
  #last: (() => void) | null = null

  override read(at: number, remote: number, bytes: number, fenced: boolean): void {
    if (bytes > 64) this.#last = () => super.read(at, remote, bytes, fenced)
    else if (fenced) {
      this.flush()
      super.read(at, remote, bytes, fenced)
    } else super.read(at, remote, bytes, fenced)
  }

  flush(): void {
    this.#last?.()
    this.#last = null
  }
}

type Scenario = (scheme: CellScheme, clockAfterLook: boolean) => boolean

const scenarios: Readonly<Record<CellControlName, Scenario>> = {
  'word-once': (scheme) => {
    const cell = make(scheme, { spanCount: 2 })
    const reader = cell.validated()
    // The header is sampled, and then the payload: a part of it is a READ of its own.
    once(
      reader.sink,
      ({ lengthBytes }) => lengthBytes === 100,
      () => {
        store(cell)
        cell.scan()
        store(cell)
      },
    )
    const part = reader.read({ offset: 50, lengthBytes: 100 })
    if (!(part instanceof Uint8Array)) return true
    return Buffer.compare(part, pattern(150, reader.machine.version).subarray(50)) === 0
  },
  'unfenced-word': (scheme) => {
    const cell = make(scheme, { spanCount: 2 }, false)
    const machine = scheme.createReader(cell.shape, kernels)
    const sink = new UnorderedSink(cell.memory, machine.landingBytes)
    machine.bind(sink.landing)
    const target = new Uint8Array(150)
    machine.start({ target, offset: 0, lengthBytes: 150, knownVersion: 0 })
    machine.begin(sink)
    while (machine.resume(sink) === Verdict.More) {
      store(cell)
      cell.scan()
      cell.owner.draft(pattern(150, 77))
      sink.flush()
    }
    return isWhole({ machine }, target)
  },
  'word-without-generation': (scheme) => {
    const cell = make(scheme, { spanCount: 2 })
    const reader = cell.validated()
    once(
      reader.sink,
      ({ lengthBytes }) => lengthBytes === 100,
      () => {
        store(cell)
        cell.scan()
        store(cell)
      },
    )
    const part = reader.read({ offset: 50, lengthBytes: 100 })
    if (!(part instanceof Uint8Array)) return true
    return Buffer.compare(part, pattern(150, reader.machine.version).subarray(50)) === 0
  },
  'object-without-barrier': (scheme) => {
    const [cell, memory] = buffered(scheme, 0)
    store(cell)
    // All but the payload.
    memory.drainEarly((offset) => offset === 0 || offset % 64 === 0)
    const reader = cell.validated()
    return isWhole(reader, reader.read())
  },
  'pin-apart': (scheme) => {
    const cell = make(scheme)
    const row = cell.row()
    const reader = cell.pinned(row)
    const late: (() => void)[] = []
    if (reader.machine instanceof PinApartReader) {
      const { sink } = reader
      const apart = new InstantSink(cell.memory, 64)
      reader.machine.apart = Object.assign(apart, {
        write: (at: number, to: number, bytes: number, fenced: boolean) =>
          late.push(() => sink.write(at, to, bytes, fenced)),
      })
    }
    once(reader.sink, isObject, () => {
      store(cell)
      cell.scan()
      for (const land of late) land()
    })
    return isServed(reader, reader.read({}, 150))
  },
  'scan-without-fence': (scheme) => {
    const [cell] = buffered(scheme, 0)
    const row = cell.row()
    store(cell)
    const { reclaimer } = cell.owner
    reclaimer.beginScan()
    reclaimer.look(0, cell.nowMs)
    const reader = cell.pinned(row)
    once(reader.sink, isObject, () => {
      reclaimer.endScan(cell.nowMs)
      cell.memory.barrier('beforeScan')
    })
    return isServed(reader, reader.read())
  },
  'reclaim-one-early': (scheme) => {
    const cell = make(scheme)
    const row = cell.row()
    row.learn(1)
    const reader = cell.pinned(row)
    once(reader.sink, isObject, () => {
      store(cell)
      cell.scan()
    })
    return isServed(reader, reader.read())
  },
  'lease-checked-before': (scheme) => {
    const cell = make(scheme)
    const reader = cell.pinned(cell.row())
    once(reader.sink, isObject, () => {
      store(cell)
      cell.scan()
      cell.nowMs += LEASE + SLACK
      cell.scan()
    })
    return isServed(reader, reader.read())
  },
  'late-renewal': (scheme) => {
    const cell = make(scheme)
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.read()
    const { guard, objectOffset } = reader.machine
    store(cell)
    cell.scan()
    const renewal = new Running(cell.memory, new RowRenewal(cell.shape, kernels, row, cell.clock))
    cell.nowMs += LEASE - 1
    once(
      renewal.sink,
      ({ kind }) => kind === 'write',
      () => {
        cell.nowMs += SLACK + 1
        cell.scan()
      },
    )
    renewal.attempt()
    if (!row.holds(guard, cell.nowMs)) return true
    return Buffer.compare(cell.bytesAt(objectOffset + 24, 150), pattern(150, 1)) === 0
  },
  'first-seen-before-look': (scheme) => {
    const cell = make(scheme)
    const row = cell.row()
    const { reclaimer } = cell.owner
    reclaimer.beginScan()
    const before = cell.nowMs
    cell.nowMs += 1000
    const reader = cell.pinned(row)
    reader.read()
    reclaimer.look(0, before)
    reclaimer.endScan(cell.nowMs)
    store(cell)
    cell.scan()
    const { guard, objectOffset } = reader.machine
    if (!row.holds(guard, cell.nowMs)) return true
    return Buffer.compare(cell.bytesAt(objectOffset + 24, 150), pattern(150, 1)) === 0
  },
  'expired-after-look': (scheme, clockAfterLook) => {
    const cell = make(scheme)
    const row = cell.row()
    const reader = cell.pinned(row)
    reader.read()
    store(cell)
    cell.scan()
    const { reclaimer, readers } = cell.owner
    reclaimer.beginScan()
    cell.nowMs += LEASE - 1
    const before = cell.nowMs
    const [pin, sequence] = [readers.loadPin(0), readers.loadSequence(0)]
    new Running(cell.memory, new RowRenewal(cell.shape, kernels, row, cell.clock)).attempt()
    cell.nowMs += SLACK + 1
    reclaimer.look(0, clockAfterLook ? cell.nowMs : before, pin, sequence)
    reclaimer.endScan(cell.nowMs)
    const { guard, objectOffset } = reader.machine
    if (!row.holds(guard, cell.nowMs)) return true
    return Buffer.compare(cell.bytesAt(objectOffset + 24, 150), pattern(150, 1)) === 0
  },
  'cpu-compare-and-swap': (scheme) => {
    const cell = make(scheme, { writers: 1 })
    const writer = cell.writer()
    const swap = cell.ownerSwap()
    writer.machine.start(pattern(150, 2), cell.base())
    swap.machine.publish(cell.owner.draft(pattern(150, 2)))
    // The NIC loads, is interrupted by what is not a NIC's atomic, and stores.
    const atomic = writer.sink.compareAndSwap.bind(writer.sink)
    writer.sink.compareAndSwap = (at, remote, expected, desired, fenced) => {
      const waiting: (() => void)[] = []
      const held = swap.sink.compareAndSwap.bind(swap.sink)
      swap.sink.compareAndSwap = (...operands) => waiting.push(() => held(...operands))
      const before = cell.bytesAt(0, 8)
      swap.machine.begin(swap.sink)
      const stored = cell.bytesAt(0, 8)
      cell.memory.bytes.set(before, 0)
      atomic(at, remote, expected, desired, fenced)
      if (waiting.length === 0) expect(stored).not.toEqual(before)
      for (const execute of waiting) execute()
    }
    writer.attempt()
    const verdict = swap.machine.resume(swap.sink)
    return verdict === Verdict.Retry && writer.machine.swapped && !swap.machine.swapped
  },
  'object-not-drained': (scheme) => {
    const [cell, memory] = buffered(scheme, 1)
    const swap = cell.ownerSwap()
    swap.machine.publish(cell.owner.draft(pattern(150, 2)))
    swap.sink.before = () => memory.drainEarly((offset) => offset % 64 === 0)
    swap.attempt()
    const reader = cell.validated()
    return isWhole(reader, reader.read())
  },
  'unchecked-swap': (scheme) => {
    const cell = make(scheme, { writers: 2 })
    const [one, two] = [cell.writer(), cell.writer()]
    const base = { ...cell.base() }
    const { version, wordLow, wordHigh } = base
    for (const writer of [one, two]) {
      writer.machine.start(pattern(10, 2), { version, wordLow, wordHigh })
      writer.attempt()
    }
    return one.machine.swapped && !two.machine.swapped
  },
  'bytes-kept-on-retry': (scheme) => {
    const cell = make(scheme, { writers: 2 })
    const [one, two] = [cell.writer(), cell.writer()]
    /** Adds one to a counter. */
    const start = (writer: typeof one): void => {
      const reader = cell.validated()
      const bytes = reader.read() as Uint8Array
      writer.machine.start(
        bytes.map((byte, at) => (at === 0 ? byte + 1 : byte)),
        reader.machine,
      )
    }
    start(one)
    start(two)
    one.attempt()
    two.attempt()
    start(two)
    two.attempt()
    expect(two.machine.swapped).toBe(true)
    return (cell.validated().read() as Uint8Array)[0] === (pattern(1, 1)[0] as number) + 2
  },
}

describe.each(Object.values(cellControls))('$name', (control) => {
  const scenario = scenarios[control.name]

  test('the right parties are right', () => {
    expect(scenario(soundCell, false)).toBe(true)
  })

  test('it is not', () => {
    expect(scenario(control, control.clockAfterLook)).toBe(false)
  })
})
