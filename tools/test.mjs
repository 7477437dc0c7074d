#!/usr/bin/env node
// `npm test`: types, lint, and every test layer on the shared-memory provider; the last line counts
// them. Types and each linter count as one test. Arguments go to vitest, and then only vitest runs:
//
//   npm test -- test/unit/errors.test.ts -t 'remedy'

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { findProgram, packageFile, project, run } from './lib/project.mjs'
import { addTallies, conclude, emptyTally, readTally } from './lib/tally.mjs'
import { vitestCommand, withTallyFile } from './lib/vitest.mjs'
import { nodeBinaries } from './node-versions.mjs'

/** @typedef {import('./lib/tally-reporter.mjs').Tally} Tally */

const layers = ['unit', 'contract', 'property', 'litmus', 'lifecycle', 'integration']
const stepLimitMs = 300_000
const vitestLimitMs = 900_000
/** Each major formats a little differently. */
const clangFormatMajor = 14

/** @param {string} text */
const say = (text) => process.stdout.write(`\n── ${text}\n`)

/**
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 * @returns {Tally} of one test
 */
function step(name, program, args) {
  say(name)
  const startMs = performance.now()
  const status = run(program, args, { timeoutMs: stepLimitMs })
  const seconds = (performance.now() - startMs) / 1000
  const tally = { ...emptyTally(), seconds }
  return status === 0 ? { ...tally, passed: 1 } : { ...tally, failed: [name] }
}

/** @param {string} name @param {string} reason @returns {Tally} */
function skip(name, reason) {
  say(`${name}: skipped: ${reason}`)
  return { ...emptyTally(), skipped: [{ name, reason }] }
}

/** @returns {Tally} */
function clangFormat() {
  const name = 'lint > clang-format'
  const wanted = `the reference is clang-format ${clangFormatMajor}`
  const program = [`clang-format-${clangFormatMajor}`, 'clang-format'].find(findProgram)
  if (program === undefined) return skip(name, `it is not installed; ${wanted}`)
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  const major = Number(/version (\d+)\./.exec(stdout)?.[1])
  if (major !== clangFormatMajor) return skip(name, `this is version ${major}; ${wanted}`)
  const files = fs
    .readdirSync(path.join(project, 'addon'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(cc|h)$/.test(file))
    .map((file) => path.join('addon', file))
  return step(name, program, ['--dry-run', '-Werror', ...files])
}

/** @returns {Tally[]} */
function checks() {
  const node = process.execPath
  const tsc = packageFile('typescript', 'bin/tsc')
  const oxlint = packageFile('oxlint', 'bin/oxlint')
  const prettier = packageFile('prettier', 'bin/prettier.cjs')
  const quiet = ['--check', '.', '--log-level', 'warn']
  return [
    step('types', node, [tsc, '-p', 'tsconfig.json', '--noEmit']),
    step('lint > oxlint', node, [oxlint, '--deny-warnings']),
    step('lint > prettier', node, [prettier, ...quiet]),
    clangFormat(),
  ]
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} projects - of which each must have passed a test
 * @returns {Tally}
 */
function vitest(args, env, projects) {
  // The sum is this process's to write, not that of a tool which a test tries out.
  const { UNTORN_SUM: _, ...inherited } = env
  return withTallyFile((file) => {
    const status = run(process.execPath, [...vitestCommand, ...args], {
      env: { ...inherited, UNTORN_TALLY: file },
      timeoutMs: vitestLimitMs,
    })
    return readTally(file, { name: 'vitest', status, projects })
  })
}

/** @param {string[]} args @returns {boolean} whether they choose projects themselves */
const choosesProjects = (args) => args.some((arg) => /^--project(=|$)/.test(arg))

function main() {
  const args = process.argv.slice(2)
  const projects = layers.map((layer) => `--project=${layer}`)
  if (args.length > 0) {
    const chosen = choosesProjects(args) ? args : [...projects, ...args]
    conclude(vitest(chosen, process.env, []), { judge: false })
    return
  }
  const binaries = nodeBinaries()
  const paths = binaries.flatMap((binary) => ('path' in binary ? [binary.path] : []))
  const env = { ...process.env, UNTORN_NODE_BINARIES: paths.join(':') }
  const missing = binaries.flatMap((binary) =>
    'missing' in binary ? [skip(`lifecycle > Node.js ${binary.major}`, binary.missing)] : [],
  )
  const checked = checks()
  say(layers.join(', '))
  const tested = vitest(projects, env, layers)
  conclude(addTallies([...checked, ...missing, tested]), { judge: true })
}

main()
