// Hand-written traces: an owner that stores, a reader whose queue pair samples. Every builder call
// is one event; `step` begins the next step.
import { samplingPresets } from '../../../../src/simulation/sampling-model.ts'
import type { Violation } from '../../../../src/simulation/scenario.ts'
import type { FailedRun } from '../../../../src/simulation/report/failed-run.ts'
import type { Trace, TraceEvent, TraceKind } from '../../../../src/simulation/trace.ts'

const MEMORY = 'region'

export class TraceBuilder {
  readonly #events: TraceEvent[] = []
  readonly #bytes: Uint8Array = new Uint8Array(256)
  readonly #stamps: Int32Array = new Int32Array(256)
  #step = 0

  get stepNumber(): number {
    return this.#step
  }

  step(): this {
    this.#step += 1
    return this
  }

  act(actor: string, note: string): this {
    return this.#push({ kind: 'act', actor, note })
  }

  post(actor: string, operation: number, note: string): this {
    return this.#push({ kind: 'post', actor, note, operation })
  }

  complete(actor: string, operation: number): this {
    return this.#push({ kind: 'complete', actor, note: 'status 0', operation })
  }

  /** Stores word `word` of `version`: its value is both, in one number. */
  store(actor: string, word: number, version: number, note: string = 'payload word'): this {
    this.#bytes.fill(0, 8 * word, 8 * word + 8)
    this.#bytes[8 * word] = word
    this.#bytes[8 * word + 1] = version
    this.#stamps.fill(this.#step, 8 * word, 8 * word + 8)
    return this.#touch('store', actor, 8 * word, 8, { note, version })
  }

  sample(actor: string, operation: number, offset: number, lengthBytes: number): this {
    const readsFrom = Math.max(...this.#stamps.subarray(offset, offset + lengthBytes))
    return this.#touch('sample', actor, offset, lengthBytes, { operation, readsFrom })
  }

  build(actors: readonly string[]): Trace {
    return { actors, events: [...this.#events] }
  }

  #touch(
    kind: TraceKind,
    actor: string,
    offset: number,
    lengthBytes: number,
    rest: Partial<TraceEvent>,
  ): this {
    const value = this.#bytes.slice(offset, offset + lengthBytes)
    return this.#push({ kind, actor, memory: MEMORY, offset, lengthBytes, value, ...rest })
  }

  #push(event: Pick<TraceEvent, 'kind' | 'actor'> & Partial<TraceEvent>): this {
    this.#events.push({
      step: this.#step,
      memory: '',
      offset: 0,
      lengthBytes: 0,
      value: new Uint8Array(0),
      readsFrom: -1,
      note: '',
      ...event,
    })
    return this
  }
}

export function failedRun(trace: Trace, violation: Violation): FailedRun {
  const model = samplingPresets.minimal
  return { scenarioName: 'naive read', violation, tape: 'u1..0B1', model, trace }
}

/** One READ of words 1 to 3; word 2 is sampled before version 4 stores it, word 3 after. */
export function tornRead(): Trace {
  const { owner, reader, pair } = { owner: 'owner', reader: 'r1', pair: 'r1.qp' }
  return new TraceBuilder()
    .store(owner, 1, 2, 'word := 2')
    .store(owner, 2, 2)
    .store(owner, 3, 2)
    .step()
    .act(reader, 'begins read 1')
    .post(pair, 1, 'READ region [8, 32)')
    .step()
    .sample(pair, 1, 8, 8)
    .step()
    .sample(pair, 1, 16, 8)
    .step()
    .store(owner, 2, 4)
    .step()
    .store(owner, 3, 4)
    .step()
    .sample(pair, 1, 24, 8)
    .complete(pair, 1)
    .act(reader, 'returns version 2 (torn)')
    .build([owner, reader, pair])
}

/**
 * A first attempt meets version 4 half-stored and is given up; the second returns words of versions
 * 4 and 6.
 */
export function tornSecondAttempt(): Trace {
  const trace = new TraceBuilder()
    .store('owner', 2, 2)
    .store('owner', 3, 2)
    .step()
    .act('r1', 'begins read 1')
    .post('r1.qp', 1, 'READ region [16, 32)')
    .step()
    .sample('r1.qp', 1, 16, 8)
    .step()
    .store('owner', 2, 4)
    .step()
    .store('owner', 3, 4)
    .step()
    .sample('r1.qp', 1, 24, 8)
    .complete('r1.qp', 1)
    .post('r1.qp', 2, 'READ region [16, 32), fenced')
    .step()
    .sample('r1.qp', 2, 16, 8)
    .step()
    .store('owner', 2, 6)
    .step()
    .store('owner', 3, 6)
    .step()
    .sample('r1.qp', 2, 24, 8)
    .complete('r1.qp', 2)
    .act('r1', 'returns version 4 (torn)')
  return trace.build(['owner', 'r1', 'r1.qp'])
}

/** 150 steps: many versions pass before and between the two samples of one READ. */
export function longRun(): Trace {
  const trace = new TraceBuilder().store('owner', 2, 1).store('owner', 3, 1)
  const publish = (from: number, to: number): void => {
    for (let version = from; version <= to; version += 1) {
      trace.step().store('owner', 2, version).step().store('owner', 3, version)
    }
  }
  publish(2, 30)
  trace.step().act('r1', 'begins read 1').post('r1.qp', 1, 'READ region [16, 32)')
  trace.step().sample('r1.qp', 1, 16, 8)
  publish(31, 74)
  trace.step().sample('r1.qp', 1, 24, 8)
  trace.step().complete('r1.qp', 1).act('r1', 'returns version 30 (torn)')
  return trace.build(['owner', 'r1', 'r1.qp'])
}

export const torn: Violation = { kind: 'torn', message: 'r1 returned bytes that no version had' }
