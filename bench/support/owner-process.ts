// A bench's side of its owner process: starts it, gives it orders, ends it. Invariant: the owner
// never outlives the bench. It ends when the channel closes, so even a killed bench leaves none.
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { UntornError, errorTable, type ErrorCode } from '../../src/errors.ts'
import type { LitmusCommand } from './litmus-messages.ts'
import type {
  OwnerCommand,
  OwnerReply,
  OwnerRequest,
  OwnerResult,
  PeerCommand,
  ProbeCommand,
} from './owner-messages.ts'

/** Emulated machines take seconds to start Node; nothing else takes as long. */
const REPLY_TIMEOUT_MS = 60_000
const EXIT_TIMEOUT_MS = 5_000

interface Waiting {
  readonly id: number
  readonly resolve: (result: OwnerResult) => void
  readonly reject: (error: Error) => void
}

/** The compiled owner program; its source where this runs from source and nothing is compiled. */
function ownerProgram(): string {
  if (import.meta.url.endsWith('.js')) {
    return fileURLToPath(new URL('../owner.js', import.meta.url))
  }
  const compiled = fileURLToPath(new URL('../../dist/bench/owner.js', import.meta.url))
  return existsSync(compiled) ? compiled : fileURLToPath(new URL('../owner.ts', import.meta.url))
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorTable
}

export class OwnerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #waiting: Waiting | null = null
  #lastId = 0
  #ended: string | null = null

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message) => this.#receive(message as OwnerReply))
    this.#exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#ended ??= how
        this.#fail(this.#lostError())
        resolve()
      }
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`))
      child.once('error', (error) => end(error.message))
    })
  }

  static start(): OwnerProcess {
    // Standard output belongs to the bench's table or JSON alone.
    return new OwnerProcess(
      fork(ownerProgram(), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    )
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /**
   * Gives one order and waits for its reply.
   * @throws UntornError with the owner's code when it failed there; ERR_UNTORN_PEER_LOST when the
   *   process ended; ERR_UNTORN_TIMEOUT
   */
  async ask(
    command: OwnerCommand | ProbeCommand | LitmusCommand | PeerCommand,
  ): Promise<OwnerResult> {
    if (this.#ended !== null) throw this.#lostError()
    const id = ++this.#lastId
    const request: OwnerRequest = { ...command, id }
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<OwnerResult>((resolve, reject) => {
        this.#waiting = { id, resolve, reject }
        timer = setTimeout(() => this.#fail(timeoutError(command.command)), REPLY_TIMEOUT_MS)
        this.#child.send(request, (error) => {
          if (error !== null) this.#fail(error)
        })
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Closes the channel, at which the owner closes its host and ends; then waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_TIMEOUT_MS)
    await this.#exited
    clearTimeout(timer)
  }

  #receive(reply: OwnerReply): void {
    const waiting = this.#waiting
    if (waiting === null || waiting.id !== reply.id) return
    this.#waiting = null
    if ('result' in reply) waiting.resolve(reply.result)
    else {
      const { code, message } = reply.failure
      waiting.reject(
        isErrorCode(code) ? new UntornError(code, message) : new Error(`owner: ${message}`),
      )
    }
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(error)
  }

  #lostError(): UntornError {
    return new UntornError(
      'ERR_UNTORN_PEER_LOST',
      `the owner process ended unexpectedly (${this.#ended ?? 'unknown'})`,
    )
  }
}

function timeoutError(command: string): UntornError {
  return new UntornError(
    'ERR_UNTORN_TIMEOUT',
    `the owner process did not answer "${command}" within ${REPLY_TIMEOUT_MS} ms`,
  )
}
