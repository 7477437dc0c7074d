#!/usr/bin/env node
// `npm run test:deep`: explores arbitrary simulated worlds until the time is spent. Ends with status
// 1 at the first violation, which it prints with the command that shows it again.
//
//   npm run test:deep -- [--minutes N] [--seed N]
//   npm run test:deep -- --world JSON --tape TAPE

import { parseArgs } from 'node:util'
import { packageFile, run } from './lib/project.mjs'

const minutesDefault = 10
const minutesMax = 7 * 24 * 60
const startLimitMs = 300_000

/** @param {string} message @returns {never} */
function refuse(message) {
  process.stderr.write(`test:deep: ${message}\n`)
  process.exit(2)
}

/** @returns {{ minutes: number, seed?: string, world?: string, tape?: string }} */
function readArguments() {
  const text = /** @type {const} */ ({ type: 'string' })
  try {
    const options = { minutes: text, seed: text, world: text, tape: text }
    const { values } = parseArgs({ options })
    const minutes = Number(values.minutes ?? minutesDefault)
    if (!(minutes > 0 && minutes <= minutesMax)) refuse(`--minutes is a number up to ${minutesMax}`)
    if ((values.world === undefined) !== (values.tape === undefined)) {
      refuse('--world and --tape belong together')
    }
    return { ...values, minutes }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const { minutes, seed, world, tape } = readArguments()
const env = {
  ...process.env,
  UNTORN_DEEP_MINUTES: String(minutes),
  // The configuration checks it, or draws one and prints it.
  ...(seed === undefined ? {} : { UNTORN_SEED: seed }),
  ...(world === undefined ? {} : { UNTORN_DEEP_WORLD: world, UNTORN_DEEP_TAPE: tape }),
}
const vitest = [packageFile('vitest', 'vitest.mjs'), 'run', '--project=deep']
const status = run(process.execPath, vitest, { env, timeoutMs: minutes * 60_000 + startLimitMs })
process.exitCode = status === 0 ? 0 : 1
