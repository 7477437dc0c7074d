#!/usr/bin/env node
// `npm run test:rxe`: the tests that need a real RDMA device, over rxe0 in the guest, once for each
// CPU profile (see rxe-vm/README.md); the last line counts them.
//
//   npm run test:rxe -- [--cpu words|bytes] [--host] [--time-limit SECONDS] [VITEST ARGUMENT…]

import path from 'node:path'
import { project, run } from './lib/project.mjs'
import { splitRxeArguments } from './lib/rxe-arguments.mjs'
import { addTallies, conclude, readTally } from './lib/tally.mjs'
import { vitestCommand, withTallyFile } from './lib/vitest.mjs'

/** Which vitest project each profile runs: in `bytes`, only what depends on the difference. */
const projects = { words: 'rxe', bytes: 'rxe-bytes' }
const timeLimitSeconds = 1500

/**
 * @param {'words' | 'bytes'} cpu
 * @param {string[]} machine
 * @param {string[]} args
 */
function testIn(cpu, machine, args) {
  process.stdout.write(`\n── rxe0, --cpu ${cpu}\n`)
  const vm = path.join(project, 'tools/rxe-vm/run.mjs')
  return withTallyFile((file, folder) => {
    const options = [
      `--time-limit=${timeLimitSeconds}`,
      ...machine,
      `--cpu=${cpu}`,
      `--out=${folder}`,
    ]
    const serially = '--no-file-parallelism'
    const command = [
      process.execPath,
      ...vitestCommand,
      serially,
      `--project=${projects[cpu]}`,
      ...args,
    ]
    const { UNTORN_SUM: _, UNTORN_NODE_BINARIES: __, ...env } = process.env
    const status = run(process.execPath, [vm, ...options, '--', ...command], {
      env: { ...env, UNTORN_TALLY: file },
    })
    return readTally(file, { name: `rxe --cpu ${cpu}`, status })
  })
}

const { machine, cpu, command } = splitRxeArguments(process.argv.slice(2))
if (cpu !== undefined && !(cpu in projects)) {
  process.stderr.write(`test:rxe: --cpu must be words or bytes, but is '${cpu}'\n`)
  process.exitCode = 2
} else {
  // With arguments for vitest and no profile, the ordinary profile is meant.
  const chosen = cpu !== undefined ? [cpu] : command.length > 0 ? ['words'] : Object.keys(projects)
  const tallies = chosen.map((profile) =>
    testIn(/** @type {'words' | 'bytes'} */ (profile), machine, command),
  )
  conclude(addTallies(tallies), { judge: command.length === 0 })
}
