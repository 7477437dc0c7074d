// Goal: once `close()` of a queue pair has resolved, nothing that the peer posted touches memory of
// this process any more, however the peer was interrupted; and the peer learns that it failed.
// Method: another process works on a region of this one with operations of megabytes, is really
// stopped or killed at random instants, mostly amid one, and let go on afterwards.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Device,
  type Endpoint,
  type MemoryRegion,
  type QueuePair,
  Status,
  openDevice,
} from '../../src/fabric/index.ts'
import { RandomNumbers } from '../../src/simulation/random-numbers.ts'

const REGION_BYTES = 4 * 1024 * 1024
/** Where the kernel sends again for half a second, fewer. */
const ROUNDS = process.env['UNTORN_DEVICE'] === 'shm' ? 6 : 3
/** What the owner stores after it has closed; the peer writes other bytes. */
const REUSED = 0xee
const script = fileURLToPath(new URL('./requester.mjs', import.meta.url))
const random = new RandomNumbers(Number(process.env['UNTORN_SEED'] ?? 1))

interface Answer {
  readonly endpoint?: Endpoint
  readonly status?: number
  readonly stale?: number
}

class Requester {
  readonly process: ChildProcess

  private constructor(process: ChildProcess) {
    this.process = process
  }

  static async start(): Promise<Requester> {
    const requester = new Requester(
      fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    )
    await requester.answer()
    return requester
  }

  tell(command: 'connect' | 'write' | 'read', fields: object = {}): Promise<Answer> {
    const answered = this.answer()
    this.process.send({ command, ...fields })
    return answered
  }

  /** The next thing that it says. */
  async answer(): Promise<Answer> {
    const [answer] = (await once(this.process, 'message')) as [Answer]
    return answer
  }

  /** Returns when it stands still. */
  async stop(): Promise<void> {
    this.process.kill('SIGSTOP')
    const isStopped = () => / T /.test(readFileSync(`/proc/${this.process.pid}/stat`, 'utf8'))
    while (!isStopped()) await delay(1)
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await ended
  }
}

async function closeInTime(queuePair: QueuePair): Promise<'closed' | 'busy'> {
  try {
    await queuePair.close({ timeoutMs: 50 })
    return 'closed'
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_UNTORN_BUSY' })
    return 'busy'
  }
}

export function describeFencing(): void {
  describe(`fencing on ${process.env['UNTORN_DEVICE'] ?? 'the default device'}`, () => {
    let device: Device
    let region: MemoryRegion
    let requester: Requester

    beforeEach(async () => {
      device = await openDevice()
      region = device.allocate(REGION_BYTES, { remoteRead: true, remoteWrite: true })
      requester = await Requester.start()
    })

    afterEach(async () => {
      await requester.kill()
      await device.close()
    })

    /** A new queue pair, and the requester at work through it for a little while. */
    async function atWork(command: 'write' | 'read'): Promise<QueuePair> {
      region.bytes.fill(0)
      const queuePair = device.createQueuePair()
      const fields = { endpoint: queuePair.endpoint, descriptor: region.descriptor }
      const { endpoint } = await requester.tell('connect', fields)
      queuePair.connect(endpoint as Endpoint)
      await requester.tell(command)
      await delay(1 + random.below(20))
      return queuePair
    }

    /** Reuses the memory, lets the requester go on, and returns how its work ended. */
    async function goOn(): Promise<Answer> {
      region.bytes.fill(REUSED)
      const answered = requester.answer()
      requester.process.kill('SIGCONT')
      const answer = await answered
      expect(answer.status).not.toBe(Status.Success)
      return answer
    }

    function expectUntouched(): void {
      const found = region.bytes.findIndex((byte) => byte !== REUSED)
      expect(found, 'first byte that was written after close() had resolved').toBe(-1)
    }

    test('a peer stopped amid WRITEs, and let go on after the close', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const queuePair = await atWork('write')
        await requester.stop()
        if ((await closeInTime(queuePair)) === 'closed') {
          await goOn()
          expectUntouched()
          continue
        }
        // It can neither be waited for nor taken for dead; once it goes on it can.
        const answered = requester.answer()
        requester.process.kill('SIGCONT')
        await queuePair.close()
        region.bytes.fill(REUSED)
        expect((await answered).status).not.toBe(Status.Success)
        expectUntouched()
      }
    })

    test('a peer at work while its other end closes', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const queuePair = await atWork('write')
        const answered = requester.answer()
        await queuePair.close()
        region.bytes.fill(REUSED)
        expect((await answered).status).not.toBe(Status.Success)
        expectUntouched()
      }
    })

    test('a peer killed amid WRITEs', async () => {
      const queuePair = await atWork('write')
      requester.process.kill('SIGKILL')
      await queuePair.close()
      region.bytes.fill(REUSED)
      await requester.kill()
      await delay(20)
      expectUntouched()
    })

    test('a peer stopped amid READs does not take reused memory for a success', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const queuePair = await atWork('read')
        await requester.stop()
        await queuePair.close()
        expect((await goOn()).stale).toBe(0)
      }
    })
  })
}
