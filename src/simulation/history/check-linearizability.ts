// Decides whether a history is linearizable: whether every operation can be given one instant between
// its invocation and its return so that, one after the other, they are a run of the specification.
// Source: Wing and Gong, "Testing and verifying concurrent objects" (1993), depth first over the
// events in a doubly linked list, with Lowe's memo of configurations ("Testing for linearizability",
// 2017) as in Porcupine. Argument:
//  (1) An operation may come first among those left exactly if none of them returned before it was
//      called: so candidates are the calls that stand before the first return in the list.
//  (2) Whether the rest can be ordered depends only on which operations have been ordered and on the
//      state they led to. A configuration that failed once is not tried again: each is entered once.
//  (3) An operation that never returned has no return in the list: it bars nobody, may be ordered
//      anywhere after its call, and need not be ordered at all. Success is when no return is left.
import { argumentTypeError, shown } from '../../errors.ts'
import type { History, HistoryOperation } from './history.ts'
import type { SequentialSpecification } from './specification.ts'

export interface LinearizabilityCheck {
  /** `unknown`: the bound of configurations was reached first. */
  readonly verdict: 'linearizable' | 'not linearizable' | 'unknown'
  /**
   * Indexes into the history in an order that explains it; where nothing does, the longest order that
   * explains a beginning. Operations of unknown outcome that are not in it never happened.
   */
  readonly order: readonly number[]
  /** Pairs of ordered operations and state that were entered: the work it took. */
  readonly configurations: number
}

export interface LinearizabilityOptions {
  /** Configurations entered, at most; a million by default. */
  readonly configurationsMax?: number
}

/** An event in a doubly linked list: a call, with its return if there is one; or a return. */
interface Entry {
  readonly index: number
  readonly isCall: boolean
  match: Entry | null
  previous: Entry
  next: Entry
}

/**
 * Checks one history of one object against its specification. Exponential in the number of operations
 * that overlap, at worst; histories of independent objects are best checked one by one.
 * @throws TypeError ERR_UNTORN_ARGUMENT when an operation returns before it is called, or a process
 *   overlaps with itself
 */
export function checkLinearizability<State, Operation, Result>(
  history: History<NoInfer<Operation>, NoInfer<Result>>,
  specification: SequentialSpecification<State, Operation, Result>,
  options: LinearizabilityOptions = {},
): LinearizabilityCheck {
  requireHistory(history)
  requireSpecification(specification)
  return new Search(history, specification, options.configurationsMax ?? 1_000_000).run()
}

class Search<State, Operation, Result> {
  readonly #history: History<Operation, Result>
  readonly #specification: SequentialSpecification<State, Operation, Result>
  readonly #configurationsMax: number
  readonly #head: Entry
  readonly #met = new Set<string>()
  /** One bit for each operation that has been ordered. */
  #ordered = 0n
  #order: number[] = []
  #longest: number[] = []
  /** Operations that returned and are not ordered. */
  #left = 0

  constructor(
    history: History<Operation, Result>,
    specification: SequentialSpecification<State, Operation, Result>,
    configurationsMax: number,
  ) {
    this.#history = history
    this.#specification = specification
    this.#configurationsMax = configurationsMax
    this.#head = linked(history)
    this.#left = history.filter(({ returned }) => returned !== Infinity).length
  }

  run(): LinearizabilityCheck {
    const found = this.#from(this.#specification.initial)
    const bounded = this.#met.size >= this.#configurationsMax
    const failed = bounded ? 'unknown' : 'not linearizable'
    return {
      verdict: found ? 'linearizable' : failed,
      order: found ? this.#order : this.#longest,
      configurations: this.#met.size,
    }
  }

  /** As deep as the history is long. */
  #from(state: State): boolean {
    if (this.#left === 0) return true
    if (this.#order.length > this.#longest.length) this.#longest = [...this.#order]
    for (let entry = this.#head.next; entry.isCall; entry = entry.next) {
      for (const next of this.#outcomes(state, entry.index)) {
        if (this.#met.size >= this.#configurationsMax) return false
        this.#take(entry)
        if (this.#enters(next) && this.#from(next)) return true
        this.#giveBack(entry)
      }
    }
    return false
  }

  #outcomes(state: State, index: number): readonly State[] {
    const { operation, result, returned } = this.#at(index)
    return this.#specification.next(state, operation, returned === Infinity ? undefined : result)
  }

  #enters(state: State): boolean {
    const configuration = `${this.#ordered.toString(36)} ${this.#specification.key(state)}`
    if (this.#met.has(configuration)) return false
    this.#met.add(configuration)
    return true
  }

  #take(entry: Entry): void {
    unlink(entry)
    if (entry.match !== null) {
      unlink(entry.match)
      this.#left -= 1
    }
    this.#ordered |= 1n << BigInt(entry.index)
    this.#order.push(entry.index)
  }

  #giveBack(entry: Entry): void {
    if (entry.match !== null) {
      relink(entry.match)
      this.#left += 1
    }
    relink(entry)
    this.#ordered &= ~(1n << BigInt(entry.index))
    this.#order.pop()
  }

  #at(index: number): HistoryOperation<Operation, Result> {
    return this.#history[index] as HistoryOperation<Operation, Result>
  }
}

/** The list's anchor, which looks like a return: no call lies behind it. */
function linked(history: History<unknown, unknown>): Entry {
  const anchor = newEntry(-1, false)
  const events: { readonly time: number; readonly entry: Entry }[] = []
  history.forEach(({ invoked, returned }, index) => {
    const call = newEntry(index, true)
    events.push({ time: invoked, entry: call })
    if (returned === Infinity) return
    call.match = newEntry(index, false)
    events.push({ time: returned, entry: call.match })
  })
  // Events at the same time overlap: calls first.
  events.sort((a, b) => a.time - b.time || Number(b.entry.isCall) - Number(a.entry.isCall))
  for (const { entry } of events) {
    entry.previous = anchor.previous
    entry.next = anchor
    relink(entry)
  }
  return anchor
}

function newEntry(index: number, isCall: boolean): Entry {
  const entry = { index, isCall, match: null } as unknown as Entry
  entry.previous = entry
  entry.next = entry
  return entry
}

function unlink(entry: Entry): void {
  entry.previous.next = entry.next
  entry.next.previous = entry.previous
}

/** Undoes the latest `unlink` that has not been undone. */
function relink(entry: Entry): void {
  entry.previous.next = entry
  entry.next.previous = entry
}

function requireHistory(history: History<unknown, unknown>): void {
  if (!Array.isArray(history)) throw argumentTypeError('a history is an array of operations')
  const lastOf = new Map<string, HistoryOperation<unknown, unknown>>()
  const byTime = [...history].sort((a, b) => a.invoked - b.invoked)
  for (const each of byTime) {
    const { process, invoked, returned } = each
    if (!Number.isFinite(invoked)) {
      throw argumentTypeError(`an operation of ${process} is invoked at ${shown(invoked)}`)
    }
    if (typeof returned !== 'number') {
      const what = `an operation of ${process} returns at ${shown(returned)}`
      throw argumentTypeError(`${what}: Infinity stands for one that never did`)
    }
    if (!(returned >= invoked)) {
      throw argumentTypeError(`an operation of ${process} returns at ${returned}, before its call`)
    }
    const last = lastOf.get(process)
    // A caller that was never told may go on: as a process that has no more to do with the first.
    if (last !== undefined && last.returned !== Infinity && last.returned > invoked) {
      throw argumentTypeError(`operations of ${process} overlap: it called at ${invoked}`)
    }
    lastOf.set(process, each)
  }
}

function requireSpecification<State, Operation, Result>(
  specification: Partial<SequentialSpecification<State, Operation, Result>>,
): void {
  const { next, key } = specification ?? {}
  if (typeof next === 'function' && typeof key === 'function') return
  throw argumentTypeError('a specification has an initial state, and the functions next and key')
}
