// Threads of a few steps over a handful of words: the smallest thing that can be explored. Its judge
// sees the words when all threads are done; `outcomes` collects what they were.
import type { ChoiceLabelCode, Oracle } from '../../../../src/simulation/oracle.ts'
import {
  type Coverage,
  type RunEnd,
  type Scenario,
  type Violation,
  newCoverage,
} from '../../../../src/simulation/scenario.ts'
import type { StateHash } from '../../../../src/simulation/state-hash.ts'
import type { Trace, TraceEvent } from '../../../../src/simulation/trace.ts'

export type Choose = (count: number, label: ChoiceLabelCode) => number
export type ToyStep = (words: Int32Array, choose: Choose) => void

export interface ToyOptions {
  readonly name: string
  readonly wordCount: number
  readonly threads: readonly (readonly ToyStep[])[]
  /** Null where all is well. */
  readonly judge?: (words: Int32Array) => Violation | null
  /** Words left out of the state's hash: a mistake of scenarios. */
  readonly unmixedWords?: readonly number[]
  /** Asks for an actor even where only one can go on. */
  readonly asksAlways?: boolean
}

const untouched = {
  kind: 'act',
  memory: '',
  offset: 0,
  lengthBytes: 0,
  value: new Uint8Array(0),
  readsFrom: -1,
  note: '',
} as const

export class ToyScenario implements Scenario {
  readonly name: string
  readonly coverage: Coverage = newCoverage()
  /** Of runs that were not cut. */
  readonly outcomes: Set<string> = new Set()
  runs = 0
  readonly #options: ToyOptions
  readonly #words: Int32Array
  readonly #done: Int32Array
  readonly #actors: Int32Array

  constructor(options: ToyOptions) {
    this.name = options.name
    this.#options = options
    this.#words = new Int32Array(options.wordCount)
    this.#done = new Int32Array(options.threads.length)
    this.#actors = new Int32Array(options.threads.length)
  }

  run(oracle: Oracle): RunEnd {
    return this.#run(oracle, null)
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    const events: TraceEvent[] = []
    const end = this.#run(oracle, events)
    const actors = this.#options.threads.map((_, thread) => `t${thread}`)
    return { end, trace: { actors, events } }
  }

  mix(hash: StateHash): void {
    for (const done of this.#done) hash.mix(done)
    for (const [at, word] of this.#words.entries()) {
      if (this.#options.unmixedWords?.includes(at) !== true) hash.mix(word)
    }
  }

  #run(oracle: Oracle, events: TraceEvent[] | null): RunEnd {
    const { threads, judge, asksAlways } = this.#options
    const choose: Choose = (count, label) => oracle.choose(count, label)
    this.#words.fill(0)
    this.#done.fill(0)
    this.runs += 1
    let last = 0
    let switches = 0
    for (let steps = 0; ; steps += 1) {
      const count = this.#runnable(last)
      if (count === 0) return this.#end(steps, switches, judge?.(this.#words) ?? null)
      const asks = count > 1 || asksAlways === true
      const answer = asks ? oracle.schedule(this.#actors, count) : 0
      if (answer < 0) return { violation: null, steps, cut: true }
      const thread = this.#actors[answer] as number
      if (answer > 0) switches += 1
      const at = this.#done[thread] as number
      this.#done[thread] = at + 1
      threads[thread]?.[at]?.(this.#words, choose)
      events?.push({ ...untouched, step: steps + 1, actor: `t${thread}` })
      last = thread
    }
  }

  /** Fills the actors that can go on, from `last` in turn. */
  #runnable(last: number): number {
    const { threads } = this.#options
    let count = 0
    for (let turn = 0; turn < threads.length; turn += 1) {
      const thread = (last + turn) % threads.length
      if ((this.#done[thread] as number) >= (threads[thread]?.length ?? 0)) continue
      this.#actors[count] = thread
      count += 1
    }
    return count
  }

  #end(steps: number, switches: number, violation: Violation | null): RunEnd {
    this.coverage.results += 1
    if (switches > 0) this.coverage.overlaps += 1
    this.outcomes.add(this.#words.join())
    return { violation, steps, cut: false }
  }
}

/** A step that touches nothing. */
export const idle: ToyStep = () => undefined

/**
 * Threads that each add one to word 0 by a load and a later store, with `padding` idle steps before,
 * between and after. Violation `lost` when an addition went missing.
 */
export function lostUpdate(threadCount: number, padding = 0): ToyScenario {
  const pad = new Array<ToyStep>(padding).fill(idle)
  const threads = Array.from({ length: threadCount }, (_, thread): readonly ToyStep[] => [
    ...pad,
    (words) => (words[1 + thread] = words[0] as number),
    ...pad,
    (words) => (words[0] = (words[1 + thread] as number) + 1),
    ...pad,
  ])
  return new ToyScenario({
    name: `lost update of ${threadCount}, padding ${padding}`,
    wordCount: 1 + threadCount,
    threads,
    judge: (words) =>
      words[0] === threadCount ? null : { kind: 'lost', message: `${words[0]} additions` },
  })
}

/** Threads of so many idle steps each. */
export function idleThreads(...stepCounts: number[]): ToyScenario {
  return new ToyScenario({
    name: `idle ${stepCounts.join()}`,
    wordCount: 1,
    threads: stepCounts.map((count) => new Array<ToyStep>(count).fill(idle)),
  })
}
