/**
 * The Debian packages that the tool and the guest use. The guest sees the host's root filesystem,
 * so what a command needs in the guest (rdma-core, perftest) is installed on the host.
 */

import { spawnSync } from 'node:child_process'
import { tell, ToolError } from './errors.mjs'

const packages = [
  'qemu-system-x86',
  'seabios',
  'busybox-static',
  'kmod',
  'xz-utils',
  'iproute2',
  'rdma-core',
  'ibverbs-providers',
  'ibverbs-utils',
  'perftest',
  'libibverbs-dev',
]

let listsAreFresh = false

/**
 * Runs a program to its end and returns its standard output, as it is.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions & { whatToDo?: string }} [options]
 * @returns {Buffer}
 * @throws {ToolError} with the program's own words
 */
export function runTool(program, args, options = {}) {
  const { whatToDo = 'Run that command by hand to see more.', ...rest } = options
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
  const result = spawnSync(program, args, { maxBuffer: 1 << 28, env, ...rest })
  if (result.error === undefined && result.status === 0) return Buffer.from(result.stdout)
  const words = `${result.stdout ?? ''}\n${result.stderr ?? ''}`.trim()
  const ending = result.error?.message ?? `exit status ${result.status ?? result.signal}`
  throw new ToolError(`${program} ${args.join(' ')}`, `${ending}\n${words}`.trim(), whatToDo)
}

/** Refreshes apt's lists, once in a process; a no-op for anybody but root. */
export function updateLists() {
  if (listsAreFresh || process.getuid?.() !== 0) return
  listsAreFresh = true
  tell('apt-get update')
  runTool('apt-get', ['update'], { whatToDo: 'Check the network and the apt sources.' })
}

/** @returns {string[]} names of the packages that are not installed */
function missingPackages() {
  const format = '${db:Status-Abbrev} ${Package}\n'
  const result = spawnSync('dpkg-query', ['-W', '-f', format, ...packages], { encoding: 'utf8' })
  if (result.error !== undefined) {
    throw new ToolError(
      'looking for the packages that the virtual machine needs',
      `dpkg-query cannot be run (${result.error.message})`,
      'This tool works on Debian and its relatives; elsewhere use --host with an RDMA device.',
    )
  }
  const installed = result.stdout.split('\n').filter((line) => line.startsWith('ii '))
  const names = new Set(installed.map((line) => line.slice(2).trim()))
  return packages.filter((name) => !names.has(name))
}

/**
 * Installs what is missing if this user may, else says how.
 *
 * @throws {ToolError}
 */
export function ensurePackages() {
  const missing = missingPackages()
  if (missing.length === 0) return
  const command = `apt-get update && apt-get install --yes --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0) {
    throw new ToolError(
      'looking for the packages that the virtual machine needs',
      `not installed: ${missing.join(' ')}`,
      `Run: sudo sh -c '${command}'`,
    )
  }
  updateLists()
  tell(`apt-get install ${missing.join(' ')}`)
  runTool('apt-get', ['install', '--yes', '--no-install-recommends', ...missing], {
    whatToDo: `Run by hand: ${command}`,
  })
}
