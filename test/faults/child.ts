// Starts a process of this folder and talks to it.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const folder = new URL('./', import.meta.url)

interface Reply {
  readonly id?: number
  readonly ready?: boolean
  readonly port?: number
  readonly result?: unknown
  readonly error?: string
}

export class Child implements AsyncDisposable {
  readonly process: ChildProcess
  port: number
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #lastId = 0

  private constructor(process: ChildProcess) {
    this.process = process
    this.port = 0
  }

  /** @param more what else the script is told */
  static async start(
    role: string,
    address: string,
    port: number,
    script: 'owner.mjs' | 'party.mjs' = 'owner.mjs',
    ...more: readonly string[]
  ): Promise<Child> {
    const file = fileURLToPath(new URL(script, folder))
    const child = new Child(
      fork(file, [role, address, String(port), ...more], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    )
    const ready = await new Promise<Reply>((resolve, reject) => {
      child.process.once('exit', (status) => reject(new Error(`${role} ended with ${status}`)))
      child.process.on('message', (message) => {
        const reply = message as Reply
        if (reply.ready === true) resolve(reply)
        else child.#waiting.get(reply.id ?? 0)?.(reply)
      })
    })
    child.port = ready.port ?? 0
    return child
  }

  async tell(command: string): Promise<unknown> {
    const id = ++this.#lastId
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve))
    this.process.send({ id, command })
    const reply = await answered
    this.#waiting.delete(id)
    if (reply.error !== undefined) throw new Error(`${command}: ${reply.error}`)
    return reply.result
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    this.process.kill(name)
    if (name === 'SIGKILL') await this.ended()
  }

  async ended(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await once(this.process, 'exit')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended()
  }
}
