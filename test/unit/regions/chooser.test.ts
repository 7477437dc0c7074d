// Goal: no strategy is chosen, published or opened where it could accept torn bytes. Method: the
// chooser on devices of every granule, and regions on devices whose guarantees differ; what it says
// must be what the safety matrix says, and follow it when the matrix is falsified.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { chooseStrategy, judgeStrategy, soundStrategies } from '../../../src/regions/chooser.ts'
import {
  type SafetyCell,
  cellOf,
  columnOf,
  rowCells,
  rowKey,
  safetyAxes,
} from '../../../src/regions/safety-cell.ts'
import type * as SafetyMatrix from '../../../src/regions/safety-matrix.ts'
import { openSeqlock } from '../../../src/regions/open-seqlock.ts'
import { seqlock } from '../../../src/regions/seqlock.ts'
import {
  WORDS_PAYLOAD_BYTES_MAX,
  ownerCpuOf,
  safetyOf,
  verdictIn,
} from '../../../src/regions/strategy-table.ts'
import { FakeDevice } from './fake-fabric.ts'
import { codeOf, FakeSource, makeWorld, publishContext } from './fixture.ts'

vi.mock('../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('./fake-fabric.ts')
  return { native: () => fakeNative }
})

describe('soundness', () => {
  it.each([
    [1, ['hash']],
    [8, ['fenced', 'hash', 'words']],
    [64, ['fenced', 'hash', 'words', 'lines']],
  ] as const)('granule %i admits %j', (granule, expected) => {
    for (const provider of ['shared-memory', 'verbs', 'simulation'] as const) {
      const sound = soundStrategies('seqlock', new FakeDevice(provider, granule), 64)
      expect([...sound].sort()).toEqual([...expected].sort())
    }
  })

  it.each([1, 8, 64] as const)(
    'granule %i admits reads of an RCU cell without a pin',
    (granule) => {
      for (const provider of ['shared-memory', 'verbs', 'simulation'] as const) {
        const device = new FakeDevice(provider, granule)
        expect(soundStrategies('rcu-cell', device, 64)).toEqual(['fenced'])
      }
    },
  )

  it('gives the device’s own evidence as the reason', () => {
    const { sound, reason } = judgeStrategy(
      'seqlock',
      'lines',
      new FakeDevice('verbs', 8).capabilities,
    )
    expect(sound).toBe(false)
    expect(reason).toContain('the test says so')
  })
})

describe('cells', () => {
  const strongest = {
    atomicGranuleBytes: 64,
    sampling: 'ascending',
    replay: false,
    readAfterRead: 'ordered',
    evidence: [],
  } as const

  it('are read from capabilities', () => {
    expect(cellOf(strongest, 'tso')).toEqual({
      atomicGranuleBytes: 64,
      sampling: 'ascending',
      replay: 'off',
      readAfterRead: 'ordered',
      cpu: 'tso',
    })
    const weakest = { ...strongest, atomicGranuleBytes: 1, sampling: 'arbitrary' } as const
    const weak = { ...weakest, replay: true, readAfterRead: 'unordered' } as const
    expect(cellOf(weak, 'weak')).toEqual({
      atomicGranuleBytes: 1,
      sampling: 'arbitrary',
      replay: 'suffix',
      readAfterRead: 'unordered',
      cpu: 'weak',
    })
  })

  it('take what is not known of a device for the weakest', () => {
    expect(cellOf({ atomicGranuleBytes: 8, evidence: [] }, 'tso')).toEqual({
      atomicGranuleBytes: 8,
      sampling: 'arbitrary',
      replay: 'suffix',
      readAfterRead: 'unordered',
      cpu: 'tso',
    })
    expect(ownerCpuOf('simulation')).toBe('weak')
  })

  it('are all in the matrix, each in a place of its own', () => {
    expect(rowCells.map(columnOf)).toEqual(rowCells.map((_, index) => index))
    const places = new Set<string>()
    for (const atomicGranuleBytes of safetyAxes.atomicGranuleBytes) {
      for (const sampling of safetyAxes.sampling) {
        for (const column of rowCells) {
          const cell: SafetyCell = { atomicGranuleBytes, sampling, ...column }
          places.add(`${rowKey(cell)}, ${columnOf(cell)}`)
          expect(['sound', 'sampled']).toContain(verdictIn('seqlock', 'hash', cell))
        }
      }
    }
    expect(places.size).toBe(96)
  })

  it('that the matrix does not know are unsound', () => {
    const granule = 16 as unknown as 8
    expect(safetyOf('seqlock', 'hash', { ...strongest, atomicGranuleBytes: granule }, 'tso')).toBe(
      'unsound',
    )
  })
})

describe('a falsified matrix', () => {
  afterEach(() => {
    vi.doUnmock('../../../src/regions/safety-matrix.ts')
    vi.resetModules()
  })

  it('is what the chooser believes, whatever a strategy says of itself', async () => {
    vi.resetModules()
    vi.doMock('../../../src/regions/safety-matrix.ts', async (original) => {
      const { safetyMatrix } = await original<typeof SafetyMatrix>()
      const words = { ...safetyMatrix.seqlock?.words, '8 arbitrary': 'unsound' }
      const rows = { ...safetyMatrix.seqlock, words }
      return { safetyMatrix: { ...safetyMatrix, seqlock: rows } }
    })
    const chooser = await import('../../../src/regions/chooser.ts')
    const device = new FakeDevice('verbs', 8)
    expect(chooser.judgeStrategy('seqlock', 'words', device.capabilities).sound).toBe(false)
    expect(chooser.chooseStrategy('seqlock', device, 64).strategy).toBe('hash')
  })
})

describe('choice', () => {
  it.each([
    ['shared-memory', 8, 64, 'fenced'],
    ['shared-memory', 8, 1 << 20, 'fenced'],
    ['shared-memory', 1, 64, 'hash'],
    ['verbs', 8, WORDS_PAYLOAD_BYTES_MAX, 'words'],
    ['verbs', 8, WORDS_PAYLOAD_BYTES_MAX + 1, 'hash'],
    ['verbs', 64, 64, 'words'],
    ['verbs', 1, 64, 'hash'],
  ] as const)('on %s with granule %i and %i bytes: %s', (provider, granule, bytes, strategy) => {
    const choice = chooseStrategy('seqlock', new FakeDevice(provider, granule), bytes)
    expect(choice.strategy).toBe(strategy)
    expect(choice.explain.split('\n')).toHaveLength(4)
  })
})

describe('refusal', () => {
  it('refuses to publish an unsound strategy by name, and allocates nothing', async () => {
    const device = new FakeDevice('shared-memory', 8)
    const spec = seqlock({ bytes: 64, strategy: 'lines' })
    expect(await codeOf(() => spec.publish(publishContext(device)))).toBe('ERR_UNTORN_UNSOUND')
    expect(device.regions.size).toBe(0)
  })

  it('names the sound alternatives', () => {
    const spec = seqlock({ bytes: 64, strategy: 'words' })
    const context = publishContext(new FakeDevice('shared-memory', 1))
    expect(() => spec.publish(context)).toThrow(/sound here: hash$/)
  })

  it('points to the page with the schedules, before the alternatives', () => {
    const spec = seqlock({ bytes: 64, strategy: 'lines' })
    const context = publishContext(new FakeDevice('verbs', 8))
    const expected = /docs\/safety-matrix\.md.*sound here: words, hash, fenced$/
    expect(() => spec.publish(context)).toThrow(expected)
  })

  it('refuses to open what is sound for the owner but not for the reader', async () => {
    const { entry } = await makeWorld({ bytes: 64, strategy: 'fenced' })
    const device = new FakeDevice('verbs', 1)
    const queuePair = device.createQueuePair()
    const source = new FakeSource({ device, queuePair, entry, remoteHandle: 1 })
    expect(await codeOf(() => openSeqlock(source, entry))).toBe('ERR_UNTORN_UNSOUND')
  })

  it.each(['fence', '', 3, null])('refuses %j as a strategy', async (strategy) => {
    const make = (): unknown => seqlock({ bytes: 64, strategy: strategy as 'hash' })
    expect(await codeOf(make)).toBe('ERR_UNTORN_ARGUMENT')
  })
})
