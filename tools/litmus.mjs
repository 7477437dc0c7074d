#!/usr/bin/env node
// Explores the litmus suite under every sampling model and compares what comes out with what is
// checked in. Needs the built package (`npm run build:types`).
//
//   node tools/litmus.mjs            prints a table; status 1 when anything differs
//   node tools/litmus.mjs --update   writes test/litmus/expected.json and docs/litmus.md as well

import fs from 'node:fs'
import path from 'node:path'
import { litmusPage } from './lib/litmus-page.mjs'
import { isProgram, packageFile, project, run } from './lib/project.mjs'

/** @typedef {import('../src/simulation/litmus/run-suite.ts').LitmusEntryResult} Result */

const expectedFile = path.join(project, 'test/litmus/expected.json')
const pageFile = path.join(project, 'docs/litmus.md')

/** @param {Result[]} results @returns {string} */
function table(results) {
  const names = Object.keys(results[0]?.presets ?? {})
  const rows = [['program', ...names.map((name) => `${name} (schedules/states)`)]]
  for (const { id, presets } of results) {
    const cells = Object.values(presets).map(({ judged, outcomes, schedules, states }) => {
      const verdict = judged ? 'allowed' : 'forbidden'
      return `${verdict}, ${outcomes.length} outcomes (${schedules}/${states})`
    })
    rows.push([id, ...cells])
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

/** @param {Result[]} results @returns {string} what is checked in */
const expectations = (results) =>
  `${JSON.stringify(Object.fromEntries(results.map(({ id, ...rest }) => [id, rest])), null, 1)}\n`

async function main() {
  const built = path.join(project, 'dist/src/simulation/litmus/index.js')
  const { contradictions, formatProgram, litmusOf, litmusSuite, runLitmusEntry } = await import(
    built
  )
  const startMs = performance.now()
  /** @type {Result[]} */
  const results = litmusSuite.map(runLitmusEntry)
  const seconds = (performance.now() - startMs) / 1000
  process.stdout.write(table(results))
  const sum = (/** @type {'schedules' | 'states'} */ what) =>
    results
      .flatMap(({ presets }) => Object.values(presets))
      .reduce((total, each) => total + each[what], 0)
  const counts = `${results.length} programs, ${sum('schedules')} schedules, ${sum('states')} states`
  process.stdout.write(`${counts}, ${seconds.toFixed(1)} s\n`)
  const problems = litmusSuite.flatMap(
    (/** @type {{ id: string }} */ entry, /** @type {number} */ index) =>
      contradictions(entry, results[index]),
  )
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  const text = expectations(results)
  if (process.argv.includes('--update')) {
    fs.writeFileSync(expectedFile, text)
    const programs = litmusSuite.map((/** @type {any} */ entry) => ({
      ...entry,
      program: formatProgram(litmusOf(entry).program),
    }))
    fs.writeFileSync(pageFile, litmusPage(programs, JSON.parse(text)))
    const prettier = packageFile('prettier', 'bin/prettier.cjs')
    run(process.execPath, [prettier, '--write', expectedFile, pageFile])
  } else {
    const same = JSON.stringify(JSON.parse(fs.readFileSync(expectedFile, 'utf8')))
    if (same !== JSON.stringify(JSON.parse(text))) {
      problems.push('differs')
      process.stdout.write('test/litmus/expected.json differs: look why, then run with --update\n')
    }
  }
  if (problems.length > 0) process.exitCode = 1
}

if (isProgram(import.meta.url)) await main()
