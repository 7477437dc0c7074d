// Goal: observations lower what they refute and nothing else, and never raise anything.
import { describe, expect, test } from 'vitest'
import { probeReport, refutesClaim } from '../../../bench/support/probe-report.ts'
import type { Capabilities } from '../../../src/fabric/capabilities.ts'
import { deriveCapabilities } from '../../../src/fabric/derive-capabilities.ts'
import {
  type ProbeObservation,
  judgeGuarantees,
  lowerCapabilities,
} from '../../../src/fabric/probe.ts'
import type { DeviceInfo } from '../../../src/fabric/contract.ts'

const info: DeviceInfo = {
  provider: 'verbs',
  name: 'device',
  driver: 'mlx5_core',
  firmware: '',
  ports: [],
  limits: {
    queuePairsMax: 1,
    queueDepthMax: 1,
    regionsMax: 1,
    regionBytesMax: 1,
    scatterEntriesMax: 1,
    readDepthMax: 16,
    inlineBytesMax: 0,
    sendBytesMax: 1,
    atomics: 'hca',
    dataInOrder: 1,
  },
}

/** Claims all that a probe can refute. */
const strongest = deriveCapabilities(info, { arch: 'x64', cpuFlags: new Set() })

function claims(overrides: Partial<Capabilities>): Capabilities {
  return { ...strongest, ...overrides }
}

function observation(overrides: Partial<ProbeObservation>): ProbeObservation {
  return {
    pattern: 'low-first',
    lengthBytes: 64,
    durationSeconds: 1,
    passes: 1000,
    reads: 5000,
    mixedReads: 400,
    tornWordReads: 0,
    tornWords: 0,
    tornLineReads: 0,
    tornLines: 0,
    ascendingReads: 0,
    descendingReads: 0,
    ...overrides,
  }
}

const clean = observation({ ascendingReads: 7 })
const tornWord = observation({ pattern: 'toggle', tornWordReads: 312, tornWords: 400 })
const tornLine = observation({ tornLineReads: 3, tornLines: 3 })
const descending = observation({ lengthBytes: 4096, descendingReads: 1 })

function refuted(claimed: Capabilities, ...observations: ProbeObservation[]): string[] {
  return judgeGuarantees(claimed, observations)
    .filter((judgement) => judgement.refuted)
    .map(({ guarantee, claimed: isClaimed }) => `${guarantee} ${isClaimed ? 'claimed' : '-'}`)
}

test('the strongest claims are what this file says they are', () => {
  expect(strongest).toMatchObject({ atomicGranuleBytes: 64, sampling: 'ascending' })
})

describe('judgement', () => {
  test.each([
    ['nothing', [clean], []],
    ['no observation', [], []],
    ['a torn word', [clean, tornWord], ['granule 8 claimed', 'granule 64 claimed']],
    ['a torn line', [tornLine, clean], ['granule 64 claimed']],
    ['a lower address later', [descending], ['ascending sampling claimed']],
  ] as const)('%s', (_name, observations, expected) => {
    expect(refuted(strongest, ...observations)).toEqual(expected)
  })

  test('what is not claimed can be refuted, too', () => {
    const weakest = claims({ atomicGranuleBytes: 1, sampling: 'arbitrary' })
    const all = ['granule 8 -', 'granule 64 -', 'ascending sampling -']
    expect(refuted(weakest, tornWord, descending)).toEqual(all)
  })

  test('a sentence counts the READs that showed it, and those that could have', () => {
    const more = [observation({ ...tornWord, reads: 1000, tornWordReads: 8 }), clean]
    const [words] = judgeGuarantees(strongest, [tornWord, ...more])
    expect(words?.sentence).toContain('320 of 6,000 64-byte READs')
  })
})

describe('lowering', () => {
  test.each([
    ['nothing seen', 64, [clean], 64],
    ['a torn line', 64, [tornLine], 8],
    ['a torn line where no line was claimed', 8, [tornLine], 8],
    ['a torn line where nothing was claimed', 1, [tornLine], 1],
    ['a torn word', 64, [tornWord, tornLine], 1],
    ['a torn word, words claimed', 8, [tornWord], 1],
    ['a torn word where nothing was claimed', 1, [tornWord], 1],
  ] as const)('granule: %s', (_name, granule, observations, expected) => {
    const claimed = claims({ atomicGranuleBytes: granule })
    const lowered = lowerCapabilities(claimed, observations)
    expect(lowered.atomicGranuleBytes).toBe(expected)
    expect(lowered.sampling).toBe(claimed.sampling)
    // What is not lowered is left alone, down to its evidence.
    expect(lowered === claimed).toBe(granule === expected)
    const about = lowered.evidence.filter((sentence) => sentence.startsWith('granule'))
    expect(about).toHaveLength(1)
    if (granule !== expected) expect(about[0]).toMatch(new RegExp(`^granule ${expected}: `))
  })

  test('sampling', () => {
    const lowered = lowerCapabilities(strongest, [descending])
    expect(lowered).toMatchObject({ atomicGranuleBytes: 64, sampling: 'arbitrary' })
    expect(lowered.evidence.filter((line) => line.startsWith('sampling'))).toHaveLength(1)
    const unclaimed = claims({ sampling: 'arbitrary' })
    expect(lowerCapabilities(unclaimed, [descending, clean])).toBe(unclaimed)
  })

  test('everything else stays as claimed', () => {
    const { evidence: _, ...lowered } = lowerCapabilities(strongest, [tornWord, descending])
    const { evidence: __, ...claimed } = strongest
    expect(lowered).toEqual({ ...claimed, atomicGranuleBytes: 1, sampling: 'arbitrary' })
  })
})

test.each([
  [[clean], 8, false],
  [[tornLine], 8, false],
  [[tornLine], 64, true],
  [[tornWord], 8, true],
  [[tornWord], 1, false],
] as const)('report %#: a claim is refuted or not', (observations, granule, expected) => {
  const capabilities = claims({ atomicGranuleBytes: granule })
  const report = probeReport({ name: 'd', provider: 'verbs', info, capabilities }, observations)
  expect(refutesClaim(report)).toBe(expected)
  expect(report.capabilities.lowered === capabilities).toBe(!expected)
})
