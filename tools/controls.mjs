#!/usr/bin/env node
// Explores the negative controls under every sampling model and compares what comes out with what is
// checked in. Needs the built package (`npm run build:types`).
//
//   node tools/controls.mjs                          prints a table; status 1 when anything differs
//   node tools/controls.mjs --update                 writes the expectations, the page and its images
//   node tools/controls.mjs --show NAME PRESET [TAPE]  prints the report of one counterexample

import fs from 'node:fs'
import path from 'node:path'
import { controlImages, controlsPage, pageEntry } from './lib/controls-page.mjs'
import { isProgram, packageFile, project, run } from './lib/project.mjs'

/** @typedef {import('../src/simulation/controls/run-controls.ts').ControlResult} Result */
/** @typedef {Record<string, Result>} Results */

const expectedFile = path.join(project, 'test/property/expected/negative-controls.json')
const pageFile = path.join(project, 'docs/negative-controls.md')
const imageFolder = path.join(project, 'docs/images')

/** @param {Results} results @returns {string} */
function table(results) {
  const names = Object.keys(Object.values(results)[0]?.presets ?? {})
  const rows = [['control', ...names.map((name) => `${name} (schedules)`)]]
  for (const [name, { presets }] of Object.entries(results)) {
    const cells = Object.values(presets).map(
      ({ caught, schedules }) => `${caught ?? '-'} (${schedules})`,
    )
    rows.push([name, ...cells])
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

/** @param {any} library @param {Map<string, any>} cases @param {Results} results */
function update(library, cases, results) {
  /** @type {Results} */
  const measured = {}
  for (const [name, each] of cases) measured[name] = library.measureControl(each, results[name])
  fs.mkdirSync(path.dirname(expectedFile), { recursive: true })
  fs.writeFileSync(expectedFile, JSON.stringify(measured))
  const entries = [...cases.values()].map((each) => pageEntry(library, each, measured[each.name]))
  fs.writeFileSync(pageFile, controlsPage(entries))
  fs.mkdirSync(imageFolder, { recursive: true })
  for (const [name, svg] of controlImages(library, cases)) {
    fs.writeFileSync(path.join(imageFolder, name), svg)
  }
  const prettier = packageFile('prettier', 'bin/prettier.cjs')
  run(process.execPath, [prettier, '--write', expectedFile, pageFile])
}

/** @param {Results} results - without what was measured at random @returns {string} */
function comparable(results) {
  return JSON.stringify(results, (key, value) => (key === 'mixedWithin' ? undefined : value))
}

async function main() {
  const built = path.join(project, 'dist/src')
  const { controlCases, ...library } = {
    ...(await import(path.join(built, 'simulation/index.js'))),
    ...(await import(path.join(built, 'simulation/controls/index.js'))),
  }
  const { loadHash, portableKernels } = await import(path.join(built, 'protocols/index.js'))
  /** @type {Map<string, any>} */
  const cases = controlCases(portableKernels(await loadHash()))
  const [option, name, preset, tape] = process.argv.slice(2)
  if (option === '--show') {
    const each = cases.get(name ?? '')
    if (each === undefined) throw new RangeError(`no control is called ${name}`)
    process.stdout.write(library.formatReport(library.failedRunOf(each, preset, tape)))
    return
  }
  /** @type {Results} */
  const results = {}
  for (const each of cases.values()) results[each.name] = library.runControl(each)
  process.stdout.write(table(results))
  if (option === '--update') update(library, cases, results)
  else if (comparable(JSON.parse(fs.readFileSync(expectedFile, 'utf8'))) !== comparable(results)) {
    const file = path.relative(project, expectedFile)
    process.stdout.write(`${file} differs: look why, then run with --update\n`)
    process.exitCode = 1
  }
}

if (isProgram(import.meta.url)) await main()
