// Collects the events of one recorded run. Exists only while a failed schedule is run again, so it
// may allocate.
import type { SimulatedMemory } from './simulated-memory.ts'
import type { Trace, TraceEvent, TraceKind } from './trace.ts'

const nothing = new Uint8Array(0)

/** Optional parts of an event. */
export interface EventDetails {
  readonly note?: string
  readonly readsFrom?: number
  readonly version?: number
  readonly operation?: number
}

export class TraceRecorder {
  readonly #events: TraceEvent[] = []
  readonly #actors: string[] = []
  /** Step that events belong to; the world sets it. */
  step = 0

  /** Announces a column; in order of first mention otherwise. */
  actor(name: string): void {
    if (!this.#actors.includes(name)) this.#actors.push(name)
  }

  /** An event that touches no memory. */
  say(kind: TraceKind, actor: string, note: string, details: EventDetails = {}): void {
    this.#push(kind, actor, '', 0, nothing, { ...details, note })
  }

  store(
    actor: string,
    memory: SimulatedMemory,
    offset: number,
    lengthBytes: number,
    note: string,
    version: number,
  ): void {
    this.touch('store', actor, memory, offset, lengthBytes, { note, version })
  }

  /** An event that touches memory: its value is what the memory holds now. */
  touch(
    kind: TraceKind,
    actor: string,
    memory: SimulatedMemory,
    offset: number,
    lengthBytes: number,
    details: EventDetails = {},
  ): void {
    const value = memory.bytes.slice(offset, offset + lengthBytes)
    this.#push(kind, actor, memory.name, offset, value, details)
  }

  finish(): Trace {
    return { actors: [...this.#actors], events: [...this.#events] }
  }

  #push(
    kind: TraceKind,
    actor: string,
    memory: string,
    offset: number,
    value: Uint8Array,
    details: EventDetails,
  ): void {
    this.actor(actor)
    this.#events.push({
      step: this.step,
      actor,
      kind,
      memory,
      offset,
      lengthBytes: value.length,
      value,
      readsFrom: details.readsFrom ?? -1,
      note: details.note ?? '',
      ...(details.version === undefined ? {} : { version: details.version }),
      ...(details.operation === undefined ? {} : { operation: details.operation }),
    })
  }
}
