// A protocol's scenario as a check sees it: a reader whose code threw is a violation of its own, and
// traces name fields. Invariant: nothing that decides a run is changed.
import { fingerprintOf } from '../simulation/choice-tape.ts'
import type { Oracle } from '../simulation/oracle.ts'
import { ProtocolScenario } from '../simulation/protocol/protocol-scenario.ts'
import type { SamplingModel } from '../simulation/sampling-model.ts'
import type { Coverage, RunEnd, Scenario, Violation } from '../simulation/scenario.ts'
import type { StateHash } from '../simulation/state-hash.ts'
import type { Trace, TraceEvent } from '../simulation/trace.ts'
import { type CheckWorld, scenarioOptions } from './check-world.ts'
import type { CheckedProtocol } from './checked-protocol.ts'
import { nameOfBytes } from './layout.ts'

export class CheckedScenario implements Scenario {
  readonly name: string
  readonly model: SamplingModel
  /** Of everything that gives a tape its meaning, but the protocol's code. */
  readonly fingerprint: string
  readonly #protocol: CheckedProtocol
  readonly #scenario: ProtocolScenario

  constructor(protocol: CheckedProtocol, world: CheckWorld, model: SamplingModel) {
    this.name = protocol.name
    this.model = model
    this.#protocol = protocol
    const options = scenarioOptions(world, model)
    this.fingerprint = fingerprintOf(JSON.stringify([protocol.name, protocol.layout, options]))
    this.#scenario = new ProtocolScenario(protocol.underTest, options)
  }

  get coverage(): Coverage {
    return this.#scenario.coverage
  }

  mix(hash: StateHash): void {
    this.#scenario.mix(hash)
  }

  run(oracle: Oracle): RunEnd {
    this.#protocol.mishap.happened = false
    return this.#withMishap(this.#scenario.run(oracle))
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    this.#protocol.mishap.happened = false
    const told = this.#scenario.trace(oracle)
    const end = this.#withMishap(told.end)
    const before = textOf(told.end.violation)
    const events = told.trace.events.map((event) =>
      event.kind === 'act' && event.note === before
        ? { ...event, note: textOf(end.violation) }
        : this.#named(event),
    )
    return { end, trace: { actors: told.trace.actors, events } }
  }

  /** The scenario refused the reader; this says why. */
  #withMishap(end: RunEnd): RunEnd {
    const { mishap } = this.#protocol
    if (!mishap.happened || end.violation === null) return end
    const [reader = 'a reader'] = end.violation.message.split(' ')
    const message = `${reader} broke down: ${String(mishap.error)}`
    return { ...end, violation: { kind: 'broken', message } }
  }

  /** Names the field that an event of the region touches. */
  #named(event: TraceEvent): TraceEvent {
    if (!event.memory.startsWith('region') || event.lengthBytes === 0) return event
    const name = nameOfBytes(this.#protocol.layout, event.offset, event.lengthBytes)
    if (name === undefined) return event
    return { ...event, place: name, note: event.note === '' ? name : `${name}, ${event.note}` }
  }
}

function textOf(violation: Violation | null): string {
  return violation === null ? '' : `${violation.kind}: ${violation.message}`
}
