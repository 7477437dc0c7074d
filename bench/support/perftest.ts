// Runs perftest's ib_read_lat, server and client, on this host. Invariant: whatever happens, no
// process of it stays behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { UntornError } from '../../src/errors.ts'

export interface ReadLatencyOrder {
  readonly program: string
  readonly deviceName: string
  /** Address of the device's own interface. */
  readonly address: string
  readonly gidIndex: number | null
  readonly bytes: number
}

const TIMEOUT_MS = 30_000
const LISTEN_TIMEOUT_MS = 10_000
const LISTEN_POLL_MS = 20
/** Large READs take a millisecond each where RDMA is emulated: a median needs no thousand. */
const LARGE_BYTES = 16_384
const ITERATIONS = 1000
const LARGE_ITERATIONS = 300

/** Path of ib_read_lat, null when perftest is not installed. */
export function findPerftest(path: string = process.env['PATH'] ?? ''): string | null {
  const folder = path.split(':').find((entry) => existsSync(join(entry, 'ib_read_lat')))
  return folder === undefined ? null : join(folder, 'ib_read_lat')
}

/**
 * Median of READs of that many bytes, microseconds.
 * @throws UntornError ERR_UNTORN_SYSTEM when perftest fails or does not end
 */
export async function measureReadLatency(order: ReadLatencyOrder): Promise<number> {
  const port = await freePort()
  const iterations = order.bytes > LARGE_BYTES ? LARGE_ITERATIONS : ITERATIONS
  const args = [
    ...['-d', order.deviceName, '-s', String(order.bytes), '-n', String(iterations)],
    ...['-F', '-p', String(port)],
    ...(order.gidIndex === null ? [] : ['-x', String(order.gidIndex)]),
  ]
  const server = new PerftestRun(order.program, args)
  try {
    await listening(port, server)
    const client = new PerftestRun(order.program, [...args, order.address])
    try {
      await client.ended(TIMEOUT_MS)
      return parseTypical(client.output, order.bytes)
    } finally {
      client.kill()
    }
  } finally {
    server.kill()
  }
}

/** Column `t_typical[usec]` of the line that begins with the size. */
export function parseTypical(output: string, bytes: number): number {
  const lines = output.split('\n')
  const header = lines.find((line) => line.includes('t_typical[usec]'))
  // Titles of percentiles have a space inside ("99% percentile[usec]"), and come after this one.
  const column = header?.trim().split(/\s+/).indexOf('t_typical[usec]') ?? -1
  const row = lines
    .map((line) => line.trim().split(/\s+/))
    .find((cells) => Number(cells[0]) === bytes && cells.length > column)
  const value = column < 0 ? Number.NaN : Number(row?.[column])
  if (Number.isFinite(value) && value > 0) return value
  throw failure(`its output has no t_typical for ${bytes} bytes: ${output.trim().slice(-400)}`)
}

class PerftestRun {
  output = ''
  readonly #child: ChildProcess
  readonly #exit: Promise<number>
  #over = false

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.#exit = new Promise((resolve) => {
      const end = (code: number): void => {
        this.#over = true
        resolve(code)
      }
      this.#child.once('close', (code) => end(code ?? -1))
      this.#child.once('error', (error) => {
        this.output += error.message
        end(-1)
      })
    })
  }

  get over(): boolean {
    return this.#over
  }

  async ended(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs)
    })
    const end = await Promise.race([this.#exit, late])
    clearTimeout(timer)
    if (end === 'late') throw failure(`it did not end within ${timeoutMs} ms`)
    if (end !== 0) throw failure(`it ended with ${end}: ${this.output.trim().slice(-400)}`)
  }

  kill(): void {
    if (!this.#over) this.#child.kill('SIGKILL')
  }
}

function failure(what: string): UntornError {
  return new UntornError('ERR_UNTORN_SYSTEM', `ib_read_lat failed: ${what}`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw failure('no free port')
  return address.port
}

/** perftest takes the first connection as its peer, so looking must not be connecting. */
async function listening(port: number, server: PerftestRun): Promise<void> {
  const pattern = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A `)
  const deadlineMs = performance.now() + LISTEN_TIMEOUT_MS
  for (;;) {
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
      if (existsSync(table) && pattern.test(readFileSync(table, 'utf8'))) return
    }
    if (server.over) throw failure(`its server ended: ${server.output.trim().slice(-400)}`)
    if (performance.now() > deadlineMs) throw failure('its server does not listen')
    await new Promise((resolve) => setTimeout(resolve, LISTEN_POLL_MS))
  }
}
