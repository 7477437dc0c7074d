#!/usr/bin/env node
/**
 * Runs a command of the project where there is an RDMA device: in a virtual machine with rxe0, or on
 * this machine. See README.md; `--help` lists the options.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { acceleratorsToTry, rememberBrokenKvm } from './accelerator.mjs'
import { makeEndMarker } from './end-marker.mjs'
import { selectEnvironment } from './environment.mjs'
import { exitStatus, lastLines, tell, ToolError } from './errors.mjs'
import { runGuest } from './guest.mjs'
import { runOnHost } from './host.mjs'
import { ensureInitramfs, makeRunArchive } from './initramfs.mjs'
import { ensureKernel, makeWorkFolder, removeOldWork } from './kernel.mjs'
import { readOptions, usage } from './options.mjs'
import { ensurePackages } from './packages.mjs'

const project = fileURLToPath(new URL('../..', import.meta.url)).replace(/(?<=.)\/$/, '')
const cache = path.resolve(process.env.UNTORN_RXE_CACHE || path.join(project, '.cache/rxe-vm'))
const address = '10.99.0.1'

/** Until the command starts; emulation on a busy machine takes several times its usual seconds. */
const bootLimitSeconds = { kvm: 15, tcg: 60 }

/** @param {string} folder @param {string} parent */
const isInside = (folder, parent) => `${folder}/`.startsWith(`${parent}/`)

/** The guest has its own of these folders, so nothing of the host's is visible there. */
function checkPlaces() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new ToolError(
      'starting the virtual machine',
      `this is ${process.platform} on ${process.arch}`,
      'The tool needs Linux on x86-64; elsewhere use --host with an RDMA device.',
    )
  }
  for (const place of [project, process.execPath]) {
    const hidden = ['/dev', '/proc', '/run', '/sys'].find((parent) => isInside(place, parent))
    if (hidden === undefined) continue
    throw new ToolError(
      'starting the virtual machine',
      `${place} is in ${hidden}, which the guest has an own one of`,
      'Move it elsewhere.',
    )
  }
}

/** @param {string | undefined} out @returns {string | undefined} absolute, and existing */
function makeOut(out) {
  if (out === undefined) return undefined
  try {
    fs.mkdirSync(out, { recursive: true })
    return fs.realpathSync(out)
  } catch (error) {
    throw new ToolError(`--out: making ${out}`, error.message, 'Name another folder.')
  }
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {AbortSignal} interrupt
 * @returns {Promise<number>} the exit status
 */
async function runInGuest(options, interrupt) {
  checkPlaces()
  ensurePackages()
  fs.mkdirSync(cache, { recursive: true })
  const kernel = ensureKernel(cache)
  const initramfs = ensureInitramfs(cache, kernel)
  removeOldWork(cache)
  const work = makeWorkFolder(cache)
  try {
    /** @type {import('./guest.mjs').Result | undefined} */
    let broken
    const accelerators = acceleratorsToTry(options, cache)
    for (const accel of accelerators) {
      const isLast = accel === accelerators.at(-1)
      const result = await startGuest(options, { accel, kernel, initramfs, work, interrupt })
      if (result.ending === 'failed' && !result.booted && !isLast) {
        broken = result
        tell(`KVM does not work here (${lastLines(result.reason, 1)}): using emulation instead`)
        continue
      }
      if (broken !== undefined && result.booted) rememberBrokenKvm(cache, broken.reason)
      return conclude(options, accel, result, path.join(work, 'console.log'))
    }
    throw new Error('unreachable: the last attempt always concludes')
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {{ accel: 'kvm' | 'tcg', kernel: import('./kernel.mjs').Kernel, initramfs: Buffer,
 *   work: string, interrupt: AbortSignal }} parts
 */
async function startGuest(options, { accel, kernel, initramfs, work, interrupt }) {
  const endMarker = makeEndMarker()
  const environment = {
    ...selectEnvironment(process.env),
    UNTORN_RXE: '1',
    UNTORN_RXE_DEVICE: 'rxe0',
    UNTORN_RXE_ADDRESS: address,
    UNTORN_RXE_CPU: options.cpu,
    UNTORN_RXE_ACCEL: accel,
  }
  const keepTmp = [project, process.execPath].some((place) => isInside(place, '/tmp'))
  const { out, verbose, command } = options
  const run = { project, out, address, verbose, keepTmp, environment, command, endMarker }
  const initramfsFile = path.join(work, 'initramfs')
  fs.writeFileSync(initramfsFile, Buffer.concat([initramfs, makeRunArchive(run)]))
  return await runGuest(
    {
      accel,
      cpu: options.cpu,
      memoryMib: options.memoryMib,
      out,
      kernelFile: path.join(kernel.folder, 'kernel'),
      initramfsFile,
      consoleFile: path.join(work, 'console.log'),
    },
    endMarker,
    {
      bootSeconds: bootLimitSeconds[options.accel === 'kvm' ? 'tcg' : accel],
      commandSeconds: options.timeLimitSeconds,
      interrupt,
    },
  )
}

/**
 * Tells what has to be told about a guest's end.
 *
 * @param {import('./options.mjs').Options} options
 * @param {'kvm' | 'tcg'} accel
 * @param {import('./guest.mjs').Result} result
 * @param {string} consoleFile
 * @returns {number} the exit status
 */
function conclude(options, accel, result, consoleFile) {
  const isGood = result.ending === 'exit' && result.status === 0
  const isQuiet = result.ending === 'interrupted' || result.ending === 'broken pipe'
  const consoleText = fs.readFileSync(consoleFile, 'utf8')
  if ((!isGood && !isQuiet) || options.verbose) {
    if (result.evidence.length > 0) tell(result.evidence.join('\n'))
    if (consoleText.trim() !== '') tell(`console of the guest:\n${lastLines(consoleText, 40)}`)
    const start = result.booted
      ? `started after ${result.bootSeconds?.toFixed(1)} s`
      : 'not started'
    tell(`guest: ${accel}, cpu ${options.cpu}, command ${start}`)
  }
  if (result.ending === 'exit') {
    if (result.status !== 0) tell(`the command's exit status is ${result.status}`)
    return result.status
  }
  if (result.ending === 'time limit') {
    tell(`${result.reason}: the virtual machine was killed; --time-limit SECONDS gives it longer`)
    return exitStatus.timeLimit
  }
  if (result.ending === 'failed') {
    const what = result.booted ? 'running the command in' : 'starting'
    tell(`${what} the virtual machine: ${result.reason}`)
    if (accel === 'kvm') tell('Without --accel kvm, emulation is used where KVM does not work.')
    else if (!result.booted) tell(`If it worked before, delete ${cache}: it is made anew.`)
    else tell('The guest ended under the command: its console above is all that is known.')
    return exitStatus.toolFailed
  }
  return exitStatus.brokenPipe
}

async function main() {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  const interrupt = new AbortController()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => interrupt.abort(signal))
  }
  // The relays learn of a reader that went away; without a listener it would end this process.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  options.out = makeOut(options.out)
  const run = options.host
    ? runOnHost(options, project, interrupt.signal)
    : runInGuest(options, interrupt.signal)
  const status = await run
  if (!interrupt.signal.aborted) return status
  const signal = /** @type {NodeJS.Signals} */ (interrupt.signal.reason)
  return 128 + os.constants.signals[signal]
}

try {
  process.exitCode = await main()
} catch (error) {
  tell(error instanceof ToolError ? error.message : `unexpected: ${error.stack}`)
  process.exitCode = error instanceof ToolError ? error.status : exitStatus.toolFailed
}
