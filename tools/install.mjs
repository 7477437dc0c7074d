// Builds the native addon into build/ when there is none for these sources and this machine: the
// package's install script, also run by a clone's set-up. Plain Node, no packages at import time.
// Speaks on standard error only; exit status 1 when the addon cannot be built.
//
// UNTORN_NO_VERBS=1 leaves the verbs provider out even where its headers are installed.
//
// A stamp beside the binaries says what they were built from. Node's version is not part of it:
// the addon uses Node-API only.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.resolve(fileURLToPath(new URL('..', import.meta.url)))
const binary = path.join(root, 'build', 'Release', 'untorn.node')
const stampFile = path.join(root, 'build', 'Release', 'untorn.stamp')

const installCommand = 'apt-get install cmake g++ make'

/** @param {string} text */
function say(text) {
  process.stderr.write(`untorn: ${text}\n`)
}

/** @param {string} folder @returns {string[]} every file below it, sorted */
function filesBelow(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(folder, entry.name)
      return entry.isDirectory() ? filesBelow(file) : [file]
    })
    .sort()
}

/** Where a compiler finds headers by itself, and where it is told to look. */
function hasVerbsHeaders() {
  if (process.env.UNTORN_NO_VERBS === '1') return false
  const told = (process.env.CPATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return [...told, '/usr/local/include', '/usr/include'].some((folder) =>
    fs.existsSync(path.join(folder, 'infiniband', 'verbs.h')),
  )
}

/** @returns {string} changes when a new build would come out differently */
function stamp() {
  const hash = createHash('sha256')
  const sources = [path.join(root, 'CMakeLists.txt'), ...filesBelow(path.join(root, 'addon'))]
  for (const file of sources) {
    hash.update(`${path.relative(root, file)}\0`)
    hash.update(fs.readFileSync(file))
  }
  return JSON.stringify({
    sources: hash.digest('hex'),
    platform: process.platform,
    arch: process.arch,
    verbs: hasVerbsHeaders(),
  })
}

/**
 * cmake-js's `compile` builds with the configuration that is there: good for changed sources, blind to
 * headers that came or went.
 */
function sameConfiguration() {
  try {
    const { sources: _, ...before } = JSON.parse(fs.readFileSync(stampFile, 'utf8'))
    const { sources: __, ...now } = JSON.parse(stamp())
    return JSON.stringify(before) === JSON.stringify(now)
  } catch {
    return false
  }
}

/** @returns {boolean} whether the built addon is of these sources, for this machine */
export function addonIsCurrent() {
  try {
    return fs.existsSync(binary) && fs.readFileSync(stampFile, 'utf8') === stamp()
  } catch {
    return false
  }
}

/** @param {string} name @returns {boolean} */
function isOnPath(name) {
  if (name.includes('/')) return fs.existsSync(name)
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      fs.accessSync(path.join(folder, name), fs.constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** @returns {string[]} what a build needs and is not here */
function missingTools() {
  const compiler = (process.env.CXX ?? '').split(' ')[0]
  const compilers = compiler === '' ? ['c++', 'g++', 'clang++'] : [compiler]
  return [
    ...(isOnPath('cmake') ? [] : ['cmake']),
    ...(compilers.some(isOnPath) ? [] : ['a C++20 compiler']),
    ...(isOnPath('make') || isOnPath('ninja') ? [] : ['make']),
  ]
}

/** @returns {string | undefined} cmake-js's program */
function findCmakeJs() {
  try {
    const manifest = createRequire(import.meta.url).resolve('cmake-js/package.json')
    return path.join(path.dirname(manifest), 'bin', 'cmake-js')
  } catch {
    return undefined
  }
}

/**
 * @param {string} cmakeJs
 * @param {'compile' | 'rebuild'} how
 * @returns {boolean}
 */
function compile(cmakeJs, how) {
  const env = {
    ...process.env,
    // CMake asks `node` where its headers are: it must be this one.
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
    CMAKE_BUILD_PARALLEL_LEVEL:
      process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(os.availableParallelism()),
  }
  const verbs = hasVerbsHeaders() ? 'ON' : 'OFF'
  const args = [cmakeJs, how, '--out', 'build', `--CDUNTORN_VERBS=${verbs}`]
  const result = spawnSync(process.execPath, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (result.status === 0 && fs.existsSync(binary)) return true
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  if (result.error !== undefined) say(`cmake-js could not be run: ${result.error.message}`)
  return false
}

/** Builds when it is needed. @returns {boolean} whether there is a current addon now */
export function buildAddon() {
  if (addonIsCurrent()) return true
  if (process.platform !== 'linux') {
    say(`the native addon builds on Linux only, not on ${process.platform}`)
    return false
  }
  const missing = missingTools()
  if (missing.length > 0) {
    say(`the native addon cannot be built without ${missing.join(' and ')}. Install what is needed`)
    say(`with (Debian, Ubuntu): ${installCommand}`)
    return false
  }
  const cmakeJs = findCmakeJs()
  if (cmakeJs === undefined) {
    say('the native addon cannot be built: the package cmake-js is not installed; run npm install')
    return false
  }
  // Before building: sources that change meanwhile make the result stale, not current.
  const built = stamp()
  const verbs = hasVerbsHeaders()
  say(`building the native addon (${verbs ? 'with' : 'without'} the verbs provider) …`)
  const how = sameConfiguration() ? 'compile' : 'rebuild'
  fs.rmSync(stampFile, { force: true })
  const startMs = performance.now()
  if (!compile(cmakeJs, how)) {
    say('building the native addon failed; what the build printed is above')
    return false
  }
  fs.writeFileSync(stampFile, built)
  say(`built in ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  if (!verbs) say('for RDMA devices: apt-get install libibverbs-dev, then npm rebuild untorn')
  return true
}

// A module's own address has its links resolved, an argument has not.
const program = process.argv[1] === undefined ? '' : fs.realpathSync(process.argv[1])
if (import.meta.url === pathToFileURL(program).href) {
  process.exitCode = buildAddon() ? 0 : 1
}
