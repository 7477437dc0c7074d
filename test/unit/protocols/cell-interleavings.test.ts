// Goal: whatever order the steps of owner and readers come in, and however long each takes, what a
// guard protects is never stored over while the guard holds, and everything retired is reclaimed in the
// end. Method: random schedules of single operations over one buffer and one clock: each READ, each
// WRITE, each completion, each load of a look and each clock is a step of its own, and after each step
// the bytes of every object that is held are compared. Reclaimed memory is poisoned. The negative
// controls that such schedules can find have to be found; cell-controls.test.ts plays them all.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CellControlName,
  type CellScheme,
  type PinnedReader,
  type ReaderRow,
  RowRelease,
  RowRenewal,
  Verdict,
  type VerdictCode,
  cellControls,
  soundCell,
} from '../../../src/protocols/index.ts'
import type { RemoteMachine } from '../../../src/protocols/machine.ts'
import { kernels, pattern } from './support/bench-region.ts'
import { CellRegion, InstantSink } from './support/cell-region.ts'

const LEASE = 12
const SLACK = 2
const OBJECT_BYTES = 100

/** Operations wait in the order of their queue pair. */
class QueuedSink extends InstantSink {
  readonly #queue: (() => void)[]

  constructor(cell: CellRegion, landingBytes: number, queue: (() => void)[]) {
    super(cell.memory, landingBytes)
    this.#queue = queue
  }

  override read(...operands: [number, number, number, boolean]): void {
    this.#queue.push(() => super.read(...operands))
  }

  override write(...operands: [number, number, number, boolean]): void {
    this.#queue.push(() => super.write(...operands))
  }
}

const contents: Uint8Array[] = []

/** The bytes of a version. */
function contentOf(version: number): Uint8Array {
  contents[version] ??= pattern(OBJECT_BYTES, version)
  return contents[version]
}

interface Held {
  readonly term: number
  readonly offset: number
  readonly version: number
}

/** One reader: a row, a queue pair, and a machine of each kind. */
class Reader {
  readonly row: ReaderRow
  readonly #cell: CellRegion
  readonly #queue: (() => void)[] = []
  readonly #load: PinnedReader
  readonly #renewal: RowRenewal
  readonly #release: RowRelease
  readonly #sinks = new Map<RemoteMachine, QueuedSink>()
  readonly #busy = new Set<RemoteMachine>()
  readonly #target: Uint8Array = new Uint8Array(OBJECT_BYTES)
  #held: Held[] = []

  constructor(cell: CellRegion, scheme: CellScheme) {
    this.#cell = cell
    this.row = scheme.createRow(cell.owner.readers.grant(), LEASE)
    this.#load = scheme.createPinned(cell.shape, kernels, this.row, cell.clock)
    this.#renewal = new RowRenewal(cell.shape, kernels, this.row, cell.clock)
    this.#release = new RowRelease(cell.shape, kernels, this.row)
    for (const machine of [this.#load, this.#renewal, this.#release]) {
      const sink = new QueuedSink(cell, machine.landingBytes, this.#queue)
      machine.bind(sink.landing)
      this.#sinks.set(machine, sink)
    }
  }

  /** Something to do next: an operation, or a completion, in order; else something new. */
  step(choice: number): void {
    const next = choice % 4
    if (this.#queue.length > 0 && next < 2) this.#queue.shift()?.()
    else if (next === 3 && !this.#busy.has(this.#renewal)) this.#begin(this.#renewal, () => {})
    else if (!this.#busy.has(this.#load)) this.#beginLoad(choice)
    else this.#queue.shift()?.()
  }

  /** Lets go of everything. */
  end(): void {
    while (this.#queue.length > 0) this.#queue.shift()?.()
    this.#held = []
    this.#load.guard = 0
    this.#begin(this.#release, () => {})
    while (this.#queue.length > 0) this.#queue.shift()?.()
  }

  /** What is held is what it was. */
  check(): boolean {
    const { memory, nowMs } = this.#cell
    this.#held = this.#held.filter(({ term }) => this.row.holds(term, nowMs))
    return this.#held.every(({ offset, version }) => {
      const at = offset + 24
      const want = contentOf(version)
      return Buffer.compare(memory.bytes.subarray(at, at + OBJECT_BYTES), want) === 0
    })
  }

  #beginLoad(choice: number): void {
    const load = this.#load
    if (load.guard !== 0 && choice % 8 < 4) {
      const last = this.row.drop(load.guard)
      this.#held = this.#held.filter(({ term }) => term !== load.guard)
      load.guard = 0
      if (last && !this.#busy.has(this.#release)) {
        this.#begin(this.#release, () => {})
        return
      }
    }
    const request = { target: this.#target, offset: 0, lengthBytes: OBJECT_BYTES, knownVersion: 0 }
    load.start(request)
    this.#begin(load, (verdict) => {
      if (verdict === Verdict.Done) {
        expect(Buffer.compare(this.#target, contentOf(load.version))).toBe(0)
        this.#held.push({ term: load.guard, offset: load.objectOffset, version: load.version })
        return
      }
      // Where words are sampled in one piece, nothing but a lease ends a load.
      expect(verdict).toBe(Verdict.Expired)
      this.row.drop(load.guard)
      load.guard = 0
    })
  }

  #begin(machine: RemoteMachine, ended: (verdict: VerdictCode) => void): void {
    const sink = this.#sinks.get(machine) as QueuedSink
    this.#busy.add(machine)
    machine.begin(sink)
    const complete = (): void => {
      const verdict = machine.resume(sink)
      if (verdict === Verdict.More) {
        this.#queue.push(complete)
        return
      }
      this.#busy.delete(machine)
      ended(verdict)
    }
    this.#queue.push(complete)
  }
}

/** An owner whose every look is three steps. */
class Owner {
  readonly #cell: CellRegion
  readonly #clockAfterLook: boolean
  /** Steps of the scan in progress that are left. */
  readonly #steps: (() => void)[] = []

  constructor(cell: CellRegion, clockAfterLook: boolean) {
    this.#cell = cell
    this.#clockAfterLook = clockAfterLook
  }

  step(choice: number): void {
    const { owner } = this.#cell
    if (choice % 3 === 0 && owner.hasRoom(OBJECT_BYTES)) {
      owner.store(contentOf(owner.version + 1))
    } else if (this.#steps.length > 0) this.#steps.shift()?.()
    else this.#beginScan()
  }

  #beginScan(): void {
    const cell = this.#cell
    const { reclaimer, readers } = cell.owner
    reclaimer.beginScan()
    for (let row = 0; row < readers.rows; row += 1) {
      let clock = 0
      let pin = 0
      let sequence = 0
      const clocks = (): void => void (clock = cell.nowMs)
      const loads = [
        (): void => void (pin = readers.loadPin(row)),
        (): void => void (sequence = readers.loadSequence(row)),
      ]
      this.#steps.push(...(this.#clockAfterLook ? [...loads, clocks] : [clocks, ...loads]))
      this.#steps.push(() => reclaimer.look(row, clock, pin, sequence))
    }
    this.#steps.push(() => reclaimer.endScan(cell.nowMs))
  }
}

/** Plays a schedule; false when something that was held was stored over. */
function play(schedule: readonly number[], scheme: CellScheme, clockAfterLook: boolean): boolean {
  const cell = new CellRegion(
    { objectBytesMax: OBJECT_BYTES, spanCount: 3, readers: 2 },
    { leaseMs: LEASE, slackMs: SLACK, poison: true },
    scheme,
  )
  cell.owner.format(contentOf(1))
  const readers = [new Reader(cell, scheme), new Reader(cell, scheme)]
  const owner = new Owner(cell, clockAfterLook)
  for (const turn of schedule) {
    // Bursts: somebody is slow, or stopped, while others go on.
    const who = turn % 8
    const length = who === 7 ? 1 : 1 + ((turn >> 3) % 24)
    for (let at = 0; at < length; at += 1) {
      const what = (turn >> (at % 16)) & 0xffff
      if (who < 3) readers[0]?.step(what)
      else if (who === 3) readers[1]?.step(what)
      else if (who < 7) owner.step(what)
      else cell.nowMs += 1 + (what % (LEASE + SLACK))
      if (!readers.every((reader) => reader.check())) return false
    }
  }
  for (const reader of readers) reader.end()
  const { owner: core } = cell
  while (core.reclaimer.waiting > 0) {
    for (let at = 0; at < 40; at += 1) owner.step(1)
    for (let at = 0; at < 40 && core.reclaimer.waiting > 0; at += 1) owner.step(1)
  }
  return core.statistics.heap.objects === 1
}

const schedules = fc.array(fc.nat(0x3fff_ffff), { minLength: 10, maxLength: 60 })

describe('steps in any order', () => {
  test('what is held stays, and what is not is reclaimed', () => {
    fc.assert(
      fc.property(schedules, (schedule) => play(schedule, soundCell, false)),
      { numRuns: 400 },
    )
  })

  const controls: readonly CellControlName[] = [
    'reclaim-one-early',
    'first-seen-before-look',
    'lease-checked-before',
  ]

  test.each(controls)('%s is found', (name) => {
    const control = cellControls[name]
    const { failed } = fc.check(
      fc.property(schedules, (schedule) => play(schedule, control, control.clockAfterLook)),
      { numRuns: 2500, endOnFailure: true },
    )
    expect(failed).toBe(true)
  })
})
