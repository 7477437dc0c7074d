#!/usr/bin/env node
// Prints into the pages of docs that have programs what these print. A program is a block marked
// "js NAME.mjs"; a block marked "text NAME.mjs" shows its output. Programs import each other, so all
// are written into one folder, inside the package, where its own name resolves to it. A test compares.
//
//   node tools/generate-tutorial.mjs           writes the pages
//   node tools/generate-tutorial.mjs --print   prints them

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { isProgram, project } from './lib/project.mjs'

/** Relative to the project. */
export const pages = [
  'docs/check-your-protocol.md',
  'docs/choosing.md',
  'docs/protocols/cell.md',
  'docs/protocols/locked.md',
  'docs/protocols/slots.md',
  'docs/simulator.md',
  'docs/typed-values.md',
  'docs/watching.md',
]
const programLimitMs = 60_000
const programPattern = /^```js (\S+\.mjs)\n(.*?)^```$/gms
const outputPattern = /^```text (\S+\.mjs)\n.*?^```$/gms

/**
 * Runs every program of a page, also those whose output is not shown: one that fails throws.
 *
 * @param {string} page
 * @returns {string} the page with what they print
 */
export function tutorialPage(page) {
  const parent = path.join(project, '.cache')
  fs.mkdirSync(parent, { recursive: true })
  const folder = fs.mkdtempSync(path.join(parent, 'tutorial-'))
  try {
    const programs = [...page.matchAll(programPattern)]
    for (const [, name = '', code = ''] of programs) fs.writeFileSync(path.join(folder, name), code)
    const outputs = new Map(programs.map(([, name = '']) => [name, runProgram(folder, name)]))
    return page.replaceAll(outputPattern, (_, /** @type {string} */ name) => {
      const output = outputs.get(name)
      if (output === undefined) throw new Error(`no program ${name} on the page`)
      return `\`\`\`text ${name}\n${output.trimEnd()}\n\`\`\``
    })
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** @param {string} folder @param {string} name @returns {string} */
function runProgram(folder, name) {
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const env = { ...inherited, UNTORN_SEED: '0', NO_COLOR: '1' }
  return execFileSync(process.execPath, [name], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: programLimitMs,
    killSignal: 'SIGKILL',
  })
}

if (isProgram(import.meta.url)) {
  for (const name of pages) {
    const target = path.join(project, name)
    const page = tutorialPage(fs.readFileSync(target, 'utf8'))
    if (process.argv.includes('--print')) process.stdout.write(page)
    else fs.writeFileSync(target, page)
  }
}
