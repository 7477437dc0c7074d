// Goal: the whole litmus suite over shared memory shows nothing that is forbidden, and the command says
// so in a valid report. Method: `untorn bench litmus` as a child process, a few hundredths of a second
// for each program; device.test.ts has the negative.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { LitmusReport } from '../../bench/support/litmus-report.ts'
import { litmusSuite } from '../../src/simulation/litmus/suite.ts'
import { type Ending, runNode } from './programs.ts'

const NOT_RUN = ['mp', 'mp-barrier', '22-nics', '23-cpus']

function litmus(...args: string[]): Promise<Ending> {
  const command = ['dist/src/cli/main.js', 'bench', 'litmus', '--device', 'shm']
  const seed = process.env['UNTORN_SEED'] ?? '0'
  return runNode([...command, '--seed', seed, ...args])
}

test('JSON: valid and alone; every program ran, or says why not', async () => {
  const { status, stdout, stderr } = await litmus('--json', '--duration', '0.03')
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as LitmusReport
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  const schema = JSON.parse(readFileSync('docs/schemas/bench-litmus-1.json', 'utf8')) as object
  expect(ajv.validate(schema, report), ajv.errorsText()).toBe(true)

  expect(report.verdict).toMatchObject({ passed: true })
  expect(status).toBe(0)
  expect(report.preset).toBe('sharedMemory')
  expect(report.rows.map(({ id }) => id)).toEqual(litmusSuite.map(({ id }) => id))
  expect(report.rows.filter((row) => row.notRun !== undefined).map(({ id }) => id)).toEqual(NOT_RUN)
  for (const { id, notRun, iterations, complete, outcomes } of report.rows) {
    if (notRun !== undefined) continue
    expect(iterations, id).toBeGreaterThan(0)
    expect(complete, id).toBe(true)
    expect(
      outcomes.reduce((sum, { count }) => sum + count, 0),
      id,
    ).toBe(iterations)
  }
})

test('text: a row for each outcome', async () => {
  const { status, stdout, stderr } = await litmus('--program', '12,mp', '--iterations', '100')
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout.match(/ a=[01] b=[01] +\d+ {2}allowed$/gm)).toHaveLength(4)
  expect(stdout).toMatch(/^mp +not run: /m)
  expect(stdout).not.toContain('\u001b')
})

test('wrong arguments are told before anything starts', async () => {
  expect((await litmus('--program', 'no-such')).status).toBe(2)
  expect((await litmus('--seed', '-1')).status).toBe(2)
})
