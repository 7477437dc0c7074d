// Goal: readers of versioned slots fetch no more than they say, end as they say, believe nothing that
// remote memory holds, and get a value from a writer that never pauses, within the bound that is
// stated. Method: an owner and a reader over one buffer, publications between any two READs.
import { describe, expect, test } from 'vitest'
import {
  Evidence,
  type SlotsReadRequest,
  type SlotsStrategyName,
  Verdict,
  seqlockStrategies,
  slotsStrategies,
} from '../../../src/protocols/index.ts'
import { IndexCode } from '../../../src/protocols/slots/index-code.ts'
import { BenchRegion, codeOf, kernels, pattern } from './support/bench-region.ts'
import { SlotsRegion, slotsShape } from './support/slots-region.ts'

const names = ['fenced', 'hash'] as const
const S = 60
/** Header and padded payload. */
const IMAGE = 80

function regionOf(name: SlotsStrategyName, slotCount: number): SlotsRegion {
  return new SlotsRegion(slotsStrategies[name], slotsShape(S, slotCount), pattern(S, 1))
}

/** Publishes version v with payload `pattern(S, v)`. */
function publish({ owner }: SlotsRegion, count: number = 1): void {
  for (let at = 0; at < count; at += 1) owner.publish(pattern(S, owner.version + 1))
}

describe('what reads cost, in READs and bytes', () => {
  test.each([
    ['fenced', [8, S, 8], [8, S, 8], [8, S, 8, S, 8]],
    ['hash', [8, IMAGE, 8], [IMAGE, 8], [IMAGE, 8, IMAGE, 8]],
  ] as const)('%s', (name, first, unchanged, changed) => {
    const region = regionOf(name, 3)
    const scheme = slotsStrategies[name]
    expect(region.whole()).toEqual(pattern(S, 1))
    expect([region.chains, region.fetched]).toEqual([2, first])
    expect(region.fetched.reduce((sum, bytes) => sum + bytes)).toBe(scheme.remoteBytes(S))
    expect(region.whole()).toEqual(pattern(S, 1))
    expect([region.chains, region.fetched]).toEqual([1, unchanged])
    publish(region)
    expect(region.whole()).toEqual(pattern(S, 2))
    expect([region.chains, region.fetched]).toEqual([2, changed])
    expect(region.whole({ knownVersion: 2 })).toBe(Verdict.Unchanged)
    expect(region.fetched).toEqual([8])
    publish(region)
    expect(region.whole({ knownVersion: 2 })).toEqual(pattern(S, 3))
    expect(region.fetched).toEqual(first)
  })

  test.each([
    ['fenced', [5, 3, 3, 3, 3]],
    ['hash', [4, 3, 3, 3, 2]],
  ] as const)(
    '%s: no guess while the region changes, and again when it does not',
    (name, reads) => {
      const region = regionOf(name, 3)
      region.whole()
      const counts = [1, 1, 1, 0, 0].map((count) => {
        publish(region, count)
        region.whole()
        return region.fetched.length
      })
      expect(counts).toEqual(reads)
      expect(region.chains).toBe(1)
    },
  )

  test('the last index alone is fenced', () => {
    const region = regionOf('fenced', 2)
    region.whole()
    region.whole()
    expect(region.posted.map(({ fenced }) => fenced)).toEqual([false, false, true])
  })

  test('fenced: a part costs the part; hash: the slot', () => {
    for (const name of names) {
      const region = regionOf(name, 2)
      const target = new Uint8Array(5)
      const request = { target, offset: 33, lengthBytes: 5, knownVersion: 0 }
      expect(region.attempt(request)).toBe(Verdict.Done)
      expect(target).toEqual(pattern(S, 1).subarray(33, 38))
      expect(region.fetched).toEqual(name === 'fenced' ? [8, 5, 8] : [8, IMAGE, 8])
    }
  })

  test('a whole payload may be read where it lands', () => {
    for (const name of names) {
      const region = regionOf(name, 2)
      const target = region.reader.payloadView as Uint8Array
      expect(region.attempt({ target, offset: 0, lengthBytes: S, knownVersion: 0 })).toBe(
        Verdict.Done,
      )
      expect(target).toEqual(pattern(S, 1))
    }
  })
})

describe.each(names)('%s, a writer that never pauses', (name) => {
  /** Publications in between two READs, without end. */
  function readOn(slotCount: number, between: number): Set<string> {
    const region = regionOf(name, slotCount)
    const ends = new Set<string>()
    region.beforeRead = () => publish(region, between)
    for (let count = 0; count < 200; count += 1) {
      const before = region.owner.version
      const got = region.whole()
      const { reader } = region
      if (got instanceof Uint8Array) {
        expect(got).toEqual(pattern(S, reader.version))
        expect(reader.version).toBeGreaterThanOrEqual(before)
        ends.add('value')
      } else {
        ends.add(`verdict ${got}, evidence ${reader.evidence}, missed ${reader.missed}`)
      }
    }
    return ends
  }

  // `fenced` looks at the index two READs after the sample that it trusts, and allows N - 2. `hash`
  // fetches the slot in the READ after that sample, and its bytes stay what they are for N - 1.
  const [reads, spare] = name === 'fenced' ? [2, 2] : [1, 1]

  test.each([1, 2, 5])(
    '%i publications between any two READs: enough slots, always a value',
    (w) => {
      expect([...readOn(reads * w + spare, w)]).toEqual(['value'])
    },
  )

  test.each([2, 5])('%i publications between any two READs: one slot less, never', (w) => {
    const ends = [...readOn(reads * w + spare - 1, w)]
    // The second index of `hash` is sampled w publications after the slot was lost.
    const missed = name === 'fenced' ? 1 : 1 + w + 1
    expect(ends).toEqual([
      `verdict ${Verdict.Retry}, evidence ${Evidence.Lapped}, missed ${missed}`,
    ])
  })
})

test('the same writer starves the readers of a seqlock', () => {
  const region = new BenchRegion(seqlockStrategies.fenced, S)
  const read = region.read.bind(region)
  let version = 0
  region.read = (...operation) => {
    region.owner.write(pattern(S, (version += 1)))
    read(...operation)
  }
  for (let count = 0; count < 200; count += 1) expect(region.whole()).toBe(Verdict.Retry)
})

describe.each(names)('%s, history', (name) => {
  test('N - 1 versions can be read; older ones are lapped, later ones not there yet', () => {
    const region = regionOf(name, 4)
    publish(region, 9)
    for (const version of [8, 9, 10]) {
      expect(region.whole({ wantedVersion: version })).toEqual(pattern(S, version))
      expect(region.reader.version).toBe(version)
      expect(region.reader.missed).toBe(0)
    }
    for (const version of [11, 12, Number.MAX_SAFE_INTEGER]) {
      expect(region.whole({ wantedVersion: version })).toBe(Verdict.Unchanged)
      expect(region.reader.version).toBe(10)
    }
    for (const version of [1, 5, 6]) {
      expect(region.whole({ wantedVersion: version })).toBe(Verdict.Lapped)
      expect(region.reader.missed).toBe(8 - version)
      expect(region.reader.evidence).toBe(Evidence.None)
    }
    // Not stored over yet. `fenced` cannot know that; the seal of `hash` does.
    const oldest = region.whole({ wantedVersion: 7 })
    expect(oldest).toEqual(name === 'fenced' ? Verdict.Lapped : pattern(S, 7))
  })

  test('a fresh reader, and one that knows the version already, fetch what they need', () => {
    const region = regionOf(name, 4)
    publish(region, 2)
    region.whole({ wantedVersion: 2 })
    expect(region.fetched).toEqual(name === 'fenced' ? [8, S, 8] : [IMAGE, 8])
    region.whole({ wantedVersion: 2 })
    expect(region.fetched).toEqual(name === 'fenced' ? [S, 8] : [IMAGE, 8])
  })

  test('a subscriber gets every version in order, or is told how many it missed', () => {
    const region = regionOf(name, 4)
    const seen: number[] = []
    let next = 1
    let missed = 0
    for (const count of [0, 1, 2, 0, 3, 9, 1, 30]) {
      publish(region, count)
      for (let end: unknown = null; end !== Verdict.Unchanged;) {
        end = region.whole({ wantedVersion: next })
        if (end === Verdict.Lapped) {
          missed += region.reader.missed
          next += region.reader.missed
        } else if (end instanceof Uint8Array) {
          expect(end).toEqual(pattern(S, next))
          seen.push(next)
          next += 1
        }
      }
    }
    expect(next).toBe(region.owner.version + 1)
    expect(seen.length + missed).toBe(region.owner.version)
    expect(seen.slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(seen.length).toBeLessThan(20)
  })

  test('versions before the first one were never there', () => {
    const shape = { ...slotsShape(S, 4), firstVersion: 100 }
    const region = new SlotsRegion(slotsStrategies[name], shape, pattern(S, 100))
    expect(region.whole({ wantedVersion: 99 })).toBe(Verdict.Lapped)
    expect(region.reader.missed).toBe(1)
    expect(region.whole({ wantedVersion: 100 })).toEqual(pattern(S, 100))
    expect(region.whole({ wantedVersion: 98 })).toBe(Verdict.Lapped)
    expect(region.reader.missed).toBe(2)
  })
})

describe.each(names)('%s believes nothing', (name) => {
  const shape = slotsShape(S, 3)
  const code = new IndexCode(shape, kernels)

  function setIndex(region: SlotsRegion, word: bigint): void {
    new DataView(region.memory.bytes.buffer).setBigUint64(0, word, true)
  }

  const requests: readonly Partial<SlotsReadRequest>[] = [
    {},
    { knownVersion: 1 },
    { wantedVersion: 1 },
    { wantedVersion: 4 },
  ]

  test('memory never formatted', () => {
    for (const request of requests) {
      const region = regionOf(name, 3)
      region.memory.bytes.fill(0)
      expect(region.whole(request)).toBe(Verdict.Retry)
      expect(region.reader.evidence).toBe(Evidence.WriterActive)
      expect(region.reader.version).toBe(0)
    }
  })

  test('any index: READs stay inside the region, and end', () => {
    const words = [
      1n,
      0xffff_ffff_ffff_ffffn,
      code.encode(2 ** 40),
      code.encode(Number.MAX_SAFE_INTEGER),
      code.encode(7),
    ]
    for (const word of words) {
      for (const request of requests) {
        const region = regionOf(name, 3)
        setIndex(region, word)
        const got = region.whole(request)
        expect(region.chains).toBeLessThanOrEqual(3)
        // `fenced` believes an owner that lies about a version that is there; sealed slots do not.
        if (name === 'hash') expect(got === Verdict.Done).toBe(false)
      }
    }
  })

  test('an index that goes back', () => {
    const region = regionOf(name, 3)
    publish(region, 5)
    expect(region.whole()).toEqual(pattern(S, 6))
    let reads = 0
    // The last index of the chain is older than the first one.
    region.beforeRead = () => {
      reads += 1
      if (reads === 3) setIndex(region, code.encode(2))
    }
    if (name === 'fenced') {
      expect(region.whole()).toBe(Verdict.Retry)
      expect(region.reader.evidence).toBe(Evidence.Torn)
    } else {
      // Two READs; the next attempt finds another version in that slot.
      expect(region.whole()).toEqual(pattern(S, 6))
      expect(region.whole()).toBe(Verdict.Retry)
    }
  })

  test('an index before the first version', () => {
    const late = { ...shape, firstVersion: 100 }
    const region = new SlotsRegion(slotsStrategies[name], late, pattern(S, 100))
    setIndex(region, code.encode(99))
    expect(region.whole()).toBe(Verdict.Retry)
    expect(region.reader.evidence).toBe(Evidence.Torn)
    expect(region.reader.version).toBe(0)
  })

  test('one sample that says that a version is there already', () => {
    const region = regionOf(name, 4)
    let reads = 0
    region.beforeRead = () => {
      reads += 1
      // Version 2 is published after the slot was fetched, and before the last index is.
      if (reads === 1) setIndex(region, code.encode(3))
      else if (reads === 2) setIndex(region, code.encode(1))
      else if (reads === 3) publish(region)
    }
    expect(region.whole({ wantedVersion: 2 })).toBe(
      name === 'fenced' ? Verdict.Retry : Verdict.Unchanged,
    )
    region.beforeRead = undefined
    if (name === 'hash') publish(region)
    expect(region.whole({ wantedVersion: 2 })).toEqual(pattern(S, 2))
  })

  test('one sample that says that a version is gone', () => {
    const region = regionOf(name, 3)
    const far = code.encode(2 ** 45)
    const present = code.encode(1)
    // The first READ of the index: the first of all with `fenced`, after the slot with `hash`.
    const first = name === 'fenced' ? 1 : 2
    let reads = 0
    region.beforeRead = () => {
      reads += 1
      setIndex(region, reads === first ? far : present)
    }
    expect(region.whole({ wantedVersion: 1 })).toBe(Verdict.Retry)
    expect(region.reader.evidence).toBe(Evidence.Torn)
    region.beforeRead = undefined
    setIndex(region, present)
    expect(region.whole({ wantedVersion: 1 })).toEqual(pattern(S, 1))
  })

  test('nothing of an attempt that was given up before its last chain', () => {
    const region = regionOf(name, 3)
    publish(region, 9)
    const target = new Uint8Array(S)
    const request = { target, offset: 0, lengthBytes: S, knownVersion: 0 }
    region.reader.start({ ...request, wantedVersion: 1 })
    region.reader.begin(region)
    // Version 1 is gone, says the first sample; the second one is never looked at.
    expect(region.reader.resume(region)).toBe(Verdict.More)
    region.reader.begin(region)
    expect(region.reader.resume(region)).toBe(Verdict.More)
    expect(region.reader.resume(region)).toBe(Verdict.Lapped)
    region.reader.begin(region)
    expect(region.reader.resume(region)).toBe(Verdict.More)
    expect(region.attempt(request)).toBe(Verdict.Done)
    expect(target).toEqual(pattern(S, 10))
  })

  test('a closed region whose reader is in the middle of things', () => {
    for (const closedAt of [1, 2, 3]) {
      for (const request of requests) {
        const region = regionOf(name, 3)
        let reads = 0
        region.beforeRead = () => {
          reads += 1
          if (reads === closedAt) region.owner.close()
        }
        const got = region.whole(request)
        if (closedAt === 1) expect(got).toBe(Verdict.Closed)
      }
    }
  })

  test('requests and landing memory that do not fit', () => {
    const { reader } = regionOf(name, 3)
    const request = { target: new Uint8Array(S), offset: 0, lengthBytes: S, knownVersion: 0 }
    const start = (change: Partial<SlotsReadRequest>) => () =>
      reader.start({ ...request, ...change })
    expect(codeOf(start({}))).toBeUndefined()
    for (const change of [
      { offset: 1 },
      { offset: -1 },
      { lengthBytes: 0 },
      { target: new Uint8Array(S - 1) },
    ]) {
      expect(codeOf(start(change))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    }
    for (const change of [
      { offset: 0.5 },
      { lengthBytes: Number.NaN },
      { knownVersion: -1 },
      { wantedVersion: 0.5 },
      { wantedVersion: 2 ** 53 },
    ]) {
      expect(codeOf(start(change))).toBe('ERR_UNTORN_ARGUMENT')
    }
    const fresh = slotsStrategies[name].createReader(shape, kernels)
    expect(codeOf(() => fresh.start(request))).toBe('ERR_UNTORN_ARGUMENT')
    const landing = new ArrayBuffer(fresh.landingBytes + 8)
    expect(codeOf(() => fresh.bind(new Uint8Array(landing, 4)))).toBe('ERR_UNTORN_MISALIGNED')
    expect(codeOf(() => fresh.bind(new Uint8Array(fresh.landingBytes - 1)))).toBe(
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  })
})
