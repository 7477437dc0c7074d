// The Debian packages that a build needs: which are missing, and getting them where this process may.
//
// Nothing here fails: what cannot be installed is told together with the one command that installs
// it, and set-up goes on with what there is. UNTORN_NO_APT=1 forbids installing.

import fs from 'node:fs'
import path from 'node:path'
import { findProgram, project, run } from './project.mjs'

const aptLimitMs = 600_000
/** After a failure (no network, no rights) nobody wants to wait for the next one at every start. */
const retryAfterMs = 3_600_000
const failureFile = path.join(project, '.cache/setup/apt-failed')

/** @returns {string[]} packages without which the addon cannot be built */
function missingForBuild() {
  const compiler = process.env.CXX ?? ['c++', 'g++', 'clang++'].find(findProgram)
  const maker = ['make', 'ninja'].find(findProgram)
  return [
    ...(compiler === undefined ? ['g++'] : []),
    ...(findProgram('cmake') === undefined ? ['cmake'] : []),
    ...(maker === undefined ? ['make'] : []),
  ]
}

/** @returns {string[]} packages without which the addon has no RDMA devices */
function missingForVerbs() {
  const places = ['/usr/include', '/usr/local/include', ...(process.env.CPATH ?? '').split(':')]
  const isThere = places.some((place) => fs.existsSync(path.join(place, 'infiniband/verbs.h')))
  return isThere ? [] : ['libibverbs-dev', 'ibverbs-providers', 'rdma-core']
}

/** @returns {string | undefined} why this process does not install packages */
function whyNotInstall() {
  if (findProgram('apt-get') === undefined) return 'there is no apt-get here'
  if (process.getuid?.() !== 0) return 'only root may install packages'
  if (process.env.UNTORN_NO_APT === '1') return 'UNTORN_NO_APT=1 forbids it'
  try {
    if (Date.now() - fs.statSync(failureFile).mtimeMs < retryAfterMs) {
      return `it failed less than an hour ago (to try again now, delete ${failureFile})`
    }
  } catch {
    // It has not failed.
  }
  return undefined
}

/** @param {string[]} names @returns {boolean} */
function install(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { env, timeoutMs: aptLimitMs, stdout: /** @type {2} */ (2) }
  const wait = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2', '--quiet']
  // A failed update may leave lists that are good enough.
  run('apt-get', [...wait, 'update'], options)
  const args = [...wait, 'install', '--yes', '--no-install-recommends', ...names]
  return run('apt-get', args, options) === 0
}

/** @param {(text: string) => void} tell */
export function ensureDebianPackages(tell) {
  const build = missingForBuild()
  const verbs = missingForVerbs()
  const names = [...build, ...verbs]
  if (names.length === 0) return
  const what = [
    ...(build.length === 0 ? [] : [`${build.join(' ')} (to build the native addon)`]),
    ...(verbs.length === 0
      ? []
      : [`${verbs.join(' ')} (for RDMA devices; all else works without)`]),
  ]
  tell(`not installed: ${what.join(', ')}`)
  let reason = whyNotInstall()
  if (reason === undefined) {
    tell(`installing ${names.join(' ')} with apt-get`)
    if (install(names)) return
    reason = 'apt-get failed, see above'
    fs.mkdirSync(path.dirname(failureFile), { recursive: true })
    fs.writeFileSync(failureFile, '')
  }
  tell(`they are not installed now: ${reason}. On Debian and its relatives, run once:`)
  tell(`  sudo sh -c 'apt-get update && apt-get install --yes ${names.join(' ')}'`)
}
