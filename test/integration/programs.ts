// Programs in child processes, for tests: what they print, how they end, and that they do end.
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

const LINE_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 10_000
const POLL_MS = 10

export interface Ending {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Milliseconds until it is killed. Default 60000. */
  readonly timeoutMs?: number
}

export class Program {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  #isRunning = true

  constructor(file: string, args: readonly string[], options: ProgramOptions = {}) {
    const { cwd, env = process.env, timeoutMs = 60_000 } = options
    this.#child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (status, signal) => {
        this.#isRunning = false
        resolve({ status, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  /** Waits for a text on standard output; fails when the program ends without it. */
  async waitFor(pattern: RegExp, timeoutMs: number = LINE_LIMIT_MS): Promise<RegExpExecArray> {
    const endMs = performance.now() + timeoutMs
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      if (!this.#isRunning || performance.now() > endMs) {
        throw new Error(`no ${String(pattern)} in:\n${this.stdout}\n${this.stderr}`)
      }
      await delay(POLL_MS)
    }
  }

  /** Asks it to end, and kills it when it does not. */
  async stop(): Promise<Ending> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS)
    const ending = await this.ended
    clearTimeout(timer)
    return ending
  }
}

/** Runs a program of Node to its end. */
export function runNode(args: readonly string[], options?: ProgramOptions): Promise<Ending> {
  return new Program(process.execPath, args, options).ended
}
