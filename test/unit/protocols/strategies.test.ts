// Goal: what the table of strategies says of each is so. Method: the READs of every kind of attempt,
// counted chain by chain.
import { describe, expect, test } from 'vitest'
import {
  type OperationSink,
  type ReadRequest,
  SEQLOCK_LAYOUT_VERSION,
  Verdict,
  seqlockStrategies,
} from '../../../src/protocols/index.ts'
import { BenchRegion, pattern } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const size = 120

/** Fences of every chain of one attempt. */
function chainsOf(region: BenchRegion, request: Partial<ReadRequest> = {}): boolean[][] {
  const chains: boolean[][] = [[]]
  const sink: OperationSink = {
    read: (landing, remote, length, fenced) => {
      region.read(landing, remote, length, fenced)
      chains.at(-1)?.push(fenced)
    },
  }
  const whole = { target: new Uint8Array(size), offset: 0, lengthBytes: size, knownVersion: 0 }
  region.reader.start({ ...whole, ...request })
  region.reader.begin(sink)
  for (;;) {
    chains.push([])
    const verdict = region.reader.resume(sink)
    if (verdict === Verdict.More) continue
    expect([Verdict.Done, Verdict.Unchanged]).toContain(verdict)
    return chains.slice(0, -1)
  }
}

describe.each(names)('%s', (name) => {
  const strategy = seqlockStrategies[name]

  test('a first read takes as many round trips as it says: a chain, and each fence, is one', () => {
    const chains = chainsOf(new BenchRegion(strategy, size))
    const roundTrips = chains.map((chain) => 1 + chain.filter((fenced) => fenced).length)
    expect(roundTrips).toEqual([strategy.roundTrips])
  })

  /** Chains of every kind of attempt. */
  function allChains(): boolean[][] {
    const region = new BenchRegion(strategy, size)
    const chains = [...chainsOf(region), ...chainsOf(region, { offset: 60, lengthBytes: 20 })]
    region.owner.write(pattern(size, 1))
    chains.push(...chainsOf(region), ...chainsOf(region, { knownVersion: 2 }))
    region.owner.write(pattern(size, 2))
    chains.push(...chainsOf(region, { knownVersion: 4 }), ...chainsOf(region, { knownVersion: 6 }))
    return chains
  }

  test('no chain begins with a fence, which would wait for what others read', () => {
    expect(allChains().map(([first]) => first)).not.toContain(true)
  })

  test('no chain is longer than it says, and one is as long', () => {
    const chains = allChains()
    expect(Math.max(...chains.map((chain) => chain.length))).toBe(strategy.chainLengthMax)
  })

  test('has the layout of this version, and its own name', () => {
    expect(strategy.layoutVersion).toBe(SEQLOCK_LAYOUT_VERSION)
    expect(strategy.name).toBe(name)
  })
})

test('the granules that strategies need', () => {
  const granules = names.map((name) => seqlockStrategies[name].needs.atomicGranuleBytes)
  expect(granules).toEqual([8, 1, 8, 64])
})
