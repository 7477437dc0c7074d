// The owner of a probe: one raw region without any protocol, into which it stores a pattern flat out.
// Invariant: every store is one aligned 64-bit store, and stores happen in the order of the code
// (Atomics.store is both), so that nothing which a READ shows torn or out of order is the owner's.
import { UntornError } from '../../src/errors.ts'
import type { Device, Endpoint, MemoryRegion, QueuePair } from '../../src/fabric/contract.ts'
import { openDevice } from '../../src/fabric/open-device.ts'
import type { ProbePattern } from '../../src/fabric/probe.ts'
import type { OwnerResult, ProbeOrder } from './owner-messages.ts'
import { WORD_BYTES, probeValue, probeWord, storeOrder } from './probe-patterns.ts'
import { writeOneSlice } from './write-pace.ts'

/** Stores from one look at the clock to the next. */
const STORES_PER_TURN = 512
const FLAT_OUT = { intervalUs: 0 }

interface StoringRun {
  readonly pattern: ProbePattern
  readonly words: BigUint64Array
  readonly order: Int32Array
  readonly startMs: number
  dueMs: number
  pass: number
  stopped: boolean
}

export class ProbeOwner {
  #device: Device | null = null
  #region: MemoryRegion | null = null
  #queuePair: QueuePair | null = null
  #run: StoringRun | null = null

  /** @throws UntornError whatever the order fails with; TypeError when it makes no sense now */
  async handle(order: ProbeOrder): Promise<OwnerResult> {
    switch (order.step) {
      case 'expose':
        return await this.#expose(order.device, order.lengthBytes)
      case 'connect':
        return await this.#connect(order.endpoint)
      case 'store':
        return this.#store(order.pattern, order.lengthBytes)
      case 'rest':
        return this.#rest()
    }
  }

  async close(): Promise<void> {
    if (this.#run !== null) this.#run.stopped = true
    this.#run = null
    await this.#device?.close()
  }

  async #expose(deviceName: string, lengthBytes: number): Promise<OwnerResult> {
    this.#device = await openDevice(deviceName)
    this.#region = this.#device.allocate(lengthBytes, { remoteRead: true })
    return { descriptor: this.#region.descriptor }
  }

  /** A queue pair for the reader, in place of the one before. */
  async #connect(endpoint: Endpoint): Promise<OwnerResult> {
    if (this.#device === null) throw new TypeError('connect comes after expose')
    await this.#queuePair?.close()
    this.#queuePair = this.#device.createQueuePair()
    this.#queuePair.connect(endpoint)
    return { endpoint: this.#queuePair.endpoint }
  }

  #store(pattern: ProbePattern, lengthBytes: number): OwnerResult {
    const region = this.#region
    if (region === null) throw new TypeError('store comes after expose')
    if (this.#run !== null) throw new TypeError('store comes after rest')
    if (lengthBytes > region.byteLength) {
      throw new UntornError('ERR_UNTORN_OUT_OF_BOUNDS', `the region has no ${lengthBytes} bytes`)
    }
    const { buffer, byteOffset } = region.bytes
    const words = new BigUint64Array(buffer, byteOffset, lengthBytes / WORD_BYTES)
    const order = storeOrder(pattern, words.length)
    storePass(words, order, probeWord(probeValue(pattern, 0)))
    const startMs = performance.now()
    const run = { pattern, words, order, startMs, dueMs: startMs, pass: 0, stopped: false }
    this.#run = run
    setImmediate(() => slice(run))
    return {}
  }

  #rest(): OwnerResult {
    const run = this.#run
    if (run === null) throw new TypeError('rest comes after store')
    this.#run = null
    run.stopped = true
    return { writes: run.pass, seconds: (performance.now() - run.startMs) / 1000 }
  }
}

function slice(run: StoringRun): void {
  if (run.stopped) return
  const passes = Math.ceil(STORES_PER_TURN / run.words.length)
  run.dueMs = writeOneSlice(FLAT_OUT, performance, run.dueMs, () => storePasses(run, passes))
  setImmediate(() => slice(run))
}

function storePasses(run: StoringRun, passes: number): void {
  const { pattern, words, order } = run
  for (let turn = 0; turn < passes; turn += 1) {
    run.pass += 1
    storePass(words, order, probeWord(probeValue(pattern, run.pass)))
  }
}

function storePass(words: BigUint64Array, order: Int32Array, word: bigint): void {
  const end = order.length
  for (let rank = 0; rank < end; rank += 1) Atomics.store(words, order[rank] as number, word)
}
