// Histories for tests: the monitor over a whole one, a checker that tries every order, generators.
import fc from 'fast-check'
import {
  type History,
  type HistoryOperation,
  LinearizabilityMonitor,
  type RegisterOperation,
  type RegisterResult,
  type SequentialSpecification,
} from '../../../src/simulation/history/index.ts'

/** Plays a history to the monitor: whether it ends without a violation. */
export function monitored<State, Operation, Result>(
  history: History<NoInfer<Operation>, NoInfer<Result>>,
  specification: SequentialSpecification<State, Operation, Result>,
): boolean {
  const monitor = new LinearizabilityMonitor(specification)
  const places = new Map<HistoryOperation<Operation, Result>, number>()
  const events = history.flatMap((each) => [
    { time: each.invoked, each, calls: true },
    { time: each.returned, each, calls: false },
  ])
  events.sort((a, b) => a.time - b.time || Number(b.calls) - Number(a.calls))
  for (const { each, calls } of events) {
    if (calls) places.set(each, monitor.invoke(each.operation))
    else if (each.returned !== Infinity) {
      monitor.respond(places.get(each) as number, each.result as Result)
      if (monitor.violated) return false
    }
  }
  return true
}

/** Tries every order of every choice of operations: the definition, and nothing clever. */
export function orderedSomehow<State, Operation, Result>(
  history: History<NoInfer<Operation>, NoInfer<Result>>,
  specification: SequentialSpecification<State, Operation, Result>,
): boolean {
  const search = (state: State, left: readonly HistoryOperation<Operation, Result>[]): boolean => {
    if (left.every(({ returned }) => returned === Infinity)) return true
    return left.some((each) => {
      if (left.some((other) => other.returned < each.invoked)) return false
      const result = each.returned === Infinity ? undefined : each.result
      const rest = left.filter((other) => other !== each)
      return specification.next(state, each.operation, result).some((next) => search(next, rest))
    })
  }
  return search(specification.initial, history)
}

const small = fc.nat({ max: 2 })

const operation: fc.Arbitrary<RegisterOperation> = fc.oneof(
  fc.constant({ kind: 'read' } as const),
  fc.record({ kind: fc.constant('write' as const), value: small }),
  fc.record({ kind: fc.constant('compareAndSwap' as const), expected: small, desired: small }),
)

/** Each process calls one operation after the other; some never return; results are guesses. */
export const registerHistories: fc.Arbitrary<History<RegisterOperation, RegisterResult>> = fc
  .array(
    fc.record({
      process: fc.constantFrom('a', 'b', 'c'),
      operation,
      gap: fc.nat({ max: 3 }),
      length: fc.nat({ max: 5 }),
      unknown: fc.nat({ max: 7 }).map((number) => number === 0),
      guess: small,
    }),
    { maxLength: 7 },
  )
  .map((calls) => {
    const clock: Record<string, number> = {}
    return calls.map(({ process, operation: call, gap, length, unknown, guess }) => {
      const invoked = (clock[process] ?? 0) + gap
      const returned = invoked + length
      clock[process] = returned + 1
      const result = call.kind === 'compareAndSwap' ? guess !== 0 : guess
      if (unknown) return { process, operation: call, invoked, returned: Infinity }
      return { process, operation: call, invoked, returned, result }
    })
  })
