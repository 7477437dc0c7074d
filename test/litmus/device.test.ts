// Goal: litmus programs over shared memory show only what its model allows, the harness does see torn
// READs, and it would tell of an outcome that must not be. Method: a program whose READ of two lines
// races two stores; the same outcomes held against the right model, and against one in which a READ
// samples downwards, so that what is torn here would be forbidden there.
import { expect, test } from 'vitest'
import { type LitmusBenchOptions, runLitmusBench } from '../../bench/litmus.ts'
import { type DeviceModel, deviceModel, whyNotRun } from '../../bench/support/litmus-model.ts'
import type { LitmusReport } from '../../bench/support/litmus-report.ts'
import { openDevice } from '../../src/index.ts'
import {
  compareAndSwap,
  fullFence,
  getAll,
  litmusProgram,
  load,
  poll,
  put,
  signal,
  store,
  wait,
} from '../../src/simulation/litmus/index.ts'
import type { LitmusEntry } from '../../src/simulation/litmus/suite-entry.ts'
import { type SamplingModel, samplingPresets } from '../../src/simulation/sampling-model.ts'

const seed = Number(process.env['UNTORN_SEED'])

const wide: LitmusEntry = {
  id: 'wide',
  about: 'One READ of a line and a word of the next',
  spec: {
    owner: [store('x', 1), store('y', 1)],
    peers: { p: [getAll({ a: 'x', b: 'y' })] },
    memory: ['x . . . . . . . | y'],
  },
  judged: [{ a: 0, b: 1 }],
  allowed: ['sharedMemory'],
}

const hundred = { iterationsMax: 100, durationSeconds: 30 }

async function run(
  entries: readonly LitmusEntry[],
  options: Partial<LitmusBenchOptions> = {},
): Promise<LitmusReport> {
  await using device = await openDevice('shm')
  const limits = { durationSeconds: 0.5, iterationsMax: 1_000_000, seed }
  return await runLitmusBench({ device, entries, ...limits, ...options })
}

function countOf(report: LitmusReport, outcome: string): number {
  return report.rows[0]?.outcomes.find((each) => each.outcome === outcome)?.count ?? 0
}

/** On a busy machine owner and reader may go without two cores for a while. */
const SEARCH_MS_MAX = 45_000

test('a torn READ is seen, and forbidden where the model samples downwards', async () => {
  const right = await run([wide])
  expect(right).toMatchObject({ preset: 'sharedMemory', verdict: { passed: true } })
  const downwards: SamplingModel = {
    ...samplingPresets.sharedMemory,
    sampling: 'descendingInPacket',
    packetBytes: 4096,
  }
  const endMs = performance.now() + SEARCH_MS_MAX
  for (let attempt = 0; performance.now() < endMs; attempt += 1) {
    const model: DeviceModel = { preset: 'sharedMemory', model: downwards }
    const durationSeconds = Math.min(8, 0.5 * 2 ** attempt)
    const wrong = await run([wide], { model, seed: seed + attempt, durationSeconds })
    const torn = countOf(wrong, 'a=0 b=1')
    expect(wrong.verdict.passed).toBe(torn === 0)
    if (torn === 0) continue
    expect(wrong.rows[0]?.outcomes.at(-1)).toMatchObject({ outcome: 'a=0 b=1', allowed: false })
    return
  }
  expect.unreachable('no READ was torn')
})

test('registers, final values and signals of all threads come together', async () => {
  const relay: LitmusEntry = {
    id: 'relay',
    about: 'Owner to peer to peer to owner, so that only one outcome is left',
    spec: {
      owner: [store('x', 7), fullFence(), signal('one'), wait('three'), load('a', 'z')],
      peers: {
        p: [wait('one'), getAll({ b: 'x' }), poll(), put('y', 'b'), poll(), signal('two')],
        q: [
          wait('two'),
          compareAndSwap('c', 'y', 7, 9),
          poll(),
          put('z', 5),
          poll(),
          signal('three'),
        ],
      },
      final: ['y', 'x'],
    },
    judged: [],
    allowed: [],
  }
  const report = await run([relay], hundred)
  expect(report.verdict.passed).toBe(true)
  expect(report.rows).toMatchObject([
    { iterations: 100, outcomes: [{ outcome: 'a=5 b=7 c=7 ~y=9 ~x=7', count: 100 }] },
  ])
})

test('parts of words are stored where they belong', async () => {
  const owner = [1, 2, 4].map((lengthBytes) => {
    return store('x', lengthBytes, { offsetBytes: lengthBytes, lengthBytes })
  })
  const report = await run(
    [
      {
        id: 'parts',
        about: 'Parts',
        spec: { owner, peers: {}, final: ['x'] },
        judged: [],
        allowed: [],
      },
    ],
    hundred,
  )
  const value = 2 ** 8 + 2 * 2 ** 16 + 4 * 2 ** 32
  expect(report.rows[0]?.outcomes).toMatchObject([{ outcome: `~x=${value}`, count: 100 }])
})

test('a device is held against its own model', async () => {
  await using device = await openDevice('shm')
  expect(deviceModel(device, 'x64').model).toEqual(samplingPresets.sharedMemory)
  expect(deviceModel(device, 'arm64').model.cpu).toBe('weak')
  const verbs = (driver: string, capabilities: object): Parameters<typeof deviceModel>[0] => ({
    provider: 'verbs',
    info: { driver },
    capabilities: { ...device.capabilities, pathMtuBytes: 4096, ...capabilities },
  })
  const rxe = deviceModel(verbs('rxe', { atomicGranuleBytes: 1 }), 'x64')
  const { rxe: preset } = samplingPresets
  expect(rxe).toEqual({
    preset: 'rxe',
    model: { ...preset, atomicGranuleBytes: 1, packetBytes: 4096 },
  })
  const strong = { relaxedOrdering: false, atomicGranuleBytes: 64 } as const
  expect(deviceModel(verbs('mlx5_core', strong), 'x64').preset).toBe('nicX86')
  expect(deviceModel(verbs('mlx5_core', strong), 'arm64').preset).toBe('minimal')
  expect(deviceModel(verbs('siw', {}), 'x64').preset).toBe('minimal')
})

test('what a device cannot run is not run, with a reason', () => {
  const cpus = litmusProgram({
    name: 'cpus',
    owner: { c: [store('x', 1)], d: [load('a', 'x')] },
    peers: {},
  })
  const swap = [compareAndSwap('a', 'x', 0, 1)]
  const nics = litmusProgram({ name: 'nics', peers: { p: { nic: 1, instructions: swap } } })
  const atomic = litmusProgram({ name: 'atomic', peers: { p: swap } })
  expect(whyNotRun(cpus, { atomics: 'global' })).toMatch(/CPU/)
  expect(whyNotRun(nics, { atomics: 'global' })).toMatch(/NIC/)
  expect(whyNotRun(atomic, { atomics: 'none' })).toMatch(/atomics/)
  expect(whyNotRun(atomic, { atomics: 'hca' })).toBeNull()
})
