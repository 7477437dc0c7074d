// Goal: whatever happens to the process that holds the lock, its payload is published whole or not at
// all, no update that anybody was told of is lost, and others go on; a holder that was stopped,
// evicted and let go on touches nothing any more.
// Method: real processes, killed or stopped while they hold the lock, and amid releases of a megabyte.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Device,
  type Host,
  type LockedOwner,
  listen,
  lockedRegion,
  openDevice,
} from '../../src/index.ts'
import { RandomNumbers } from '../../src/simulation/random-numbers.ts'

const script = fileURLToPath(new URL('./holder.mjs', import.meta.url))
const random = new RandomNumbers(Number(process.env['UNTORN_SEED'] ?? 1))

const BYTES = 1024 * 1024
const LEASE_MS = 300
/** Until a killed peer is noticed: heartbeats take six seconds at most. */
const NOTICE_MS = 15_000
const ROUNDS = 3

interface Reply {
  readonly id?: number
  readonly ready?: boolean
  readonly result?: unknown
  readonly error?: string
  readonly counts?: { readonly done: number; readonly unknown: number }
}

class Holder {
  readonly process: ChildProcess
  counts: { readonly done: number; readonly unknown: number } = { done: 0, unknown: 0 }
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #lastId = 0

  constructor(address: string, port: number) {
    this.process = fork(script, [address, String(port)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  async ready(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.process.once('exit', (status) => reject(new Error(`the holder ended with ${status}`)))
      this.process.on('message', (message) => {
        const reply = message as Reply
        if (reply.ready === true) resolve()
        else if (reply.counts !== undefined) this.counts = reply.counts
        else this.#waiting.get(reply.id ?? 0)?.(reply)
      })
    })
    return this
  }

  /** The result, or the code of the failure. */
  async tell(command: string): Promise<unknown> {
    const id = ++this.#lastId
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve))
    this.process.send({ id, command })
    const { result, error } = await answered
    return error ?? result
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill('SIGKILL')
    await once(this.process, 'exit')
  }
}

/** The number that all words of a payload are. */
function numberOf(bytes: Uint8Array): number {
  const words = new BigUint64Array(bytes.slice().buffer)
  expect(words.every((word) => word === words[0])).toBe(true)
  return Number(words[0])
}

export function describeLockFaults(address: string): void {
  describe(`holders on ${process.env['UNTORN_DEVICE'] ?? 'the default device'}`, () => {
    let device: Device
    let host: Host
    let owner: LockedOwner
    const holders: Holder[] = []
    let increments = 0

    beforeEach(async () => {
      increments = 0
      device = await openDevice()
      host = await listen(device, { host: address, port: 0 })
      owner = host.publish('shared', lockedRegion({ bytes: BYTES, leaseMs: LEASE_MS }))
    })

    afterEach(async () => {
      for (const holder of holders.splice(0)) await holder.kill()
      await host.close()
      await device.close()
    })

    async function start(): Promise<Holder> {
      const holder = new Holder(address, host.port)
      holders.push(holder)
      return await holder.ready()
    }

    /** A complete operation of a user; what the region held before it. */
    async function increment(): Promise<number> {
      let number = -1
      await owner.update(
        (bytes) => {
          number = numberOf(bytes)
          new BigUint64Array(bytes.buffer, bytes.byteOffset, BYTES / 8).fill(BigInt(number + 1))
        },
        { timeoutMs: NOTICE_MS },
      )
      increments += 1
      return number
    }

    async function until(condition: () => boolean): Promise<void> {
      const deadline = performance.now() + NOTICE_MS
      while (!condition()) {
        if (performance.now() > deadline) throw new Error('not met in time')
        await delay(5)
      }
    }

    test('killed while it holds the lock: the owner evicts it and goes on', async () => {
      const holder = await start()
      expect(await holder.tell('acquire')).toBe(2)
      await holder.kill()
      expect(await increment()).toBe(0)
      expect(owner.statistics.ended).toBe(1)
      expect(await increment()).toBe(1)
    })

    test('killed amid its releases: all of a payload or nothing, and nothing is lost', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const holder = await start()
        const before = await increment()
        void holder.tell('flatOut')
        await until(() => holder.counts.done > 2)
        await delay(random.below(20))
        await holder.kill()
        const { done } = holder.counts
        // Some of what it did it could not tell any more.
        expect(await increment()).toBeGreaterThanOrEqual(before + 1 + done)
      }
    })

    test('stopped while it holds the lock, evicted, let go on: it touches nothing', async () => {
      const holder = await start()
      await holder.tell('acquire')
      holder.process.kill('SIGSTOP')
      await until(() => owner.statistics.ended === 1)
      expect(await increment()).toBe(0)
      holder.process.kill('SIGCONT')
      const code = await holder.tell('release')
      expect(['ERR_UNTORN_EVICTED', 'ERR_UNTORN_UNKNOWN_OUTCOME']).toContain(code)
      expect(await increment()).toBe(1)
      await until(() => holder.process.connected)
      for (let tries = 0; tries < 20 && holder.counts.done === 0; tries++) {
        await holder.tell('increment')
      }
      expect(await increment()).toBe(2 + holder.counts.done)
    })

    test('stopped amid its releases, evicted, let go on: nothing is lost or done twice', async () => {
      const holder = await start()
      void holder.tell('flatOut')
      for (let round = 0; round < ROUNDS; round++) {
        const { done } = holder.counts
        await until(() => holder.counts.done > done + 2)
        await delay(random.below(20))
        holder.process.kill('SIGSTOP')
        // Stopped between two releases it holds nothing; amid an operation it cannot be evicted yet.
        const { ended, evictionsBusy } = owner.statistics
        await until(
          () =>
            owner.statistics.ended > ended ||
            owner.statistics.evictionsBusy > evictionsBusy ||
            !owner.holders().some(({ holds }) => holds),
        )
        const now = owner.statistics
        const busy = now.ended === ended && now.evictionsBusy > evictionsBusy
        if (!busy) await increment()
        holder.process.kill('SIGCONT')
        await increment()
      }
      await holder.tell('pause')
      await delay(100)
      const number = await increment()
      const { done, unknown } = holder.counts
      const others = increments - 1
      expect(number).toBeGreaterThanOrEqual(done + others)
      expect(number).toBeLessThanOrEqual(done + unknown + others)
    })
  })
}
