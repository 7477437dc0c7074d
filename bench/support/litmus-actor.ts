// A process of the litmus bench: the owner of the variables, who executes a CPU's instructions, or one
// peer. Invariant: a batch's iterations are all of one program, and all threads ran all of them.
import type { Device, Endpoint, MemoryRegion, QueuePair } from '../../src/fabric/contract.ts'
import { openDevice } from '../../src/fabric/open-device.ts'
import { native } from '../../src/native/load.ts'
import { WORD_BYTES } from '../../src/simulation/litmus/layout.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'
import { RandomNumbers } from '../../src/simulation/random-numbers.ts'
import { litmusCells } from './litmus-cells.ts'
import { LitmusCpu } from './litmus-cpu.ts'
import type { LitmusOrder, LitmusResult } from './litmus-messages.ts'
import { pauseAtRandom } from './litmus-pause.ts'
import { LOCAL_BYTES, type LitmusConnection, LitmusPeer } from './litmus-peer.ts'
import type { LitmusThreadRunner } from './litmus-thread.ts'

const RIGHTS = { remoteRead: true, remoteWrite: true, remoteAtomic: true } as const
const SAMPLES_MAX = 256

interface Loaded {
  readonly runner: LitmusThreadRunner
  readonly strideBytes: number
  /** Tells the random numbers of the threads apart. */
  readonly stream: number
}

export class LitmusActor {
  #device: Device | null = null
  #region: MemoryRegion | null = null
  #connection: LitmusConnection | null = null
  #loaded: Loaded | null = null

  /** @throws UntornError whatever the order fails with; TypeError when it makes no sense now */
  async handle(order: LitmusOrder): Promise<LitmusResult> {
    switch (order.step) {
      case 'expose': {
        this.#device = await openDevice(order.device)
        this.#region = this.#device.allocate(order.lengthBytes, RIGHTS)
        return { descriptor: this.#region.descriptor }
      }
      case 'reach':
        return await this.#reach(order)
      case 'accept':
        return { endpoints: this.#accept(order.endpoints) }
      case 'connect': {
        const { queuePairs } = required(this.#connection)
        connectAll(queuePairs, order.endpoints)
        return {}
      }
      case 'load':
        return this.#load(order)
      case 'run':
        return runBatch(required(this.#loaded), order)
      case 'collect':
        return { values: this.#collect(order.program, order.iterations) }
    }
  }

  async close(): Promise<void> {
    await this.#device?.close()
  }

  async #reach(order: Extract<LitmusOrder, { readonly step: 'reach' }>): Promise<LitmusResult> {
    const device = await openDevice(order.device)
    this.#device = device
    const queuePairs = Array.from({ length: order.queuePairCount }, () => device.createQueuePair())
    const local = device.allocate(LOCAL_BYTES)
    this.#connection = { queuePairs, local, remote: device.importRegion(order.descriptor) }
    return { endpoints: queuePairs.map((each) => each.endpoint) }
  }

  #accept(endpoints: readonly Endpoint[]): Endpoint[] {
    const device = required(this.#device)
    const queuePairs = endpoints.map(() => device.createQueuePair())
    connectAll(queuePairs, endpoints)
    return queuePairs.map((each) => each.endpoint)
  }

  #load(order: Extract<LitmusOrder, { readonly step: 'load' }>): LitmusResult {
    const { program, thread, threads } = order
    const runner =
      this.#region === null
        ? new LitmusPeer(program, thread, threads, required(this.#connection))
        : new LitmusCpu(program, thread, threads, this.#region.bytes, native())
    const { strideBytes } = litmusCells(program)
    this.#loaded = { runner, strideBytes, stream: threads.indexOf(thread) }
    return {}
  }

  #collect(program: LitmusProgram, iterations: number): number[] {
    const { bytes } = required(this.#region)
    const { strideBytes } = litmusCells(program)
    const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / WORD_BYTES)
    const values: number[] = []
    for (let index = 0; index < iterations; index += 1) {
      for (const name of program.final) {
        const offset = index * strideBytes + (program.layout.offsets[name] as number)
        values.push(Number(words[offset / WORD_BYTES]))
      }
    }
    words.fill(0n)
    return values
  }
}

function required<Part>(part: Part | null): Part {
  if (part === null) throw new TypeError('a litmus order came too early')
  return part
}

function connectAll(queuePairs: readonly QueuePair[], endpoints: readonly Endpoint[]): void {
  queuePairs.forEach((each, index) => each.connect(endpoints[index] as Endpoint))
}

function runBatch(
  loaded: Loaded,
  order: Extract<LitmusOrder, { readonly step: 'run' }>,
): LitmusResult {
  const { runner, strideBytes, stream } = loaded
  const { iterations, pauseNsMax } = order
  const random = new RandomNumbers(order.seed, stream)
  const values = new Float64Array(iterations * runner.registerCount)
  const samplesNs: number[] = []
  const pause = (): void => pauseAtRandom(random, pauseNsMax)
  runner.begin()
  for (let index = 0; index < iterations; index += 1) {
    // Half of the iterations begin at once, half go through without a pause.
    const late = random.oneIn(2)
    const pauseAt = random.oneIn(2) ? random.below(runner.instructionCount) : -1
    if (runner instanceof LitmusPeer) runner.apart = random.oneIn(2)
    runner.meet(index + 1)
    if (late) pause()
    const isSample = !late && pauseAt < 0 && samplesNs.length < SAMPLES_MAX
    const startMs = isSample ? performance.now() : 0
    runner.run(index * strideBytes, pauseAt, pause, values, index * runner.registerCount)
    if (isSample) samplesNs.push((performance.now() - startMs) * 1e6)
  }
  samplesNs.sort((left, right) => left - right)
  const iterationNs = samplesNs[Math.floor(samplesNs.length / 2)] ?? 0
  return { values: Array.from(values), iterationNs }
}
