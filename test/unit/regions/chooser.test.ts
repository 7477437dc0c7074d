// Goal: no strategy is chosen, published or opened where it could accept torn bytes. Method: the
// chooser on devices of every granule, and regions on devices whose guarantees differ.
import { describe, expect, it, vi } from 'vitest'
import { chooseStrategy, judgeStrategy, soundStrategies } from '../../../src/regions/chooser.ts'
import { openReader } from '../../../src/regions/open-reader.ts'
import { seqlock } from '../../../src/regions/seqlock.ts'
import { WORDS_PAYLOAD_BYTES_MAX } from '../../../src/regions/strategy-table.ts'
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
      const sound = soundStrategies(new FakeDevice(provider, granule), 64)
      expect([...sound].sort()).toEqual([...expected].sort())
    }
  })

  it('gives the device’s own evidence as the reason', () => {
    const { sound, reason } = judgeStrategy('lines', new FakeDevice('verbs', 8).capabilities)
    expect(sound).toBe(false)
    expect(reason).toContain('the test says so')
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
    const choice = chooseStrategy(new FakeDevice(provider, granule), bytes)
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

  it('refuses to open what is sound for the owner but not for the reader', async () => {
    const { entry } = await makeWorld({ bytes: 64, strategy: 'fenced' })
    const device = new FakeDevice('verbs', 1)
    const queuePair = device.createQueuePair()
    const source = new FakeSource({ device, queuePair, entry, remoteHandle: 1 })
    expect(await codeOf(() => openReader(source, entry))).toBe('ERR_UNTORN_UNSOUND')
  })

  it.each(['fence', '', 3, null])('refuses %j as a strategy', async (strategy) => {
    const make = (): unknown => seqlock({ bytes: 64, strategy: strategy as 'hash' })
    expect(await codeOf(make)).toBe('ERR_UNTORN_ARGUMENT')
  })
})
