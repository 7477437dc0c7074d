// Goal: however a process or worker that uses the addon ends, it ends with status 0 and no signal.
// Method: each scenario in a child process of its own, on every Node binary that is at hand:
// UNTORN_NODE_BINARIES, separated by colons, else the one that runs this test.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('./scenarios.mjs', import.meta.url))
const binaries = (process.env['UNTORN_NODE_BINARIES'] ?? process.execPath).split(':')
const TIME_LIMIT_MS = 30_000

const scenarios = [
  'natural-exit-closed',
  'natural-exit-open',
  'natural-exit-pending',
  'process-exit-pending',
  'worker-exit-only-worker-loads',
  'worker-exit-main-loaded',
  'worker-process-exit',
  'worker-terminate-only-worker-loads',
  'worker-terminate-main-loaded',
  'many-workers-in-turn',
  'garbage-in-flight',
  'close-with-pending',
  'leak-warns',
  'view-keeps-region',
  'simulated-waits-then-ends',
]

interface End {
  readonly status: number | string | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

function run(binary: string, scenario: string): Promise<End> {
  return new Promise((resolve) => {
    const options = { timeout: TIME_LIMIT_MS, env: { ...process.env, NODE_OPTIONS: '' } }
    execFile(binary, ['--expose-gc', script, scenario], options, (error, stdout, stderr) => {
      resolve({
        status: error === null ? 0 : (error.code ?? null),
        signal: error?.signal ?? null,
        output: stdout + stderr,
      })
    })
  })
}

describe.each(binaries)('%s', (binary) => {
  test.each(scenarios)(
    '%s',
    async (scenario) => {
      const end = await run(binary, scenario)
      expect(end, end.output).toMatchObject({ status: 0, signal: null })
      expect(end.output).toContain('done')
    },
    TIME_LIMIT_MS + 5000,
  )
})
