// Goal: the compiled command line keeps its promises on real memory: reports satisfy their schemas,
// standard output holds nothing else, exit statuses say what happened, no owner process stays.
// Method: `untorn` as a child process on shared memory, with runs as short as they can be.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { latencyProtocols } from '../../bench/latency.ts'
import { benchProtocols } from '../../bench/protocols/protocol-table.ts'
import { soakProtocols } from '../../bench/soak/soak-regions.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'dist/src/cli/main.js')
const shm = ['--device', 'shm']
const torn = ['bench', 'torn', ...shm]

interface Run {
  readonly status: number
  readonly out: string
  readonly err: string
}

function untorn(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, UNTORN_DEVICE: 'shm' }, maxBuffer: 2 ** 24 }
    const child = execFile(process.execPath, [main, ...args], options, (_error, out, err) => {
      resolve({ status: child.exitCode ?? -1, out, err })
    })
  })
}

function validator(name: string): (report: unknown) => string {
  const schema = JSON.parse(readFileSync(join(root, 'docs/schemas', name), 'utf8')) as object
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  const validate = ajv.compile(schema)
  return (report) => (validate(report) ? '' : ajv.errorsText(validate.errors))
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'untorn-bench-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Row {
  readonly protocol: string
  readonly strategy: string
  readonly control: boolean
  readonly reads: number
  readonly attempts: number
  readonly tornAccepted: number
  readonly writesPerSecond: number
  readonly failures: number
  readonly lostUpdates: number | null
  readonly refused?: string
}

describe('bench torn', () => {
  test('JSON: valid, alone on standard output, and in the file as well', async () => {
    const file = join(folder, 'torn.json')
    const args = [...torn, '--json', '--duration', '0.1', '--size', '64,16384', '--out', file]
    const { status, out, err } = await untorn(args)
    expect(err).toBe('')
    const report = JSON.parse(out) as { rows: Row[]; verdict: { passed: boolean } }
    expect(validator('bench-torn-2.json')(report)).toBe('')
    expect(readFileSync(file, 'utf8')).toBe(out)

    const run = report.rows.filter((row) => row.refused === undefined)
    const refused = report.rows.filter((row) => row.refused !== undefined)
    const nothing = { protocol: 'seqlock', strategy: 'lines', reads: 0, attempts: 0 }
    expect(refused).toMatchObject([nothing, nothing])
    const names = new Set(run.map((row) => `${row.protocol}/${row.strategy}`))
    for (const { name, schemes } of benchProtocols) {
      const rows = schemes.map((scheme) => `${name}/${scheme.name}`)
      for (const row of rows) if (row !== 'seqlock/lines') expect(names).toContain(row)
    }
    for (const row of run) {
      const name = `${row.protocol}/${row.strategy}`
      expect(row.reads + row.failures, name).toBeGreaterThan(0)
      expect(row.writesPerSecond, name).toBeGreaterThan(0)
      expect(row.attempts, name).toBeGreaterThanOrEqual(row.reads)
      if (!row.control) expect(row.tornAccepted, name).toBe(0)
    }
    const lost = run.filter((row) => row.protocol === 'locked' && !row.control)
    expect(lost.map((row) => row.lostUpdates)).toEqual(lost.map(() => 0))
    expect(status).toBe(report.verdict.passed ? 0 : 1)
  })

  test('controls accept torn reads, each in its protocol: status 0', async () => {
    const rows = 'seqlock/naive,versioned-slots/index-first'
    const args = [...torn, '--json', '--duration', '0.8', '--size', '16384', '--protocol', rows]
    const { status, out } = await untorn(args)
    const report = JSON.parse(out) as { rows: Row[] }
    for (const row of report.rows) expect(row.tornAccepted, row.strategy).toBeGreaterThan(0)
    expect(report.rows).toHaveLength(2)
    expect(status).toBe(0)
  })

  test('table: a row for each, a verdict in words', async () => {
    const args = [...torn, '--duration', '0.2', '--size', '64', '--protocol', 'seqlock/hash']
    const { status, out, err } = await untorn(args)
    expect([0, 1]).toContain(status)
    expect(err).toBe('')
    for (const word of ['hash', 'control: naive', 'Negative controls']) expect(out).toContain(word)
    expect(out).not.toContain('\u001b')
    expect(out.trimEnd().endsWith(status === 0 ? 'PASSED' : 'NOT PASSED')).toBe(true)
  })

  test('a run in which nothing can tear shows nothing: status 1', async () => {
    // One write a minute: the control reads the same version all the time.
    const pace = ['--writer-interval-us', '60000000']
    const rows = ['--protocol', 'seqlock/hash,seqlock/naive', '--size', '8', '--duration', '0.05']
    const { status, out } = await untorn([...torn, '--json', ...pace, ...rows])
    const report = JSON.parse(out) as { rows: Row[]; verdict: { passed: boolean } }
    expect(report.rows.map((row) => row.tornAccepted)).toEqual([0, 0])
    expect(report.verdict.passed).toBe(false)
    expect(status).toBe(1)
  })
})

test('bench latency: valid JSON with a ratio in every row', async () => {
  const args = ['bench', 'latency', ...shm, '--json', '--size', '64,4096', '-n', '20']
  const { status, out, err } = await untorn(args)
  expect(err).toBe('')
  expect(status).toBe(0)
  const report = JSON.parse(out) as { rows: { protocol: string; ratio: number }[] }
  expect(validator('bench-latency-2.json')(report)).toBe('')
  const seqlock = report.rows.filter((row) => row.protocol === 'seqlock')
  expect(seqlock).toHaveLength(2 * 3 * 3 + 3)
  expect(new Set(report.rows.map((row) => row.protocol))).toEqual(new Set(latencyProtocols))
  for (const row of report.rows) expect(row.ratio).toBeGreaterThan(0)
})

test('bench simulation: valid JSON, floors first, the whole litmus suite explored', async () => {
  const { status, out, err } = await untorn(['bench', 'simulation', '--json', '-D', '0.01'])
  expect(err).toBe('')
  expect(status).toBe(0)
  const report = JSON.parse(out) as {
    rows: { world: string; ratio: number; stepsPerSecond: number }[]
    litmus: { complete: boolean }
  }
  expect(validator('bench-simulation-1.json')(report)).toBe('')
  expect(report.rows[0]).toMatchObject({ ratio: 1 })
  for (const row of report.rows) expect(row.stepsPerSecond, row.world).toBeGreaterThan(0)
  expect(report.litmus.complete).toBe(true)
})

test('bench soak: all protocols, with faults; valid JSON, nothing wrong, the seed’s own faults', async () => {
  const args = ['bench', 'soak', ...shm, '--json', '--minutes', '0.1', '--seed', '5']
  const { status, out, err } = await untorn(args)
  expect(err).toBe('')
  const report = JSON.parse(out) as {
    violations: string[]
    operations: { protocol: string; count: number }[]
    faults: { count: number }[]
    recoveries: unknown[]
  }
  expect(validator('bench-soak-1.json')(report)).toBe('')
  expect(report.violations).toEqual([])
  expect(new Set(report.operations.map(({ protocol }) => protocol))).toEqual(new Set(soakProtocols))
  expect(report.faults.length).toBeGreaterThan(0)
  expect(report.recoveries.length).toBeGreaterThan(0)
  expect(report).toMatchObject({ seed: 5, tornAccepted: 0, lostUpdates: 0, passed: true })
  expect(status).toBe(0)
})

describe('exit status', () => {
  test.each([
    ['bad arguments', ['bench', 'torn', '--size', 'huge'], 2, '--size'],
    ['unknown command', ['tear'], 2, 'tear'],
    ['no such device', ['bench', 'torn', '--device', 'mlx9_9'], 3, 'ERR_UNTORN_'],
  ])('%s', async (_name, args, expected, named) => {
    const { status, out, err } = await untorn(args)
    expect(status).toBe(expected)
    expect(err).toContain(named)
    expect(out).toBe('')
  })

  test('a failure names the remedy', async () => {
    const { err } = await untorn(['bench', 'latency', '--device', 'mlx9_9'])
    expect(err).toContain('remedy:')
  })
})

describe('listings', () => {
  test('devices: shared memory is always there, with its guarantees and their evidence', async () => {
    const { status, out } = await untorn(['devices', '--json'])
    expect(status).toBe(0)
    const report = JSON.parse(out) as { chosen: { name: string }; devices: { name: string }[] }
    expect(report.chosen.name).toBe('shm')
    const device = report.devices.find(({ name }) => name === 'shm')
    const protocols = Object.fromEntries(
      ['seqlock', 'versioned-slots', 'locked'].map((name) => [
        name,
        { strategies: { hash: null } },
      ]),
    )
    expect(device).toMatchObject({ provider: 'shared-memory', protocols })
    expect(device).toHaveProperty(['protocols', 'rcu-cell', 'defaultStrategy'], 'fenced')
    expect(device).toHaveProperty('capabilities.evidence')
    expect((await untorn(['devices'])).out).toContain('atomic granule')
  })

  test('doctor: every check that is not ok has a remedy', async () => {
    const { status, out } = await untorn(['doctor', '--json'])
    const report = JSON.parse(out) as {
      checks: { name: string; status: string; remedy?: string }[]
    }
    expect(report.checks.find(({ name }) => name === 'addon')?.status).toBe('ok')
    for (const check of report.checks) {
      if (check.status !== 'ok') expect(check.remedy, check.name).toBeTruthy()
    }
    expect(status).toBe(0)
  })
})

/** Processes whose parent is `pid`. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid)
}

function parentOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    if (/^State:\s+Z/m.test(status)) return 0
    return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function until<T>(what: string, probe: () => T | undefined): Promise<T> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const found = probe()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`${what} did not happen`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('an aborted run leaves no owner process', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s', async (signal) => {
    const child: ChildProcess = spawn(
      process.execPath,
      [main, ...torn, '--duration', '20', '--size', '64'],
      { stdio: 'ignore' },
    )
    const ended = new Promise<string | null>((resolve) => {
      child.once('exit', (_code, by) => resolve(by))
    })
    const owner = await until('the owner’s start', () => childrenOf(child.pid ?? 0)[0])
    // Somewhere between its start and its first writes, or in the midst of them.
    await new Promise((resolve) => setTimeout(resolve, signal === 'SIGTERM' ? 50 : 700))
    child.kill(signal)
    expect(await ended).toBe(signal)
    await until('the owner’s end', () => (parentOf(owner) === 0 ? true : undefined))
  })
})
