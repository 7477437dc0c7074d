/**
 * One life of a virtual machine: start, watch, end. Whatever happens, no process is left behind:
 * the machine is killed before the result is returned, and by the kernel if this process dies.
 */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { relay } from './end-marker.mjs'
import { qemuArguments, qemuProgram } from './qemu.mjs'

/**
 * @typedef {object} Result
 * @property {'exit' | 'failed' | 'time limit' | 'interrupted' | 'broken pipe'} ending
 * @property {boolean} booted - the command was started
 * @property {number} status - the command's, if it ended
 * @property {string} reason - why not, otherwise
 * @property {string[]} evidence - lines that the guest sent about itself
 * @property {number | undefined} bootSeconds - from the start to the command, on the host's clock
 */

/**
 * @typedef {object} Limits
 * @property {number} bootSeconds
 * @property {number} commandSeconds
 * @property {AbortSignal} interrupt
 */

class Guest {
  /** @type {string[]} */
  evidence = []
  booted = false
  /** @type {number | undefined} */
  bootSeconds
  #startMs = performance.now()
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {(ending: Partial<Result>) => void} */
  #end = () => {}

  /**
   * @param {import('./qemu.mjs').Machine} machine
   * @param {Buffer} endMarker
   * @param {Limits} limits
   */
  constructor(machine, endMarker, limits) {
    this.limits = limits
    this.endMarker = endMarker
    const args = ['--pdeathsig', 'KILL', qemuProgram, ...qemuArguments(machine)]
    const pipe = /** @type {const} */ ('pipe')
    this.child = spawn('setpriv', args, { stdio: ['ignore', 'ignore', pipe, pipe, pipe, pipe] })
    this.qemuWords = ''
  }

  /** @returns {Promise<Result>} */
  async run() {
    const ended = new Promise((resolve) => {
      this.#end = resolve
    })
    const exited = this.#watchProcess()
    const relays = this.#watchStreams()
    const onInterrupt = () => this.#end({ ending: 'interrupted', reason: 'interrupted' })
    this.limits.interrupt.addEventListener('abort', onInterrupt)
    this.#setTimer(this.limits.bootSeconds, 'failed', 'it did not start the command')
    if (this.limits.interrupt.aborted) onInterrupt()
    const ending = await ended
    clearTimeout(this.#timer)
    this.limits.interrupt.removeEventListener('abort', onInterrupt)
    this.child.kill('SIGKILL')
    await exited
    await Promise.allSettled(relays)
    const { evidence, booted, bootSeconds } = this
    return { status: 0, reason: '', ...ending, evidence, booted, bootSeconds }
  }

  /**
   * @param {number} seconds
   * @param {Result['ending']} ending
   * @param {string} what
   */
  #setTimer(seconds, ending, what) {
    clearTimeout(this.#timer)
    const onTime = () => this.#end({ ending, reason: `${what} within ${seconds} s` })
    this.#timer = setTimeout(onTime, seconds * 1000)
  }

  /** @returns {Promise<void>} settled when the process is gone */
  #watchProcess() {
    this.child.stderr?.on('data', (chunk) => {
      this.qemuWords += chunk
    })
    return new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.#end({ ending: 'failed', reason: `setpriv cannot be run: ${error.message}` })
        resolve()
      })
      this.child.on('close', (code, signal) => {
        const words = this.qemuWords.trim()
        const reason = `${qemuProgram} ended with ${signal ?? `exit status ${code}`}`
        this.#end({ ending: 'failed', reason: words === '' ? reason : `${reason}: ${words}` })
        resolve()
      })
    })
  }

  /** @returns {Promise<unknown>[]} settled when nothing more comes from the guest */
  #watchStreams() {
    /** @type {readonly unknown[]} */
    const stdio = this.child.stdio
    const [out, err, report] = /** @type {import('node:net').Socket[]} */ (stdio.slice(3))
    const relays = [
      relay(out, process.stdout, this.endMarker),
      relay(err, process.stderr, this.endMarker),
    ]
    const status = new Promise((resolve) => {
      createInterface({ input: report }).on('line', (line) => this.#onReport(line, resolve))
      report.on('error', () => {})
    })
    Promise.all([status, ...relays]).then(
      ([number, outIsComplete, errIsComplete]) => {
        if (outIsComplete && errIsComplete) this.#end({ ending: 'exit', status: number })
        else this.#end({ ending: 'failed', reason: 'output of the command was lost' })
      },
      (error) => this.#end({ ending: 'broken pipe', reason: error.message }),
    )
    return relays
  }

  /** @param {string} line @param {(status: number) => void} onExit */
  #onReport(line, onExit) {
    const [kind] = line.split(' ', 1)
    const rest = line.slice(kind.length + 1)
    if (kind === '#') this.evidence.push(rest)
    if (kind === '!') this.#end({ ending: 'failed', reason: `setting up failed: ${rest}` })
    if (kind === 'exit') onExit(Number(rest))
    if (kind === 'ready') {
      this.booted = true
      this.bootSeconds = (performance.now() - this.#startMs) / 1000
      this.#setTimer(this.limits.commandSeconds, 'time limit', 'the command did not end')
    }
  }
}

/**
 * Runs a guest to its end. Its command's output goes to this process's own streams.
 *
 * @param {import('./qemu.mjs').Machine} machine
 * @param {Buffer} endMarker
 * @param {Limits} limits
 * @returns {Promise<Result>}
 */
export async function runGuest(machine, endMarker, limits) {
  fs.writeFileSync(machine.consoleFile, '')
  return await new Guest(machine, endMarker, limits).run()
}
