#!/usr/bin/env node
// Makes docs/errors.md from the one table of codes. A unit test compares the two.
//
//   node tools/generate-errors.mjs           writes docs/errors.md
//   node tools/generate-errors.mjs --print   prints it

import fs from 'node:fs'
import path from 'node:path'
import { isProgram, packageFile, project, run } from './lib/project.mjs'

const target = path.join(project, 'docs/errors.md')

const opening = `<!-- Made by tools/generate-errors.mjs from src/errors.ts: change the table there. -->

# Errors

Operations fail with an \`UntornError\` (or a class derived from it), misuse throws a \`TypeError\` or a
\`RangeError\`. All carry \`code\`; where they exist, \`cause\`, \`errno\`, \`syscall\` and \`status\` (the
completion status of the device) say more. Rely on codes: the texts of messages may change.
`

/**
 * @param {Record<string, { cause: string, remedy: string }>} table
 * @returns {string}
 */
export function errorsPage(table) {
  const sections = Object.entries(table).map(
    ([code, { cause, remedy }]) => `\n## ${code}\n\n${cause}\n\n**Remedy:** ${remedy}\n`,
  )
  return opening + sections.join('')
}

/** @returns {Promise<Record<string, { cause: string, remedy: string }>>} of the built package */
async function loadTable() {
  const { errorTable } = await import(path.join(project, 'dist/src/errors.js'))
  return errorTable
}

if (isProgram(import.meta.url)) {
  const page = errorsPage(await loadTable())
  if (process.argv.includes('--print')) {
    process.stdout.write(page)
  } else {
    fs.writeFileSync(target, page)
    run(process.execPath, [packageFile('prettier', 'bin/prettier.cjs'), '--write', target])
  }
}
