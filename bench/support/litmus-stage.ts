// The processes that execute litmus programs: one owner and some peers, connected to it. Invariant:
// orders that make threads meet go to all of them together; a failed one ends the stage.
import type { Endpoint } from '../../src/fabric/contract.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'
import { QUEUE_PAIR_COUNT_MAX } from '../../src/simulation/litmus/check.ts'
import { REGION_BYTES, litmusCells } from './litmus-cells.ts'
import type { LitmusOrder, LitmusResult } from './litmus-messages.ts'
import { OwnerProcess } from './owner-process.ts'

/** Before a thread has said how long one iteration takes it, nanoseconds. */
const PAUSE_NS_FIRST = 2_000
/** An operation that takes longer was delayed by something else. */
const PAUSE_NS_MAX = 2_000_000
/** Long enough for the last operations of one thread to meet the first ones of another. */
const PAUSE_ITERATIONS = 2

/** Registers and final values of each iteration, in the order of the outcome's names. */
export type LitmusRows = readonly (readonly number[])[]

interface Actor {
  readonly process: OwnerProcess
  readonly thread: string
  readonly registerCount: number
}

export class LitmusStage implements AsyncDisposable {
  readonly #owner: OwnerProcess
  readonly #peers: readonly OwnerProcess[]
  #program: LitmusProgram | null = null
  #actors: readonly Actor[] = []
  #pauseNs = PAUSE_NS_FIRST

  private constructor(owner: OwnerProcess, peers: readonly OwnerProcess[]) {
    this.#owner = owner
    this.#peers = peers
  }

  /** @throws UntornError when a process cannot open the device or reach the owner's region */
  static async open(device: string, peerCount: number): Promise<LitmusStage> {
    const owner = OwnerProcess.start()
    const peers = Array.from({ length: peerCount }, () => OwnerProcess.start())
    const stage = new LitmusStage(owner, peers)
    try {
      const { descriptor } = await ask(owner, {
        step: 'expose',
        device,
        lengthBytes: REGION_BYTES,
      })
      if (descriptor === undefined) throw new TypeError('the owner exposed nothing')
      const queuePairCount = 1 + QUEUE_PAIR_COUNT_MAX
      const reach: LitmusOrder = { step: 'reach', device, descriptor, queuePairCount }
      const reached = await Promise.all(peers.map((peer) => ask(peer, reach)))
      for (const [index, peer] of peers.entries()) {
        const ends: readonly Endpoint[] = reached[index]?.endpoints ?? []
        const { endpoints = [] } = await ask(owner, { step: 'accept', endpoints: ends })
        await ask(peer, { step: 'connect', endpoints })
      }
      return stage
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Iterations of one batch, at most. */
  get iterationsMax(): number {
    return this.#program === null ? 0 : litmusCells(this.#program).cellCount
  }

  /** Gives the program's threads to the processes. */
  async load(program: LitmusProgram): Promise<void> {
    const cpus = program.cpus.filter(({ instructions }) => instructions.length > 0)
    const peers = program.peers.filter(({ instructions }) => instructions.length > 0)
    const processes = [...cpus.map(() => this.#owner), ...this.#peers]
    this.#actors = [...cpus, ...peers].map((thread, index) => ({
      process: processes[index] as OwnerProcess,
      thread: thread.name,
      registerCount: thread.instructions.reduce(
        (sum, each) =>
          sum + (each.kind === 'get' ? each.registers.length : 'register' in each ? 1 : 0),
        0,
      ),
    }))
    this.#program = program
    this.#pauseNs = PAUSE_NS_FIRST
    const threads = this.#actors.map(({ thread }) => thread)
    await Promise.all(
      this.#actors.map(({ process, thread }) => {
        return ask(process, { step: 'load', program, thread, threads })
      }),
    )
    // Whatever an earlier program left behind.
    await ask(this.#owner, { step: 'collect', program, iterations: 0 })
  }

  /**
   * Executes the program so many times, `iterationsMax` at most.
   * @throws UntornError when an operation fails, or never ends
   */
  async run(iterations: number, seed: number): Promise<LitmusRows> {
    const program = this.#program
    if (program === null) throw new TypeError('run comes after load')
    const order: LitmusOrder = { step: 'run', iterations, seed, pauseNsMax: this.#pauseNs }
    const results = await Promise.all(this.#actors.map(({ process }) => ask(process, order)))
    const { values: final = [] } = await ask(this.#owner, { step: 'collect', program, iterations })
    const slowestNs = Math.max(...results.map(({ iterationNs = 0 }) => iterationNs))
    if (slowestNs > 0) this.#pauseNs = Math.min(PAUSE_NS_MAX, PAUSE_ITERATIONS * slowestNs)
    return Array.from({ length: iterations }, (_, index) => [
      ...results.flatMap(({ values = [] }, actor) =>
        row(values, index, this.#actors[actor]?.registerCount ?? 0),
      ),
      ...row(final, index, program.final.length),
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#owner, ...this.#peers].map((each) => each[Symbol.asyncDispose]()))
  }
}

function row(values: readonly number[], index: number, length: number): readonly number[] {
  return values.slice(index * length, (index + 1) * length)
}

async function ask(process: OwnerProcess, order: LitmusOrder): Promise<LitmusResult> {
  const { litmus } = await process.ask({ command: 'litmus', order })
  return litmus ?? {}
}
