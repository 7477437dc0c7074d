// node_modules as package-lock.json wants it: seen by npm's own record of what it installed.

import fs from 'node:fs'
import path from 'node:path'
import { npmCommand, project, run } from './project.mjs'

const installLimitMs = 900_000

/** @param {string} file @returns {Record<string, any>} the packages that a lock file names */
function packagesIn(file) {
  return JSON.parse(fs.readFileSync(path.join(project, file), 'utf8')).packages
}

/** @param {Record<string, any>} entry @returns {boolean} whether it must be installed here */
function isRequired(entry) {
  if (entry.optional !== true) return true
  // Binaries for this platform are required. Those for one C library of two are left to npm, which
  // knows which one this is.
  const isForThis = entry.os?.includes(process.platform) && entry.cpu?.includes(process.arch)
  return isForThis === true && entry.libc === undefined
}

/** @returns {string | undefined} why node_modules has to be installed; undefined when it is good */
function whyStale() {
  let installed
  try {
    // Written by npm at the end of an installation: after an interrupted one there is none.
    installed = packagesIn('node_modules/.package-lock.json')
  } catch {
    return 'node_modules is missing or incomplete'
  }
  for (const [place, entry] of Object.entries(packagesIn('package-lock.json'))) {
    if (place === '' || !isRequired(entry)) continue
    if (installed[place]?.version !== entry.version) return `${place} is not ${entry.version}`
    if (!fs.existsSync(path.join(project, place))) return `${place} was deleted`
  }
  return undefined
}

/**
 * @param {(text: string) => void} tell
 * @returns {boolean} false when packages are missing and could not be installed
 */
export function ensureNodeModules(tell) {
  const reason = whyStale()
  if (reason === undefined) return true
  tell(`npm ci, because ${reason}`)
  const [program, ...rest] = npmCommand()
  // Scripts: the addon's build is a step of its own, and no dependency needs one. The rest keeps a
  // caller's settings (--silent, NODE_ENV) from changing what is installed or said.
  const flags = ['--ignore-scripts', '--include=dev', '--include=optional', '--loglevel=error']
  const args = [...rest, 'ci', ...flags, '--no-audit', '--no-fund']
  if (run(program, args, { timeoutMs: installLimitMs, stdout: 2 }) === 0) return true
  tell('npm ci failed, see above: check the network and the registry, then run it again')
  return false
}
