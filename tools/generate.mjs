#!/usr/bin/env node
// `npm run generate`: writes everything that is made from the code and checked in. Tests compare each
// of these files with what it is made from; after a change that is meant to show in them, run this and
// read the difference.

import { run } from './lib/project.mjs'
import { vitestCommand } from './lib/vitest.mjs'

const limitMs = 600_000

/** @type {Array<[name: string, args: string[], env?: NodeJS.ProcessEnv]>} */
const steps = [
  ['docs/errors.md', ['tools/generate-errors.mjs']],
  ['litmus suite', ['tools/litmus.mjs', '--update']],
  ['negative controls', ['tools/controls.mjs', '--update']],
  ['safety matrix', ['tools/safety-matrix.mjs']],
  ['small worlds', [...vitestCommand, '--project=property', 'exhaustive'], { UNTORN_UPDATE: '1' }],
  ['pages with programs', ['tools/generate-tutorial.mjs']],
]

for (const [name, args, env] of steps) {
  process.stdout.write(`\n── ${name}\n`)
  const status = run(process.execPath, args, {
    env: { ...process.env, ...env },
    timeoutMs: limitMs,
  })
  if (status !== 0) {
    process.stderr.write(`generate: ${name} failed\n`)
    process.exitCode = 1
    break
  }
}
