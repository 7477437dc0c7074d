// How the tools start vitest: with the reporter for people and the one that counts.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { packageFile, project } from './project.mjs'

/** Arguments of node; projects and filters follow. The report goes to UNTORN_TALLY. */
export const vitestCommand = [
  packageFile('vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  `--reporter=${path.join(project, 'tools/lib/tally-reporter.mjs')}`,
]

/**
 * Lends a place for one report.
 *
 * @template T
 * @param {(file: string, folder: string) => T} use
 * @returns {T}
 */
export function withTallyFile(use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-test-'))
  try {
    return use(path.join(folder, 'tally.json'), folder)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}
