// Child processes that judge mutants, a few at a time, each with a limit of its own.

import { fork } from 'node:child_process'
import fs from 'node:fs'

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {import('node:child_process').ChildProcess}
 */
const start = (program, args) =>
  fork(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true })

/** With what it started itself. @param {import('node:child_process').ChildProcess} child */
function end(child) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/**
 * The child's next message; null when it ends without one or takes longer than the limit.
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} limitMs
 * @returns {Promise<any>}
 */
function answerOf(child, limitMs) {
  return new Promise((resolve) => {
    const settle = (/** @type {any} */ answer) => {
      clearTimeout(timer)
      child.removeAllListeners()
      resolve(answer)
    }
    const timer = setTimeout(settle, limitMs, null)
    child.once('message', settle)
    child.once('exit', () => settle(null))
    child.once('error', () => settle(null))
  })
}

/** Clock ticks of the kernel's statistics. */
const ticksPerSecond = 100
const lookEveryMs = 250
/** Nobody waits for so long who is not stuck. */
const stuckMs = 300_000

/** Seconds of CPU that a process has used; 0 when it is gone. @param {number | undefined} pid */
function cpuSeconds(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold anything; user and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}

/**
 * Works on items with so many jobs at once, in order of the items.
 * @template T
 * @param {readonly T[]} items
 * @param {number} jobs
 * @param {(item: T) => Promise<void>} work
 */
export async function inParallel(items, jobs, work) {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

/** One process that answers many questions, and is replaced when it fails to. */
export class Judge {
  #child = /** @type {import('node:child_process').ChildProcess | null} */ (null)
  #start

  /** @param {string} program @param {string[]} args */
  constructor(program, args) {
    this.#start = () => start(program, args)
  }

  /**
   * The limit is one of CPU time, so that a busy machine makes no mutant endless.
   * @param {any} question
   * @param {{ cpuSeconds: number }} limit
   * @returns {Promise<any>} null: no answer within the limit, or none at all
   */
  async ask(question, limit) {
    this.#child ??= this.#start()
    const child = this.#child
    const before = cpuSeconds(child.pid)
    const look = setInterval(() => {
      if (cpuSeconds(child.pid) - before > limit.cpuSeconds) end(child)
    }, lookEveryMs)
    const answer = answerOf(child, stuckMs)
    child.send(question)
    const said = await answer
    clearInterval(look)
    if (said === null) this.close()
    return said
  }

  close() {
    if (this.#child !== null) end(this.#child)
    this.#child = null
  }
}

/**
 * Runs a program for one answer.
 * @param {string} program
 * @param {string[]} args
 * @param {number} limitMs
 * @returns {Promise<any>} null: no answer in time
 */
export async function answerOnce(program, args, limitMs) {
  const child = start(program, args)
  const answer = await answerOf(child, limitMs)
  end(child)
  return answer
}
