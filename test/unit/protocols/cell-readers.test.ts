// Goal: readers of a cell fetch no more than they say, deliver objects of any length, end as they say,
// and believe nothing that memory holds but objects of the word that points to them. Method: an owner
// and readers over one buffer; publications, garbage and mixtures between any two operations.
import { describe, expect, test } from 'vitest'
import {
  CellOwner,
  Evidence,
  PinnedObjectReader,
  PinnedReader,
  PointerCode,
  ValidatedReader,
  Verdict,
  cellRegionBytes,
} from '../../../src/protocols/index.ts'
import { LoggedMemory, codeOf, kernels, pattern } from './support/bench-region.ts'
import { CellRegion, RunningReader, cellShape } from './support/cell-region.ts'

const HEADER = 24

function formatted(lengthBytes: number = 40): CellRegion {
  const region = new CellRegion()
  region.owner.format(pattern(lengthBytes, 1))
  return region
}

describe('without a pin: what reads cost', () => {
  test('first, repeated, changed, unchanged', () => {
    const region = formatted()
    const reader = region.validated()
    expect(reader.read()).toEqual(pattern(40, 1))
    expect(reader.machine.version).toBe(1)
    expect([reader.sink.chains, reader.sink.trace]).toEqual([2, ['read 8', 'read 64', 'read 8']])
    expect(reader.sink.posted.map(({ fenced }) => fenced)).toEqual([false, false, true])
    expect(reader.read()).toEqual(pattern(40, 1))
    expect([reader.sink.chains, reader.sink.trace]).toEqual([1, ['read 64', 'read 8']])
    expect(reader.read({ knownVersion: 1 })).toBe(Verdict.Unchanged)
    expect(reader.sink.trace).toEqual(['read 8'])
    region.owner.store(pattern(120, 2))
    expect(reader.read({ knownVersion: 1 })).toEqual(pattern(120, 2))
    expect(reader.sink.trace).toEqual(['read 8', 'read 192', 'read 8'])
  })

  test('a wrong guess costs an object, and there is none while the cell keeps changing', () => {
    const region = formatted()
    const reader = region.validated()
    reader.read()
    const traces = [2, 3, 4].map((salt) => {
      region.owner.store(pattern(40, salt))
      expect(reader.read()).toEqual(pattern(40, salt))
      return reader.sink.trace
    })
    expect(traces[0]).toEqual(['read 64', 'read 8', 'read 64', 'read 8'])
    expect(traces[1]).toEqual(['read 8', 'read 64', 'read 8'])
    expect(traces[2]).toEqual(['read 8', 'read 64', 'read 8'])
    reader.read()
    reader.read()
    expect(reader.sink.trace).toEqual(['read 64', 'read 8'])
  })

  test('a machine that did not read the known version itself fetches it to see that it is', () => {
    const region = formatted()
    const reader = region.validated()
    expect(reader.read({ knownVersion: 1 })).toBe(Verdict.Unchanged)
    expect(reader.read({ knownVersion: 1 })).toBe(Verdict.Unchanged)
    expect(reader.sink.trace).toEqual(['read 8'])
  })
})

describe('objects of any length', () => {
  test.each([0, 1, 7, 8, 39, 40, 41, 104, 105, 168, 199, 200])('%i bytes', (lengthBytes) => {
    const region = formatted()
    const row = region.row()
    const readers = [region.validated(), region.pinned(row)]
    region.owner.store(pattern(lengthBytes, 5))
    for (const reader of readers) {
      expect(reader.read()).toEqual(pattern(lengthBytes, 5))
      expect(reader.machine.objectBytes).toBe(lengthBytes)
      expect(reader.read({ target: reader.machine.payloadView as Uint8Array })).toHaveLength(
        200 > lengthBytes ? lengthBytes : 200,
      )
      expect(reader.machine.payloadView?.subarray(0, lengthBytes)).toEqual(pattern(lengthBytes, 5))
    }
  })

  test('what a part does not have is not delivered', () => {
    const region = formatted(100)
    const whole = pattern(100, 1)
    for (const reader of [region.validated(), region.pinned(region.row())]) {
      expect(reader.read({ offset: 3, lengthBytes: 5 })).toEqual(whole.subarray(3, 8))
      expect(reader.read({ offset: 90, lengthBytes: 50 })).toEqual(whole.subarray(90))
      expect(reader.read({ offset: 100, lengthBytes: 10 })).toHaveLength(0)
      expect(reader.read({ offset: 190, lengthBytes: 10 })).toHaveLength(0)
      expect(reader.machine.objectBytes).toBe(100)
      expect(reader.read({ lengthBytes: 0 })).toHaveLength(0)
      expect(reader.machine.objectBytes).toBe(100)
      const target = reader.machine.payloadView as Uint8Array
      reader.machine.start({ target, offset: 7, lengthBytes: 9, knownVersion: 0 })
      expect(reader.attempt()).toBe(Verdict.Done)
      expect(target.subarray(0, 9)).toEqual(whole.subarray(7, 16))
    }
  })

  test('a part costs header and part', () => {
    const region = formatted(150)
    const reader = region.validated()
    reader.read({ offset: 33, lengthBytes: 5 })
    expect(reader.sink.trace).toEqual(['read 8', `read ${HEADER}`, 'read 5', 'read 8'])
  })

  test('requests that no object can fulfil are refused', () => {
    const reader = formatted().validated()
    const outside = 'ERR_UNTORN_OUT_OF_BOUNDS'
    expect(codeOf(() => reader.read({ offset: -1 }))).toBe(outside)
    expect(codeOf(() => reader.read({ offset: 1 }))).toBe(outside)
    expect(codeOf(() => reader.read({ lengthBytes: 201 }))).toBe(outside)
    expect(codeOf(() => reader.read({ target: new Uint8Array(10) }))).toBe(outside)
    expect(codeOf(() => reader.read({ lengthBytes: 1.5 }))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => reader.read({ knownVersion: -1 }))).toBe('ERR_UNTORN_ARGUMENT')
    const unbound = new ValidatedReader(cellShape(), kernels)
    const request = { target: new Uint8Array(1), offset: 0, lengthBytes: 1, knownVersion: 0 }
    expect(codeOf(() => unbound.start(request))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => unbound.bind(new Uint8Array(8)))).toBe(outside)
    const bytes = new Uint8Array(4096)
    expect(codeOf(() => unbound.bind(bytes.subarray(4)))).toBe('ERR_UNTORN_MISALIGNED')
  })
})

describe('without a pin: publications in between', () => {
  test('between the object and the last word: Retry, then the new one in one chain', () => {
    const region = formatted()
    const reader = region.validated()
    let stored = false
    reader.sink.before = ({ fenced }) => {
      if (fenced && !stored) region.owner.store(pattern(64, 2))
      stored ||= fenced
    }
    expect(reader.read()).toBe(Verdict.Retry)
    expect(reader.machine.evidence).toBe(Evidence.Lapped)
    expect(reader.read()).toEqual(pattern(64, 2))
    expect(reader.sink.trace).toEqual(['read 128', 'read 8'])
  })

  test('an object that is reused at once is never accepted half', () => {
    const region = formatted()
    const reader = region.validated()
    reader.sink.before = ({ lengthBytes }) => {
      if (lengthBytes === 8) return
      // All room is used in turns: the object about to be fetched is stored over.
      for (let at = 0; at < 9; at += 1) {
        region.owner.store(pattern(40, region.owner.version + 1))
        region.scan()
      }
    }
    for (let at = 0; at < 20; at += 1) expect(reader.read()).toBe(Verdict.Retry)
    reader.sink.before = undefined
    expect(reader.read()).toEqual(pattern(40, region.owner.version))
  })

  test('the same bytes at the same place are another publication', () => {
    const region = new CellRegion({ spanCount: 2 })
    region.owner.format(pattern(150, 1))
    const reader = region.validated()
    reader.read()
    const first = reader.machine.objectOffset
    const word = region.bytesAt(0, 8)
    for (let at = 0; at < 2; at += 1) {
      region.owner.store(pattern(150, 1))
      region.scan()
    }
    reader.read()
    expect(reader.machine.objectOffset).toBe(first)
    expect(region.bytesAt(0, 8)).not.toEqual(word)
    expect(reader.machine.version).toBe(3)
  })
})

describe('under a pin', () => {
  test('WRITE of the row and READ of the word in one chain; then the object', () => {
    const region = formatted()
    const row = region.row()
    const reader = region.pinned(row)
    expect(reader.read()).toEqual(pattern(40, 1))
    expect([reader.sink.chains, reader.sink.trace]).toEqual([2, ['write 16', 'read 8', 'read 64']])
    expect(row.guards).toBe(1)
    expect(reader.read()).toEqual(pattern(40, 1))
    expect(reader.sink.trace).toEqual(['read 8', 'read 64'])
    expect(row.guards).toBe(1)
    expect(reader.read({ knownVersion: 1 })).toBe(Verdict.Unchanged)
    expect(reader.sink.trace).toEqual(['read 8'])
  })

  test('the object stays however often it is replaced, and goes with the guard', () => {
    const region = new CellRegion({ spanCount: 8 }, { poison: true })
    region.owner.format(pattern(40, 1))
    const row = region.row()
    const reader = region.pinned(row)
    reader.read()
    const { machine } = reader
    const { objectOffset, objectBytes, version, guard } = machine
    const object = { objectOffset, objectBytes, version, guard }
    const part = new RunningReader(
      region.memory,
      new PinnedObjectReader(region.shape, row, region.clock),
    )
    for (let salt = 2; salt < 8; salt += 1) region.owner.store(pattern(150, salt))
    expect(region.scan()).toBe(0)
    const read = (): unknown => {
      const target = new Uint8Array(10)
      part.machine.start({ target, offset: 5, lengthBytes: 10, knownVersion: 0, object })
      const verdict = part.attempt()
      return verdict === Verdict.Done ? target : verdict
    }
    expect(read()).toEqual(pattern(40, 1).subarray(5, 15))
    expect(part.sink.trace).toEqual(['read 10'])
    expect(part.machine.version).toBe(1)
    expect(row.drop(guard)).toBe(true)
    row.release()
    expect(read()).toBe(Verdict.Expired)
  })

  test('parts outside a pinned object are refused', () => {
    const region = formatted()
    const row = region.row()
    const reader = new PinnedObjectReader(region.shape, row, region.clock)
    const object = { objectOffset: 0, objectBytes: 40, version: 1, guard: 1 }
    const start = (offset: number, lengthBytes: number): unknown =>
      codeOf(() => {
        const target = new Uint8Array(40)
        reader.start({ target, offset, lengthBytes, knownVersion: 0, object })
      })
    expect(start(0, 1)).toBe('ERR_UNTORN_ARGUMENT')
    reader.bind(new Uint8Array(reader.landingBytes))
    expect(start(0, 40)).toBeUndefined()
    for (const [offset, lengthBytes] of [
      [-1, 1],
      [0, 0],
      [1, 40],
      [40, 1],
    ] as const) {
      expect(start(offset, lengthBytes)).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    }
  })
})

describe('what memory holds is not believed', () => {
  const machines = [
    ['validated', (region: CellRegion) => region.validated()],
    ['pinned', (region: CellRegion) => region.pinned(region.row())],
  ] as const

  test.each(machines)('%s: memory that was never formatted, and the terminal mark', (_, make) => {
    const region = new CellRegion()
    const reader = make(region)
    expect(reader.read()).toBe(Verdict.Retry)
    expect(reader.machine.evidence).toBe(Evidence.WriterActive)
    region.owner.format(pattern(40, 1))
    expect(reader.read()).toEqual(pattern(40, 1))
    region.owner.close()
    for (let at = 0; at < 2; at += 1) expect(reader.read()).toBe(Verdict.Closed)
    expect(make(region).read({ knownVersion: 1 })).toBe(Verdict.Closed)
    expect(region.owner.closed).toBe(true)
  })

  test.each(machines)('%s: no mixture of two words is followed', (_, make) => {
    const region = formatted()
    const words: Uint8Array[] = []
    for (let at = 0; at < 20; at += 1) {
      words.push(region.bytesAt(0, 8))
      region.owner.store(pattern(40, at))
      region.scan()
    }
    const reader = make(region)
    let mixtures = 0
    for (const [at, word] of words.entries()) {
      const next = words[at + 1]
      if (next === undefined) break
      for (let mask = 1; mask < 255; mask += 1) {
        const mixed = word.map((byte, index) =>
          (mask >> index) & 1 ? (next[index] as number) : byte,
        )
        if ([word, next].some((whole) => whole.every((byte, index) => byte === mixed[index])))
          continue
        region.memory.bytes.set(mixed, 0)
        // The sampled word is the same before and after: only the object can tell.
        expect(reader.read()).toBe(Verdict.Retry)
        expect(reader.machine.evidence).toBe(Evidence.Torn)
        mixtures += 1
      }
    }
    expect(mixtures).toBeGreaterThan(19 * 200)
  })

  test.each(machines)(
    '%s: garbage words and headers end an attempt, inside the region',
    (_, make) => {
      const region = formatted()
      const reader = make(region)
      for (let at = 0; at < 2000; at += 1) {
        region.memory.bytes.set(pattern(8, at * 7 + 1), 0)
        expect([Verdict.Retry, Verdict.Closed]).toContain(reader.read())
      }
      const damaged = formatted()
      const other = make(damaged)
      other.read()
      const { objectOffset } = other.machine
      for (const [offset, value] of [
        [0, 2],
        [7, 1],
        [8, 201],
        [8, 41],
        [11, 1],
        [12, 1],
      ] as const) {
        const before = damaged.memory.bytes[objectOffset + offset] as number
        damaged.memory.bytes[objectOffset + offset] = before ^ value
        const length = offset === 8 && (40 ^ value) <= 40
        if (!length) expect(other.read()).toBe(Verdict.Retry)
        damaged.memory.bytes[objectOffset + offset] = before
      }
      expect(other.read()).toEqual(pattern(40, 1))
    },
  )

  test.each(machines)('%s: another incarnation is nobody it knows', (_, make) => {
    const region = formatted()
    const reader = make(region)
    reader.read()
    const shape = cellShape({ generation: 77 })
    const memory = new LoggedMemory(cellRegionBytes(shape))
    const owner = new CellOwner(memory, shape, kernels)
    for (let salt = 1; salt < 50; salt += 1) {
      if (salt === 1) owner.format(pattern(40, salt))
      else owner.store(pattern(40, salt))
      owner.reclaimer.scan(region.clock)
      region.memory.bytes.set(memory.bytes)
      expect(reader.read()).toBe(Verdict.Retry)
    }
  })

  test('a version that went back is not believed, nor is an older word', () => {
    const region = formatted()
    const old = region.memory.bytes.slice()
    const reader = region.validated()
    region.owner.store(pattern(40, 2))
    expect(reader.read()).toEqual(pattern(40, 2))
    region.memory.bytes.set(old)
    expect([reader.read(), reader.read()]).toEqual([Verdict.Retry, Verdict.Retry])
    expect(region.validated().read()).toEqual(pattern(40, 1))
  })

  test('a pinned reader without the check of the header would follow a mixture', () => {
    class Trusting extends PinnedReader {
      protected override objectVersion(low: number, high: number): number {
        return this.code.decode(low, high) === 1 ? 1 : 0
      }
    }
    const region = formatted()
    const words: Uint8Array[] = []
    for (let at = 0; at < 200; at += 1) {
      words.push(region.bytesAt(0, 8))
      region.owner.store(pattern(40, at))
      region.scan()
    }
    const reader = new RunningReader(
      region.memory,
      new Trusting(
        cellShape({ spanCount: 4 }),
        kernels,
        region.row(),
        region.clock,
        new (class extends PointerCode {
          // All of a larger heap's units are inside: what a heap of 1 GiB would be like.
          override decode(low: number, high: number): 0 | 1 | -1 | -2 {
            const kind = super.decode(low, high)
            if (kind !== -2) return kind
            this.unit %= 4
            this.sizeClass = 1
            return 1
          }
        })(cellShape(), kernels),
      ),
    )
    const [first, second] = words as [Uint8Array, Uint8Array]
    region.memory.bytes.set([...first.subarray(0, 4), ...second.subarray(4)], 0)
    expect(reader.read()).toBeInstanceOf(Uint8Array)
  })
})
