// Goal: a check calls sound what is sound, and catches what is not, with a schedule that can be had
// again. Method: small protocols whose verdicts are known, generators and production's machine alike.
import { beforeAll, expect, test } from 'vitest'
import {
  type MemoryKernels,
  loadHash,
  portableKernels,
  seqlockStrategies,
} from '../../../src/protocols/index.ts'
import {
  type CheckOptions,
  type Protocol,
  checkProtocol,
  runSchedule,
} from '../../../src/testing/index.ts'
import {
  type SeqlockFields,
  fenced,
  seqlockOwner,
  unfenced,
  versionWithData,
} from './support/protocols.ts'

/** Quick, and enough for all that is asserted here. */
const small: CheckOptions = { worlds: [{ name: 'one write', schedulesMax: 2000 }], seed: 1 }

const verdictsOf = (protocol: Protocol<SeqlockFields>, options: CheckOptions) =>
  Object.fromEntries(
    Object.entries(checkProtocol(protocol, options).presets).map(([name, { verdict }]) => [
      name,
      verdict,
    ]),
  )

test('three fenced READs hold under every preset', () => {
  const check = checkProtocol(fenced, small)
  expect(check).toMatchObject({ protocol: 'fenced', sound: true, asExpected: true })
  expect(check.counterexample).toBeUndefined()
  for (const name of ['sharedMemory', 'rxe', 'nicX86', 'minimal']) {
    expect(check.presets[name], name).toMatchObject({ verdict: 'holds', complete: true })
  }
})

test('READs without fences are caught where READs may overtake each other', () => {
  expect(
    verdictsOf(unfenced, { ...small, presets: ['sharedMemory', 'nicX86', 'minimal'] }),
  ).toEqual({
    sharedMemory: 'holds',
    nicX86: 'violated',
    minimal: 'violated',
  })
})

test('a version that came with the data is caught on granules of 8 bytes', () => {
  expect(verdictsOf(versionWithData, small)).toEqual({
    sharedMemory: 'violated',
    rxe: 'violated',
    nicX86: 'holds',
    minimal: 'violated',
    bytes: 'violated',
  })
})

test('the default worlds agree', () => {
  expect(checkProtocol(fenced, { presets: ['minimal'], seed: 1 }).sound).toBe(true)
  expect(checkProtocol(versionWithData, { presets: ['minimal'], seed: 1 }).sound).toBe(false)
})

test('a counterexample is a tape that gives the same violation and report again', () => {
  const { counterexample } = checkProtocol(versionWithData, small)
  expect(counterexample).toMatchObject({
    preset: 'sharedMemory',
    world: 'one write',
    violation: { kind: 'torn' },
    shrunk: true,
  })
  const { tape = '', report } = counterexample ?? {}
  const again = checkProtocol(versionWithData, { ...small, replay: tape })
  expect(Object.keys(again.presets)).toEqual(['sharedMemory'])
  expect(again.presets['sharedMemory']).toMatchObject({ verdict: 'violated', schedules: 1 })
  expect(again.counterexample?.tape).toBe(tape)
  expect(again.counterexample?.report).toBe(report)
  expect(counterexample?.svg()).toMatch(/^<svg /)
})

test('a tape finds its own model among several', () => {
  const options = { ...small, presets: ['sharedMemory', 'minimal'] } as const
  const tape = checkProtocol(unfenced, options).counterexample?.tape ?? ''
  expect(Object.keys(checkProtocol(unfenced, { ...options, replay: tape }).presets)).toEqual([
    'minimal',
  ])
})

test('a tape of other worlds is refused; one without a fingerprint runs in the first', () => {
  const tape = checkProtocol(versionWithData, small).counterexample?.tape ?? ''
  const elsewhere = { worlds: [{ owner: 3 }], replay: tape }
  expect(() => checkProtocol(versionWithData, elsewhere)).toThrow(
    expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
  )
  const bare = checkProtocol(versionWithData, { ...small, replay: 'u1..0' })
  expect(bare.presets['sharedMemory']).toMatchObject({ schedules: 1, complete: false })
  expect(bare.counterexample).toBeUndefined()
})

test('the report names fields, steps and the tape', () => {
  const { report, counterexample } = checkProtocol(versionWithData, small)
  expect(report).toContain(counterexample?.report)
  expect(report).toContain(counterexample?.tape)
  expect(report).toContain('payload word 1')
  expect(report).toMatch(/was sampled at step \d+/)
})

test('two checks with one seed are alike', () => {
  const options = { presets: ['minimal'], seed: 7 } as const
  const one = checkProtocol(fenced, options)
  expect(checkProtocol(fenced, options)).toEqual(one)
  expect(one.seed).toBe(7)
})

test('the seed, by default that of the environment, chooses what is sampled', () => {
  const worlds = [{ owner: 3, reads: 2, strategy: 'mixed', schedulesMax: 50 }] as const
  const overlapsOf = (seed: number): number | undefined =>
    checkProtocol(fenced, { presets: ['minimal'], worlds, seed }).presets['minimal']?.worlds[0]
      ?.coverage.overlaps
  expect(overlapsOf(1)).toBe(overlapsOf(1))
  expect(new Set([1, 2, 3, 4, 5].map(overlapsOf)).size).toBeGreaterThan(1)
  const { seed } = checkProtocol(fenced, { presets: ['minimal'], worlds })
  expect(seed).toBe(Number(process.env['UNTORN_SEED']))
})

test('violations may be expected, of exactly these models', () => {
  const presets = ['sharedMemory', 'minimal'] as const
  const expecting = (expected: readonly string[], protocol = unfenced): boolean =>
    checkProtocol(protocol, { ...small, presets, expect: expected }).asExpected
  expect(expecting(['minimal'])).toBe(true)
  expect(expecting(['minimal'], versionWithData)).toBe(false)
  expect(expecting(['sharedMemory', 'minimal'])).toBe(false)
  expect(expecting([])).toBe(false)
})

test('models of one’s own are checked beside presets', () => {
  const models = { fences: { readAfterRead: 'ordered' } } as const
  const check = checkProtocol(unfenced, { ...small, presets: ['minimal'], models })
  expect(check.presets['minimal']?.verdict).toBe('violated')
  expect(check.presets['fences']?.verdict).toBe('holds')
})

test('where nothing can overlap the verdict is unknown', () => {
  const check = checkProtocol(versionWithData, { worlds: [{ owner: 0 }], presets: ['minimal'] })
  expect(check.presets['minimal']?.verdict).toBe('unknown')
  expect(check).toMatchObject({ sound: false, asExpected: false })
})

test('versions need no numbers', () => {
  const nameless = (fences: boolean): Protocol<SeqlockFields> => ({
    ...(fences ? fenced : unfenced),
    owner: (memory) => {
      const owner = seqlockOwner(memory)
      return { publish: (payload) => void owner.publish(payload) }
    },
  })
  expect(verdictsOf(nameless(true), { ...small, presets: ['minimal'] })).toEqual({
    minimal: 'holds',
  })
  expect(verdictsOf(nameless(false), { ...small, presets: ['minimal'] })).toEqual({
    minimal: 'violated',
  })
})

test('a reader remembers its last version, and may be told that the region closed', () => {
  const versions = new Set<number>()
  const check = checkProtocol(
    {
      ...fenced,
      owner: (memory) => ({ ...seqlockOwner(memory), close: () => memory.storeWord(24, 1) }),
      reader: function* (io) {
        versions.add(io.lastVersion)
        const [isClosed, before, payload, after] = yield* io.chain(
          io.word(24),
          io.word('version').fenced(),
          io.bytes('payload').fenced(),
          io.word('version').fenced(),
        )
        if (isClosed === 1) return io.closed()
        if (before % 2 === 1 || before !== after) return io.retry()
        return io.accept(payload, before)
      },
    },
    { presets: ['sharedMemory'], worlds: [{ close: true, reads: 2 }] },
  )
  expect(check.presets['sharedMemory']?.verdict).toBe('holds')
  expect([...versions].sort((one, other) => one - other)).toEqual([0, 2, 4])
})

/** Version v in slot v mod 3, then the index; accepted if the owner went on by `lead` at most. */
const slots = (lead: number): Protocol => ({
  name: `slots, lead ${lead}`,
  layout: { payloadBytes: 8, regionBytes: 88 },
  owner: (memory) => {
    let version = 0
    return {
      publish(payload) {
        version += 1
        memory.copyIn(64 + 8 * (version % 3), payload)
        memory.barrier('beforePublish')
        memory.storeWord(0, version)
        memory.barrier('afterPublish')
        return version
      },
    }
  },
  reader: function* (io) {
    const version = yield* io.word(0)
    const payload = yield* io.bytes(64 + 8 * (version % 3), 8)
    const last = yield* io.word(0)
    return last - version <= lead ? io.accept(payload, version) : io.retry()
  },
})

test('a reader may follow what it has read: slots hold up to the one being written', () => {
  const options = { presets: ['minimal'], seed: 1 } as const
  expect(checkProtocol(slots(1), options).sound).toBe(true)
  expect(checkProtocol(slots(2), options).counterexample?.violation.kind).toMatch(
    /torn|mislabelled/,
  )
})

test('faults happen where they are asked for', () => {
  const faults = { crashes: 1, queuePairErrors: 1, timeOuts: 1 }
  const worlds = [{ faults, reads: 2, strategy: 'mixed', schedulesMax: 300 }] as const
  const check = checkProtocol(fenced, { presets: ['minimal'], worlds, seed: 3 })
  expect(check.presets['minimal']?.verdict).toBe('holds')
  expect(check.presets['minimal']?.worlds[0]?.coverage.faults).toBeGreaterThan(100)
})

test('a reader that does not find back to the last version is caught where worlds recover', () => {
  // Holds on to what it has seen, as if nothing could have happened that it missed.
  const nostalgic: Protocol<SeqlockFields> = {
    ...fenced,
    reader: function* (io) {
      const { lastVersion } = io
      const before = yield* io.word('version')
      const payload = yield* io.bytes('payload')
      const after = yield* io.word('version')
      const skipped = lastVersion !== 0 && before > lastVersion + 2
      if (before % 2 === 1 || before !== after || skipped) return io.retry()
      return io.accept(payload, before)
    },
  }
  const verdictWhere = (recovers: boolean): string | undefined =>
    checkProtocol(nostalgic, { presets: ['sharedMemory'], worlds: [{ owner: 2, recovers }] })
      .presets['sharedMemory']?.verdict
  expect(verdictWhere(false)).toBe('holds')
  expect(verdictWhere(true)).toBe('violated')
})

test('a bound of time ends the exploration', () => {
  const worlds = [{ owner: 8, readers: 2, reads: 4, strategy: 'mixed', schedulesMax: 1e6 }] as const
  const check = checkProtocol(fenced, { presets: ['minimal'], worlds, timeMs: 100, seed: 3 })
  expect(check.presets['minimal']?.schedules).toBeLessThan(1e6)
})

test('one schedule can be run by itself', () => {
  const { counterexample } = checkProtocol(versionWithData, small)
  expect(runSchedule(versionWithData, { choices: [] }).violation).toBeNull()
  expect(counterexample?.tape).toMatch(/^u1\./)
})

let kernels: MemoryKernels
beforeAll(async () => {
  kernels = portableKernels(await loadHash())
})

test.each(['fenced', 'words'] as const)('production’s machines run as they are: %s', (name) => {
  const shape = { payloadBytes: 8, generation: 7, hashKey: 9n }
  const scheme = seqlockStrategies[name]
  const protocol: Protocol = {
    name,
    layout: { payloadBytes: 8, regionBytes: scheme.regionBytes(8) },
    owner: (memory) => {
      const owner = scheme.createOwner(memory, shape, kernels)
      return {
        format: (payload) => {
          owner.format(payload, 2)
          return owner.version
        },
        publish: (payload) => owner.write(payload),
        close: () => owner.close(),
      }
    },
    machine: () => scheme.createReader(shape, kernels),
    chainLengthMax: scheme.chainLengthMax,
  }
  const check = checkProtocol(protocol, { ...small, presets: ['sharedMemory', 'minimal'] })
  expect(check).toMatchObject({ sound: true, asExpected: true })
})
