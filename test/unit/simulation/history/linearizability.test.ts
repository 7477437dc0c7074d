// Goal: the checker and the monitor know linearizable histories from others. Method: histories whose
// answer is known, from the literature and from the mistakes that protocols make; each is judged by
// both.
import { describe, expect, test } from 'vitest'
import {
  type History,
  HistoryRecorder,
  LinearizabilityMonitor,
  type RegisterOperation,
  type RegisterResult,
  type SequentialSpecification,
  checkLinearizability,
  formatHistory,
  registerSpecification,
  versionedSpecification,
} from '../../../../src/simulation/history/index.ts'
import { StateHash } from '../../../../src/simulation/state-hash.ts'
import { monitored } from '../../../property/support/histories.ts'

type Registers = History<RegisterOperation, RegisterResult>

const read = { kind: 'read' } as const
function write(value: number): RegisterOperation {
  return { kind: 'write', value }
}
function swap(expected: number, desired: number): RegisterOperation {
  return { kind: 'compareAndSwap', expected, desired }
}

const never = Infinity

const linearizable: Readonly<Record<string, Registers>> = {
  'nothing at all': [],
  'a read beside a write sees it': [
    { process: 'a', operation: write(1), invoked: 1, returned: 4, result: 0 },
    { process: 'b', operation: read, invoked: 2, returned: 3, result: 1 },
  ],
  'a read beside a write does not see it': [
    { process: 'a', operation: write(1), invoked: 1, returned: 4, result: 0 },
    { process: 'b', operation: read, invoked: 2, returned: 3, result: 0 },
  ],
  'what nobody was told happened': [
    { process: 'a', operation: write(1), invoked: 1, returned: never },
    { process: 'b', operation: read, invoked: 5, returned: 6, result: 0 },
    { process: 'b', operation: read, invoked: 7, returned: 8, result: 1 },
  ],
  'what nobody was told never happened': [
    { process: 'a', operation: swap(0, 1), invoked: 1, returned: never },
    { process: 'b', operation: swap(0, 2), invoked: 5, returned: 6, result: true },
    { process: 'b', operation: read, invoked: 7, returned: 8, result: 2 },
  ],
  'a swap of unknown outcome explains one that misses': [
    { process: 'a', operation: swap(0, 1), invoked: 1, returned: never },
    { process: 'b', operation: swap(0, 2), invoked: 5, returned: 6, result: false },
  ],
  'two swaps, one of which misses': [
    { process: 'a', operation: swap(0, 1), invoked: 1, returned: 5, result: false },
    { process: 'b', operation: swap(0, 2), invoked: 2, returned: 6, result: true },
  ],
  'operations that meet at one instant overlap': [
    { process: 'a', operation: write(1), invoked: 1, returned: 2, result: 0 },
    { process: 'b', operation: read, invoked: 2, returned: 3, result: 0 },
  ],
}

const notLinearizable: Readonly<Record<string, Registers>> = {
  'a read after a write misses it': [
    { process: 'a', operation: write(1), invoked: 1, returned: 2, result: 0 },
    { process: 'b', operation: read, invoked: 3, returned: 4, result: 0 },
  ],
  'two readers disagree about the order': [
    { process: 'a', operation: write(1), invoked: 1, returned: 9, result: 0 },
    { process: 'b', operation: read, invoked: 2, returned: 3, result: 1 },
    { process: 'c', operation: read, invoked: 4, returned: 5, result: 0 },
  ],
  'both swaps win': [
    { process: 'a', operation: swap(0, 1), invoked: 1, returned: 5, result: true },
    { process: 'b', operation: swap(0, 2), invoked: 2, returned: 6, result: true },
  ],
  'what nobody was told happened, and then had not': [
    { process: 'a', operation: write(1), invoked: 1, returned: never },
    { process: 'b', operation: read, invoked: 5, returned: 6, result: 1 },
    { process: 'b', operation: read, invoked: 7, returned: 8, result: 0 },
  ],
  'it was read before it was called': [
    { process: 'b', operation: read, invoked: 1, returned: 2, result: 1 },
    { process: 'a', operation: write(1), invoked: 3, returned: never },
  ],
}

const register = registerSpecification()

describe('linearizable', () => {
  test.each(Object.entries(linearizable))('%s', (_, history) => {
    const { verdict, order } = checkLinearizability(history, register)
    expect(verdict).toBe('linearizable')
    // The order is a witness: a run of the specification with all that returned.
    let states: readonly number[] = [register.initial]
    for (const index of order) {
      const each = history[index]
      if (each === undefined) throw new Error('an order has operations of its history only')
      const result = each.returned === never ? undefined : each.result
      states = states.flatMap((state) => register.next(state, each.operation, result))
    }
    expect(states).not.toEqual([])
    const returned = history.flatMap((each, index) => (each.returned === never ? [] : [index]))
    expect(order).toEqual(expect.arrayContaining(returned))
    expect(monitored(history, register)).toBe(true)
  })
})

describe('not linearizable', () => {
  test.each(Object.entries(notLinearizable))('%s', (_, history) => {
    expect(checkLinearizability(history, register).verdict).toBe('not linearizable')
    expect(monitored(history, register)).toBe(false)
  })
})

test('a lost update of versioned values is found', () => {
  const versioned = versionedSpecification({ version: 2, value: 'x' }, 2)
  const history = [
    { process: 'a', operation: { kind: 'swap', value: 'a' }, result: { version: 4 } },
    { process: 'b', operation: { kind: 'swap', value: 'b' }, result: { version: 4 } },
  ] as const
  const overlapping = history.map((each) => ({ ...each, invoked: 1, returned: 2 }))
  expect(checkLinearizability(overlapping, versioned).verdict).toBe('not linearizable')
  const [first] = overlapping
  expect(checkLinearizability(first === undefined ? [] : [first], versioned).verdict).toBe(
    'linearizable',
  )
})

test('an operation may lead to several states', () => {
  type Toss = { readonly kind: 'toss' | 'look' }
  const coin: SequentialSpecification<string, Toss, string> = {
    initial: 'heads',
    next: (state, { kind }, result) => {
      const states = kind === 'toss' ? ['heads', 'tails'] : [state]
      return states.filter((each) => result === undefined || result === each)
    },
    key: (state) => state,
  }
  const looked = (result: string): History<Toss, string> => [
    { process: 'a', operation: { kind: 'toss' }, invoked: 1, returned: 4, result: 'tails' },
    { process: 'b', operation: { kind: 'look' }, invoked: 2, returned: 3, result: 'tails' },
    { process: 'b', operation: { kind: 'look' }, invoked: 5, returned: 6, result },
  ]
  for (const [result, verdict] of [
    ['tails', 'linearizable'],
    ['heads', 'not linearizable'],
  ] as const) {
    expect(checkLinearizability(looked(result), coin).verdict).toBe(verdict)
    expect(monitored(looked(result), coin)).toBe(verdict === 'linearizable')
  }
})

test('what does not fit into the bound is unknown', () => {
  const history = linearizable['two swaps, one of which misses'] ?? []
  const check = checkLinearizability(history, register, { configurationsMax: 1 })
  expect(check.verdict).toBe('unknown')
})

test('a history that no caller can have had is refused', () => {
  const one = { process: 'a', operation: read, result: 0 } as const
  const backwards = [{ ...one, invoked: 2, returned: 1 }]
  const overlapping = [
    { ...one, invoked: 1, returned: 3 },
    { ...one, invoked: 2, returned: 4 },
  ]
  for (const history of [backwards, overlapping]) {
    expect(() => checkLinearizability(history, register)).toThrow(TypeError)
  }
})

test('a recorder notes times that only grow, and leaves what never returned unknown', () => {
  const recorder = new HistoryRecorder<RegisterOperation, RegisterResult>()
  const first = recorder.invoke('a', write(1))
  recorder.invoke('b', read)
  recorder.respond(first, 0)
  expect(recorder.operations).toEqual([
    { process: 'a', operation: write(1), invoked: 1, returned: 3, result: 0 },
    { process: 'b', operation: read, invoked: 2, returned: never },
  ])
  expect(formatHistory(recorder.operations).split('\n')).toHaveLength(2)
  recorder.reset()
  expect(recorder.operations).toEqual([])
})

test('the monitor mixes what its verdict depends on, and nothing else', () => {
  const hashOf = (
    events: (monitor: LinearizabilityMonitor<number, RegisterOperation, RegisterResult>) => void,
  ): string => {
    const monitor = new LinearizabilityMonitor(register)
    events(monitor)
    const hash = new StateHash()
    monitor.mix(hash)
    return hash.toString()
  }
  const nothing = hashOf(() => {})
  expect(hashOf((monitor) => void monitor.respond(monitor.invoke(read), 0))).toBe(nothing)
  expect(hashOf((monitor) => void monitor.invoke(read))).not.toBe(nothing)
  expect(hashOf((monitor) => void monitor.respond(monitor.invoke(write(1)), 0))).not.toBe(nothing)
  const told = hashOf((monitor) => void monitor.invoke(write(1)))
  expect(hashOf((monitor) => monitor.abandon(monitor.invoke(write(1))))).not.toBe(told)
})

test.each([
  [undefined],
  [[{ process: 'a', operation: read, invoked: NaN, returned: 2 }]],
  [[{ process: 'a', operation: read, invoked: 1 }]],
  [[{ process: 'a', operation: read, invoked: 1, returned: null }]],
])('%j is no history', (history) => {
  expect(() => checkLinearizability(history as never, registerSpecification())).toThrow(
    expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
  )
})

test.each([undefined, { initial: 0 }, { initial: 0, next: () => [] }])(
  '%j is no specification',
  (specification) => {
    expect(() => checkLinearizability([], specification as never)).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }),
    )
  },
)
