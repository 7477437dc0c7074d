// Goal: a probe of shared memory sees READs tear between words and not inside them, and the command
// says so in a valid report. Method: `untorn probe` as a child process, for half a second.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { ProbeReport } from '../../bench/support/probe-report.ts'
import { type Ending, runNode } from './programs.ts'

const WORD_BYTES = 8

function probe(...args: string[]): Promise<Ending> {
  const command = ['dist/src/cli/main.js', 'probe', '--device', 'shm', '--duration', '0.5']
  return runNode([...command, ...args])
}

test('JSON: valid and alone; claims hold, lines and blocks are of several values', async () => {
  const { status, stdout, stderr } = await probe('--json')
  expect(stderr).toBe('')
  expect(status).toBe(0)
  const report = JSON.parse(stdout) as ProbeReport
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  const schema = JSON.parse(readFileSync('docs/schemas/probe-1.json', 'utf8')) as object
  expect(ajv.validate(schema, report), ajv.errorsText()).toBe(true)

  expect(report.capabilities.claimed.atomicGranuleBytes).toBe(8)
  expect(report.capabilities.lowered).toEqual(report.capabilities.claimed)
  expect(report.refuted.filter(({ claimed }) => claimed)).toEqual([])
  const mixed: number[] = []
  for (const observation of report.observations) {
    const { pattern, lengthBytes, reads, passes, mixedReads, tornWords } = observation
    const name = `${pattern} ${lengthBytes}`
    expect(reads, name).toBeGreaterThan(0)
    expect(passes, name).toBeGreaterThan(0)
    expect(tornWords, name).toBe(0)
    if (lengthBytes > WORD_BYTES) mixed.push(mixedReads)
  }
  // On a busy machine a pattern may pass without the owner running beside the reader.
  expect(mixed.some((count) => count > 0)).toBe(true)
})

test('text: a row for each observation, a sentence for each guarantee', async () => {
  const { status, stdout, stderr } = await probe()
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout.match(/^(toggle|low-first|high-first) /gm)).toHaveLength(7)
  expect(stdout.match(/^(not )?claimed: /gm)).toHaveLength(3)
  expect(stdout).not.toContain('\u001b')
})
