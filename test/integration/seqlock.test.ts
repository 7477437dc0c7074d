// Goal: on real memory, whatever a reader returns is one version, whole, and everything else is a
// typed failure. Method: the owner writes in another process or thread as fast as it can, payloads
// prove their own version, and every way of reading is used against it.
import { fork } from 'node:child_process'
import { once, type EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import {
  connect,
  type Device,
  openDevice,
  type OpenReaderOptions,
  type Peer,
  type SeqlockReader,
  type Strategy,
  UntornError,
} from '../../src/index.ts'

const script = fileURLToPath(new URL('./seqlock-writer.mjs', import.meta.url))
const BYTES = 4096
/** How long a reader reads against a writer that never pauses. */
const DURATION_MS = 300
/** The same while none of its reads has met a write. */
const DURATION_MS_MAX = 20_000

type Where = 'process' | 'thread'

/** The owner of region `cell`, elsewhere, and this side's connection to it. */
class World implements AsyncDisposable {
  readonly device: Device
  readonly peer: Peer
  readonly #other: EventEmitter
  readonly #send: (command: string) => void

  private constructor(
    device: Device,
    peer: Peer,
    other: EventEmitter,
    send: (command: string) => void,
  ) {
    this.device = device
    this.peer = peer
    this.#other = other
    this.#send = send
  }

  static async make(where: Where, strategy: Strategy, bytes: number = BYTES): Promise<World> {
    const settings = [String(bytes), strategy]
    let other: EventEmitter
    let send: (command: string) => void
    if (where === 'process') {
      const child = fork(script, settings, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      other = child
      send = (command) => void child.send(command)
    } else {
      const worker = new Worker(script, { workerData: settings })
      other = worker
      send = (command) => worker.postMessage(command)
    }
    const [{ port }] = (await once(other, 'message')) as [{ port: number }]
    const device = await openDevice()
    const world = new World(device, await connect(device, `127.0.0.1:${port}`), other, send)
    worlds.push(world)
    return world
  }

  async tell(command: string): Promise<unknown> {
    this.#send(command)
    const gone = new AbortController()
    const ended = (): void => gone.abort(new Error(`${command}: the owner ended`))
    this.#other.once('exit', ended)
    const [reply] = (await once(this.#other, 'message', { signal: gone.signal })) as [
      { result?: unknown; error?: string },
    ]
    this.#other.off('exit', ended)
    if (reply.error !== undefined) throw new Error(`${command}: ${reply.error}`)
    return reply.result
  }

  open(options?: OpenReaderOptions): Promise<SeqlockReader> {
    return this.peer.open('cell', options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer.close()
    expect(this.device.accounting()).toMatchObject({ regions: 0, operationsInFlight: 0 })
    await this.device.close()
    const ended = once(this.#other, 'exit')
    this.#send('exit')
    await ended
  }
}

const worlds: World[] = []

afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]()
})

/** Fails when `bytes` are not words [offset / 4 …) of version `version`. */
function expectWhole(version: number, bytes: Uint8Array, offset: number = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += 4) {
    const index = (offset + at) / 4
    // Version 2 is the region as published: zeros.
    const word =
      version === 2 ? 0 : Math.imul(version, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
    if (view.getInt32(at, true) !== word) throw new Error(`torn: word ${index} of ${version}`)
  }
}

/** Ends that a starved reader may come to; everything else is an error. */
function isStarved(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'ERR_UNTORN_RETRIES_EXHAUSTED' || code === 'ERR_UNTORN_WRITER_ACTIVE'
}

async function codeOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work()
  } catch (error) {
    if (error instanceof UntornError) return error.code
    throw error
  }
  return undefined
}

/** Every way to read once; each checks what it got and returns the version. */
function waysToRead(reader: SeqlockReader): (() => number | Promise<number>)[] {
  const target = new Uint8Array(BYTES)
  const part = { offset: 1000, length: 200 }
  const check = ({ version, bytes }: { version: number; bytes: Uint8Array }): number => {
    expectWhole(version, bytes)
    return version
  }
  return [
    () => check(reader.readSync()),
    async () => check(await reader.read()),
    () => {
      const version = reader.readIntoSync(target)
      return check({ version, bytes: target })
    },
    async () => {
      const version = await reader.readInto(target)
      return check({ version, bytes: target })
    },
    () => {
      const { version, bytes } = reader.readSync(part)
      expectWhole(version, bytes, part.offset)
      return version
    },
    async () => {
      const known = reader.version
      const snapshot = await reader.readIfChanged(known)
      return snapshot === undefined ? known : check(snapshot)
    },
  ]
}

describe.each(['process', 'thread'] as const)('owner in another %s', (where) => {
  it.each(['fenced', 'words', 'hash'] as const)(
    '%s: never torn, never backwards, though writes overlap reads',
    async (strategy) => {
      const world = await World.make(where, strategy)
      const reader = await world.open({ attemptsMax: 100_000, timeoutMs: 20_000 })
      await world.tell('flatOut')
      const ways = waysToRead(reader)
      const start = performance.now()
      const overlaps = (): number => reader.statistics.torn + reader.statistics.writerActive
      // On a busy machine owner and reader may take turns on one core for a while.
      const isEnough = (): boolean => {
        const elapsedMs = performance.now() - start
        return elapsedMs > (overlaps() > 0 ? DURATION_MS : DURATION_MS_MAX)
      }
      let last = 0
      let reads = 0
      while (!isEnough()) {
        for (const read of ways) {
          const version = await read()
          expect(version).toBeGreaterThanOrEqual(last)
          last = version
          reads += 1
        }
      }
      await world.tell('pause')
      expect(reader.statistics.attempts).toBeGreaterThanOrEqual(reads)
      // Otherwise no read met a write, and nothing was shown.
      expect(overlaps()).toBeGreaterThan(0)
      expect(last).toBeGreaterThan(2)
    },
  )

  it('a bound of one attempt ends in RetriesExhausted or in a whole version', async () => {
    const world = await World.make(where, 'fenced', 65_536)
    const reader = await world.open({ attemptsMax: 1 })
    await world.tell('flatOut')
    const codes = new Set<unknown>()
    const end = performance.now() + 10_000
    while (codes.size === 0 && performance.now() < end) {
      try {
        const { version, bytes } = reader.readSync()
        expectWhole(version, bytes)
      } catch (error) {
        codes.add((error as { code: unknown }).code)
      }
    }
    expect([...codes]).toEqual(['ERR_UNTORN_RETRIES_EXHAUSTED'])
    await world.tell('pause')
  })
})

describe('a write that does not end', () => {
  it.each(['fenced', 'hash'] as const)('%s: is WriterActive until it does', async (strategy) => {
    const world = await World.make('process', strategy)
    const reader = await world.open({ attemptsMax: 20 })
    await world.tell('write')
    await world.tell('begin')
    expect(await codeOf(() => reader.readSync())).toBe('ERR_UNTORN_WRITER_ACTIVE')
    expect(await codeOf(() => reader.read())).toBe('ERR_UNTORN_WRITER_ACTIVE')
    const waiting = reader.read({ attemptsMax: 1_000_000 })
    await world.tell('end')
    const { version, bytes } = await waiting
    expect(version).toBe(6)
    expectWhole(version, bytes)
  })

  it('words: leaves the version before it readable', async () => {
    const world = await World.make('process', 'words')
    const reader = await world.open({ attemptsMax: 20 })
    await world.tell('write')
    await world.tell('begin')
    const { version, bytes } = reader.readSync()
    expect(version).toBe(4)
    expectWhole(version, bytes)
    await world.tell('end')
    expect((await reader.read()).version).toBe(6)
  })

  it('can be waited for, aborted, timed out, and closed under', async () => {
    const world = await World.make('process', 'fenced')
    const reader = await world.open({ attemptsMax: 1_000_000_000 })
    await world.tell('begin')
    const controller = new AbortController()
    const codes = Promise.all([
      codeOf(() => reader.read({ signal: controller.signal })),
      codeOf(() => reader.read({ timeoutMs: 30 })),
      codeOf(() => reader.read()),
    ])
    controller.abort()
    await new Promise((resolve) => setTimeout(resolve, 60))
    await reader.close()
    expect(await codes).toEqual([
      'ERR_UNTORN_ABORTED',
      // The same write at every attempt is the better answer than the time it took.
      expect.stringMatching(/ERR_UNTORN_TIMEOUT|ERR_UNTORN_WRITER_ACTIVE/),
      'ERR_UNTORN_CLOSED',
    ])
    expect(await codeOf(() => reader.readSync())).toBe('ERR_UNTORN_CLOSED')
    await world.tell('end')
  })
})

describe('several readers', () => {
  it('of one peer, many reads at once and synchronous ones between them', async () => {
    const world = await World.make('process', 'fenced')
    const options = { attemptsMax: 100_000, timeoutMs: 20_000 }
    const readers = [await world.open(options), await world.open(options)]
    await world.tell('flatOut')
    for (let round = 0; round < 5; round++) {
      const reads = readers.flatMap((reader) => Array.from({ length: 50 }, () => reader.read()))
      for (const reader of readers) {
        const { version, bytes } = reader.readSync()
        expectWhole(version, bytes)
      }
      for (const { version, bytes } of await Promise.all(reads)) expectWhole(version, bytes)
    }
    await world.tell('pause')
    await readers[0]?.close()
    const { version, bytes } = (await readers[1]?.read()) ?? { version: 0, bytes: new Uint8Array() }
    expectWhole(version, bytes)
  })
})

describe('the owner’s close', () => {
  it('ends reads with Closed or StaleGeneration, and nothing torn before', async () => {
    const world = await World.make('process', 'hash')
    const reader = await world.open({ attemptsMax: 100_000 })
    await world.tell('flatOut')
    const closing = world.tell('close')
    let code: string | undefined
    while (code === undefined) {
      code = await codeOf(async () => {
        const { version, bytes } = await reader.read()
        expectWhole(version, bytes)
        await new Promise((resolve) => setImmediate(resolve))
      }).catch((error: unknown) => (isStarved(error) ? undefined : Promise.reject(error as Error)))
    }
    await closing
    expect(['ERR_UNTORN_CLOSED', 'ERR_UNTORN_STALE_GENERATION']).toContain(code)
    await expect(world.peer.open('cell')).rejects.toMatchObject({ code: 'ERR_UNTORN_NO_REGION' })
  })
})
