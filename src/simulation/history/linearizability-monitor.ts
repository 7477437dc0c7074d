// Watches a history while it happens and says at which return it stops being linearizable. Between
// events it holds every configuration that the past allows: which of the pending operations have
// already taken effect, and the state they led to. Source: Wing and Gong's search, breadth first, as
// the "just-in-time linearization" of Lowe (2017). Argument:
//  (1) Effects are worked out at returns only, when the operation that returns must have taken effect:
//      whatever took effect earlier may as well have done so just before the first return after it.
//  (2) At a return all orders of pending operations up to and including that one are tried. One that is
//      not its own return is guessed, with the states before and after it, and judged by its result
//      when that comes; one of unknown outcome never is.
// Invariant: configurations and pending operations are all that the verdict on any continuation depends
// on: a scenario that mixes them, and nothing else of its past, may be pruned.
import type { StateHash } from '../state-hash.ts'
import type { SequentialSpecification } from './specification.ts'

/** A pending operation that has taken effect. */
interface Effect<State> {
  readonly place: number
  readonly before: State
  readonly after: State
}

interface Configuration<State> {
  /** By place, ascending. */
  readonly effects: readonly Effect<State>[]
  readonly state: State
}

interface Pending<Operation> {
  readonly operation: Operation
  readonly text: string
  /** Nobody will be told what came of it. */
  unknown: boolean
}

export class LinearizabilityMonitor<State, Operation, Result> {
  readonly #specification: SequentialSpecification<State, Operation, Result>
  /** By place; a place is used again when its operation has returned. */
  readonly #pending: (Pending<Operation> | null)[] = []
  #configurations = new Map<string, Configuration<State>>()

  constructor(specification: SequentialSpecification<State, Operation, Result>) {
    this.#specification = specification
    this.reset()
  }

  /** No order explains what has happened. */
  get violated(): boolean {
    return this.#configurations.size === 0
  }

  reset(): void {
    this.#pending.length = 0
    this.#configurations = new Map()
    this.#add(this.#configurations, { effects: [], state: this.#specification.initial })
  }

  /** An operation is called; the place that is answered names it until it returns. */
  invoke(operation: Operation): number {
    const free = this.#pending.indexOf(null)
    const place = free < 0 ? this.#pending.length : free
    this.#pending[place] = { operation, text: JSON.stringify(operation), unknown: false }
    return place
  }

  /** The operation may have taken effect, or may yet, and nobody will be told. */
  abandon(place: number): void {
    this.#at(place).unknown = true
  }

  /** The operation returned. False when nothing explains that any more. */
  respond(place: number, result: Result): boolean {
    const kept = new Map<string, Configuration<State>>()
    const open = new Map(this.#configurations)
    // A map is walked in the order of insertion, with what is inserted meanwhile.
    for (const configuration of open.values()) {
      const returned = this.#returned(configuration, place, result)
      for (const each of returned ?? this.#last(configuration, place, result)) {
        this.#add(kept, each)
      }
      if (returned !== null) continue
      for (const each of this.#extensions(configuration, place)) this.#add(open, each)
    }
    this.#pending[place] = null
    this.#configurations = kept
    return !this.violated
  }

  /** Mixes what the verdict on the rest depends on. */
  mix(hash: StateHash): void {
    this.#pending.forEach((pending, place) => {
      if (pending === null) return
      hash.mix(2 * place + (pending.unknown ? 1 : 0))
      mixText(hash, pending.text)
    })
    for (const key of [...this.#configurations.keys()].sort()) mixText(hash, key)
  }

  /**
   * Where the operation has taken effect: the configuration without it, or none where its result tells
   * otherwise. Null where it has not.
   */
  #returned(
    configuration: Configuration<State>,
    place: number,
    result: Result,
  ): readonly Configuration<State>[] | null {
    const { effects, state } = configuration
    const effect = effects.find((each) => each.place === place)
    if (effect === undefined) return null
    const { operation } = this.#at(place)
    const after = this.#specification.key(effect.after)
    const states = this.#specification.next(effect.before, operation, result)
    if (!states.some((each) => this.#specification.key(each) === after)) return []
    return [{ effects: effects.filter((each) => each !== effect), state }]
  }

  /** The operation takes effect last, just before its return. */
  #last(
    { effects, state }: Configuration<State>,
    place: number,
    result: Result,
  ): readonly Configuration<State>[] {
    const { operation } = this.#at(place)
    return this.#specification
      .next(state, operation, result)
      .map((next) => ({ effects, state: next }))
  }

  /** Some other pending operation takes effect before it. */
  #extensions({ effects, state }: Configuration<State>, but: number): Configuration<State>[] {
    const extensions: Configuration<State>[] = []
    this.#pending.forEach((pending, place) => {
      if (pending === null || place === but) return
      if (effects.some((each) => each.place === place)) return
      for (const next of this.#specification.next(state, pending.operation, undefined)) {
        const grown = [...effects, { place, before: state, after: next }]
        grown.sort((a, b) => a.place - b.place)
        extensions.push({ effects: grown, state: next })
      }
    })
    return extensions
  }

  #add(to: Map<string, Configuration<State>>, configuration: Configuration<State>): void {
    const { effects, state } = configuration
    const key = (each: State): string | number => this.#specification.key(each)
    const parts = effects.map(({ place, before, after }) =>
      // Nobody will ask what an operation of unknown outcome did.
      this.#at(place).unknown ? place : `${place} ${key(before)} ${key(after)}`,
    )
    const text = `${key(state)}|${parts.join('|')}`
    if (!to.has(text)) to.set(text, configuration)
  }

  #at(place: number): Pending<Operation> {
    const pending = this.#pending[place]
    if (pending === null || pending === undefined) throw new Error(`nothing is pending at ${place}`)
    return pending
  }
}

function mixText(hash: StateHash, text: string): void {
  for (let at = 0; at < text.length; at += 1) hash.mix(text.charCodeAt(at))
}
