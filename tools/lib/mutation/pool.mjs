// Child processes that judge mutants, a few at a time, each with a limit of its own.

import { fork } from 'node:child_process'

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

  /** @param {any} question @param {number} limitMs @returns {Promise<any>} null: no answer in time */
  async ask(question, limitMs) {
    this.#child ??= this.#start()
    const answer = answerOf(this.#child, limitMs)
    this.#child.send(question)
    const said = await answer
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
