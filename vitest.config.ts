// Test layers as projects; `npm test` runs all but rxe and deep, `npm run test:rxe` runs rxe and
// rxe-bytes in the guest.
// UNTORN_SEED sets every random choice of a run; without it one is drawn and printed.
import { randomInt } from 'node:crypto'
import { defineConfig } from 'vitest/config'
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config'

const SEED_MAX = 2 ** 31 - 1
const seed = readSeed()

function readSeed(): number {
  const given = process.env['UNTORN_SEED']
  if (given === undefined || given === '') return randomInt(SEED_MAX)
  const number = Number(given)
  if (Number.isInteger(number) && number >= 0 && number <= SEED_MAX) return number
  throw new RangeError(`UNTORN_SEED must be an integer from 0 to ${SEED_MAX}, but is '${given}'`)
}

// The workers of this run inherit it, and so do the processes that tests start.
process.env['UNTORN_SEED'] = String(seed)
// Every project evaluates this file once more.
if (process.env['UNTORN_SEED_TOLD'] === undefined) process.stderr.write(`UNTORN_SEED=${seed}\n`)
process.env['UNTORN_SEED_TOLD'] = '1'

interface Layer {
  readonly name: string
  readonly include: readonly string[]
  readonly device: string
  readonly testTimeoutMs: number
  readonly setupFiles?: readonly string[]
}

function project(layer: Layer): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: layer.name,
      include: [...layer.include],
      env: { UNTORN_DEVICE: layer.device },
      testTimeout: layer.testTimeoutMs,
      hookTimeout: layer.testTimeoutMs,
      setupFiles: [...(layer.setupFiles ?? [])],
    },
  }
}

const memory = process.env['UNTORN_DEVICE'] ?? 'shm'
const rdma = process.env['UNTORN_RXE_DEVICE'] ?? 'rxe0'
const seeded = ['./test/property/seed.setup.ts']

const config: ViteUserConfig = defineConfig({
  test: {
    pool: 'forks',
    // Two cores, and tests that measure or start processes: more workers only wait for each other.
    maxWorkers: 2,
    sequence: { seed },
    teardownTimeout: 10_000,
    projects: [
      project({
        name: 'unit',
        include: ['test/unit/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 10_000,
      }),
      project({
        name: 'contract',
        include: ['test/contract/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 30_000,
      }),
      project({
        name: 'property',
        include: ['test/property/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 60_000,
        setupFiles: seeded,
      }),
      // Only `npm run test:deep`, which says how long; its test has a limit of its own.
      project({
        name: 'deep',
        include: ['test/deep/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 60_000,
      }),
      project({
        name: 'litmus',
        include: ['test/litmus/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 60_000,
      }),
      project({
        name: 'lifecycle',
        include: ['test/lifecycle/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 60_000,
      }),
      project({
        name: 'integration',
        include: ['test/integration/**/*.test.ts'],
        device: memory,
        testTimeoutMs: 60_000,
      }),
      // Only where there is an RDMA device: emulated guests take several times the usual seconds.
      project({
        name: 'rxe',
        include: [
          'test/contract/**/*.test.ts',
          'test/lifecycle/**/*.test.ts',
          'test/rxe/*.test.ts',
          'test/integration/{borrow,claims,rcu-cell,seqlock,session,watch}.test.ts',
        ],
        device: rdma,
        testTimeoutMs: 120_000,
      }),
      // Only where aligned words tear: probe, refusals, and the strategy that stays sound.
      project({
        name: 'rxe-bytes',
        include: ['test/rxe/bytes/**/*.test.ts'],
        device: rdma,
        testTimeoutMs: 120_000,
      }),
    ],
  },
})

export default config
