// Where the project is and how its tools run programs. Plain Node: set-up runs before any package
// is there.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The project's folder, absolute, without a slash at the end. */
export const project = path.resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** @param {string} url - `import.meta.url` @returns {boolean} whether that module is the program */
export function isProgram(url) {
  // A module's own address has its links resolved, an argument has not.
  const program = process.argv[1] === undefined ? '' : fs.realpathSync(process.argv[1])
  return url === pathToFileURL(program).href
}

/** @returns {[string, ...string[]]} the npm that runs this script, or the one on the path */
export function npmCommand() {
  const running = process.env.npm_execpath
  if (running !== undefined && /npm-cli\.c?js$/.test(running)) return [process.execPath, running]
  return ['npm']
}

/** @param {string} name @returns {string | undefined} a program's file, looked for in PATH */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name)
    try {
      fs.accessSync(file, fs.constants.X_OK)
      return file
    } catch {
      // Not here.
    }
  }
  return undefined
}

/** @param {string} packageName @param {string} file @returns {string} of an installed package */
export function packageFile(packageName, file) {
  return path.join(project, 'node_modules', packageName, file)
}

/**
 * Runs a program in the project's folder with its output on this process's streams.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, timeoutMs?: number, stdout?: 'inherit' | 2 }} [options]
 * @returns {number} exit status; 124 when the time limit passed, 127 when it could not be run
 */
export function run(program, args, { env = process.env, timeoutMs, stdout = 'inherit' } = {}) {
  const result = spawnSync(program, args, {
    cwd: project,
    env,
    stdio: ['ignore', stdout, 'inherit'],
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' }),
  })
  if (result.error !== undefined) {
    const isLate = /** @type {NodeJS.ErrnoException} */ (result.error).code === 'ETIMEDOUT'
    const what = isLate ? `did not end within ${timeoutMs / 1000} s` : result.error.message
    process.stderr.write(`${path.basename(program)} ${args.join(' ')}: ${what}\n`)
    return isLate ? 124 : 127
  }
  return result.status ?? 128
}
