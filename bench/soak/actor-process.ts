// The conductor's side of one actor: starts its process, sends it signals, keeps what it last told.
// Invariant: no actor outlives the conductor: it ends when the channel closes, and a killed conductor
// closes it.
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type {
  ActorCommand,
  ActorMessage,
  ActorOrder,
  ActorReport,
  RoleName,
} from './soak-messages.ts'

export interface ActorEvents {
  readonly onReady: (actor: ActorProcess, port: number) => void
  readonly onReport: (actor: ActorProcess) => void
  readonly onFailed: (actor: ActorProcess, message: string) => void
  /** The process is gone; `expected` if the conductor had it killed or finished. */
  readonly onExit: (actor: ActorProcess, how: string, expected: boolean) => void
}

/** The compiled program; its source where this runs from source and nothing is compiled. */
function actorProgram(): string {
  if (import.meta.url.endsWith('.js')) return fileURLToPath(new URL('actor.js', import.meta.url))
  const compiled = fileURLToPath(new URL('../../dist/bench/soak/actor.js', import.meta.url))
  return existsSync(compiled) ? compiled : fileURLToPath(new URL('actor.ts', import.meta.url))
}

export class ActorProcess {
  readonly order: ActorOrder
  readonly exited: Promise<void>
  /** Null before the first one. */
  report: ActorReport | null = null
  /** When it was last heard of, or let go on; milliseconds of performance.now(). */
  heardMs: number = performance.now()
  /** When `successes` last grew, or when it could not be expected to. */
  progressMs: number = performance.now()
  ready = false
  stopped = false
  gone = false
  readonly #child: ChildProcess
  #expectedEnd = false

  constructor(order: ActorOrder, events: ActorEvents) {
    this.order = order
    const child = fork(actorProgram(), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child = child
    child.on('message', (message) => this.#receive(message as ActorMessage, events))
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.gone) return
        this.gone = true
        events.onExit(this, how, this.#expectedEnd)
        resolve()
      }
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`))
      child.once('error', (error) => end(error.message))
    })
    this.#send({ command: 'begin', order })
  }

  get role(): RoleName {
    return this.order.role
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** For messages: reader 3. */
  get name(): string {
    return `${this.order.role} ${this.order.id}`
  }

  /** What it last said that it was doing. */
  get doing(): string {
    return this.report?.doing ?? 'starting'
  }

  kill(): void {
    this.#expectedEnd = true
    this.#child.kill('SIGKILL')
  }

  stop(): void {
    this.stopped = true
    this.#child.kill('SIGSTOP')
  }

  goOn(): void {
    this.stopped = false
    this.heardMs = performance.now()
    this.progressMs = this.heardMs
    this.#child.kill('SIGCONT')
  }

  /** Tells it to end; once. */
  finish(): void {
    if (this.#expectedEnd) return
    this.#expectedEnd = true
    this.#send({ command: 'finish' })
  }

  #send(command: ActorCommand): void {
    // A process that is just dying says so by its exit.
    if (this.#child.connected) this.#child.send(command, () => {})
  }

  #receive(message: ActorMessage, events: ActorEvents): void {
    const nowMs = performance.now()
    this.heardMs = nowMs
    if (message.kind === 'ready') {
      this.ready = true
      this.progressMs = nowMs
      events.onReady(this, message.port)
    } else if (message.kind === 'failed') events.onFailed(this, message.message)
    else {
      if (message.report.successes > (this.report?.successes ?? 0)) this.progressMs = nowMs
      this.report = message.report
      events.onReport(this)
    }
  }
}
