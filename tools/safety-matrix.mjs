#!/usr/bin/env node
// Explores every strategy of every protocol in every cell of the safety matrix, and writes what is checked in of it:
// the chooser's table, the evidence, and the page.
//
//   node tools/safety-matrix.mjs           writes src/regions/safety-matrix.ts, docs/safety-matrix.*
//   node tools/safety-matrix.mjs --check   exit status 1 when any of them differs, and writes nothing

import fs from 'node:fs'
import path from 'node:path'
import * as prettier from 'prettier'
import { isProgram, project } from './lib/project.mjs'

const page = 'docs/safety-matrix.md'

/** @param {string} text */
const tell = (text) => process.stderr.write(text)

/** @returns {Promise<Map<string, string>>} what every file should contain, by its path */
export async function matrixFiles() {
  const matrix = await import(path.join(project, 'dist/src/simulation/matrix/index.js'))
  const protocols = await import(path.join(project, 'dist/src/protocols/index.js'))
  const kernels = protocols.portableKernels(await protocols.loadHash())
  let row = ''
  const evidence = matrix.computeMatrix(kernels, (/** @type {object} */ subject) => {
    const name = matrix.subjectName(subject)
    tell(name === row ? '.' : `\n${name} .`)
    row = name
  })
  tell('\n')
  const options = await prettier.resolveConfig(path.join(project, page))
  const text = matrix.renderPage(evidence, kernels)
  return new Map([
    ['src/regions/safety-matrix.ts', matrix.renderTable(evidence)],
    ['docs/safety-matrix.json', matrix.renderEvidence(evidence)],
    [page, await prettier.format(text, { ...options, parser: 'markdown' })],
  ])
}

/** @param {string} file @returns {string} its contents; empty when there is no such file */
function contentsOf(file) {
  try {
    return fs.readFileSync(path.join(project, file), 'utf8')
  } catch {
    return ''
  }
}

if (isProgram(import.meta.url)) {
  const checks = process.argv.includes('--check')
  const different = [...(await matrixFiles())].filter(([file, text]) => contentsOf(file) !== text)
  for (const [file, text] of different) {
    if (!checks) fs.writeFileSync(path.join(project, file), text)
    tell(`${file} ${checks ? 'is not what explorations say: npm run matrix' : 'written'}\n`)
  }
  if (different.length === 0) tell('the safety matrix is what explorations say\n')
  else if (checks) process.exitCode = 1
}
