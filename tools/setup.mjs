#!/usr/bin/env node
// Makes a checkout ready to run: Debian packages, node_modules, the native addon, dist. Runs before
// `npm start`, `npm test` and the rxe scripts, needs nothing but Node, and does only what is missing
// or stale. All its words go to standard error: standard output belongs to the command that follows.
//
// Exit status 1 when the command that follows could not start; anything less is told and left to it.

import path from 'node:path'
import { ensureBuiltPackage } from './lib/built-package.mjs'
import { ensureDebianPackages } from './lib/debian-packages.mjs'
import { withLock } from './lib/lock.mjs'
import { ensureNodeModules } from './lib/node-modules.mjs'
import { project, run } from './lib/project.mjs'

const lockFile = path.join(project, '.cache/setup/lock')
/** The sum of the steps' own limits, and some. */
const lockAgeMsMax = 2_700_000
const addonLimitMs = 600_000

/** @param {string} text */
const tell = (text) => process.stderr.write(`setup: ${text}\n`)

/** Its own stamp tells it whether there is anything to do. */
function ensureAddon() {
  const args = [path.join(project, 'tools/install.mjs')]
  const status = run(process.execPath, args, { timeoutMs: addonLimitMs, stdout: 2 })
  if (status !== 0) tell('the native addon is not built, see above: no device can be opened')
}

const isReady = await withLock(lockFile, { ageMsMax: lockAgeMsMax, tell }, () => {
  ensureDebianPackages(tell)
  if (!ensureNodeModules(tell)) return false
  ensureAddon()
  return ensureBuiltPackage(tell)
})
if (!isReady) process.exitCode = 1
