// One of several writers of a bench's region: a peer of its owner, in a process of its own. It updates
// at a pace, one update after the other, and says in the end how many succeeded.
import { UntornError } from '../../src/errors.ts'
import type { Device } from '../../src/fabric/contract.ts'
import { openDevice } from '../../src/fabric/open-device.ts'
import { connectWith } from '../../src/session/connect.ts'
import type { BenchUpdater } from '../protocols/bench-protocol.ts'
import { updaterOpeners } from '../protocols/openers.ts'
import type { OwnerResult, PeerOrder } from './owner-messages.ts'

type WriterPeer = Awaited<ReturnType<typeof connectWith<typeof updaterOpeners>>>

interface UpdatingRun {
  readonly updater: BenchUpdater
  readonly startMs: number
  writes: number
  stopped: boolean
  /** Why it ended by itself. */
  failure: Error | null
  done: Promise<void>
}

/** Failures that a protocol promises where others write as well. */
const expectedFailures: ReadonlySet<string> = new Set([
  'ERR_UNTORN_RETRIES_EXHAUSTED',
  'ERR_UNTORN_WRITER_ACTIVE',
  'ERR_UNTORN_TIMEOUT',
])

export class BenchPeer {
  #device: Device | null = null
  #peer: WriterPeer | null = null
  #run: UpdatingRun | null = null

  /** @throws UntornError whatever the order fails with; TypeError when it makes no sense now */
  async handle(order: PeerOrder): Promise<OwnerResult> {
    switch (order.step) {
      case 'connect':
        return await this.#connect(order)
      case 'start':
        return await this.#start(order)
      case 'stop':
        return await this.#stop()
    }
  }

  async close(): Promise<void> {
    if (this.#run !== null) this.#run.stopped = true
    await this.#peer?.close()
    await this.#device?.close()
  }

  async #connect(order: PeerOrder & { readonly step: 'connect' }): Promise<OwnerResult> {
    this.#device = await openDevice(order.device)
    const { address: host, port } = order
    const options = { heartbeatMs: 0, timeoutMs: 30_000 }
    this.#peer = await connectWith(updaterOpeners, this.#device, { host, port }, options)
    return {}
  }

  async #start(order: PeerOrder & { readonly step: 'start' }): Promise<OwnerResult> {
    if (this.#peer === null) throw new TypeError('start comes after connect')
    if (this.#run !== null) throw new TypeError('start comes after stop')
    const { region } = order
    const updater = await this.#peer.open(region.name, { protocol: region.protocol, order: region })
    const startMs = performance.now()
    const done = Promise.resolve()
    const run: UpdatingRun = { updater, startMs, writes: 0, stopped: false, failure: null, done }
    run.done = updateOn(run, order.intervalUs).catch((error: unknown) => {
      run.failure = error instanceof Error ? error : new Error(String(error))
    })
    this.#run = run
    return {}
  }

  async #stop(): Promise<OwnerResult> {
    const run = this.#run
    if (run === null) throw new TypeError('stop comes after start')
    this.#run = null
    run.stopped = true
    await run.done
    const seconds = (performance.now() - run.startMs) / 1000
    await run.updater.close()
    if (run.failure !== null) throw run.failure
    return { writes: run.writes, seconds }
  }
}

async function updateOn(run: UpdatingRun, intervalUs: number): Promise<void> {
  while (!run.stopped) {
    try {
      await run.updater.update()
      run.writes += 1
    } catch (error) {
      if (!(error instanceof UntornError) || !expectedFailures.has(error.code)) throw error
    }
    // Orders come through in between; a pause shorter than a timer's millisecond is spun.
    await new Promise((resolve) => {
      if (intervalUs >= 1000) setTimeout(resolve, intervalUs / 1000)
      else setImmediate(resolve)
    })
    const endMs = performance.now() + (intervalUs < 1000 ? intervalUs / 1000 : 0)
    while (performance.now() < endMs);
  }
}
