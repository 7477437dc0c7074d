// Goal: worlds of active parties show what such worlds can do, and nothing else: swaps exclude each
// other, a CPU's do not take part, WRITEs land late until their queue pair is destroyed, looks miss
// WRITEs without a full fence, clocks advance at every reading. Method: toy protocols whose outcomes are
// known, explored exhaustively; every outcome that must not be there, and every one that must.
import { describe, expect, test } from 'vitest'
import { explore } from '../../../../src/simulation/explore.ts'
import type { SequentialSpecification } from '../../../../src/simulation/history/index.ts'
import { replay } from '../../../../src/simulation/replay.ts'
import {
  type Party,
  type PartyPlan,
  PartyScenario,
  type PartyScenarioOptions,
  type PartyWorld,
  type Script,
  crashMatrix,
} from '../../../../src/simulation/party/index.ts'
import { samplingPresetNames } from '../../../../src/simulation/sampling-model.ts'
import { Increment, Meddler, PutAndGet } from './toy-machines.ts'

/** Byte by byte these worlds show nothing else, slowly. */
const presets = samplingPresetNames.filter((name) => name !== 'bytes')

const counter: SequentialSpecification<number, unknown, unknown> = {
  initial: 0,
  next: (state, _, found) => (found === undefined || found === state ? [state + 1] : []),
  key: (state) => state,
}

function* increments(party: Party, checks: boolean): Script {
  const machine = new Increment(0, checks)
  const call = party.invoke({ kind: 'increment' })
  const { kind } = yield* party.operate(machine, { attemptsMax: 3 })
  if (kind === 'ended') party.respond(call, machine.version)
  else party.abandon(call)
}

function* incrementsByCpu(party: Party): Script {
  const { port } = party
  if (port === null) throw new Error('an owner has a port')
  const call = party.invoke({ kind: 'increment' })
  const found = port.loadWord(0)
  yield* party.step()
  port.storeWord(0, found + 1)
  yield* party.fence()
  party.respond(call, found)
}

function remote(name: string, script: (party: Party) => Script): PartyPlan<null> {
  return { name, script, mortal: true, landingBytes: 256 }
}

function world(
  parties: readonly PartyPlan<null>[],
  more: Partial<PartyWorld<null>> = {},
): PartyWorld<null> {
  return {
    name: 'toy',
    regionBytes: 64,
    parties,
    peersWrite: [{ from: 0, to: 64 }],
    prepare: () => null,
    ...more,
  }
}

/** Everything that users may see, sorted. */
function outcomes(plan: PartyWorld<null>, options: PartyScenarioOptions): readonly string[] {
  const seen = new Set<string>()
  const scenario = new PartyScenario(plan, {
    ...options,
    observe: ({ history }) => {
      // Who called first says nothing.
      const results = history.map(({ process, result }) => JSON.stringify([process, result]))
      seen.add(`[${results.sort().join()}]`)
    },
  })
  const { complete } = explore(scenario, { strategy: 'exhaustive' })
  expect(complete).toBe(true)
  return [...seen].sort()
}

describe('increments', () => {
  const two = (checks: boolean): PartyWorld<null> =>
    world(
      [
        remote('a', (party) => increments(party, checks)),
        remote('b', (party) => increments(party, checks)),
      ],
      { specification: counter },
    )

  test.each(presets)('are linearizable under %s', (model) => {
    const exploration = explore(new PartyScenario(two(true), { model }), { strategy: 'exhaustive' })
    expect(exploration).toMatchObject({ verdict: 'holds', complete: true })
    expect(exploration.coverage.retries).toBeGreaterThan(0)
  })

  test.each(presets)('that do not look at what they found are not, under %s', (model) => {
    const exploration = explore(new PartyScenario(two(false), { model }), {
      strategy: 'exhaustive',
    })
    expect(exploration.counterexample?.violation.kind).toBe('not-linearizable')
  })

  test('of a CPU do not see those of a NIC', () => {
    const plan = world(
      [
        { name: 'owner', cpu: true, script: incrementsByCpu },
        remote('a', (party) => increments(party, true)),
      ],
      { specification: counter },
    )
    const exploration = explore(new PartyScenario(plan, { model: 'rxe' }), {
      strategy: 'exhaustive',
    })
    expect(exploration.counterexample?.violation.kind).toBe('not-linearizable')
  })

  test('of unknown outcome have happened, or will, or never do', () => {
    for (const faults of [{ cuts: 1 }, { crashes: 1 }]) {
      const scenario = new PartyScenario(two(true), { model: 'minimal', faults })
      const exploration = explore(scenario, { strategy: 'exhaustive' })
      expect(exploration).toMatchObject({ verdict: 'holds', complete: true })
      expect(exploration.coverage.faults).toBeGreaterThan(0)
    }
  })
})

test('leaving out schedules loses no outcome and adds none', () => {
  const plan = world([
    remote('a', function* (party) {
      const call = party.invoke({ kind: 'put and get' })
      const machine = new PutAndGet([[0, 1n]], [8, 16], false)
      yield* party.operate(machine)
      party.respond(call, machine.found)
    }),
    remote('b', function* (party) {
      const call = party.invoke({ kind: 'put and get' })
      const machine = new PutAndGet(
        [
          [8, 1n],
          [16, 1n],
        ],
        [0],
        false,
      )
      yield* party.operate(machine)
      party.respond(call, machine.found)
    }),
  ])
  const small = { ...plan, regionBytes: 24 }
  for (const model of ['rxe', 'sharedMemory', 'minimal'] as const) {
    const reduced = outcomes(small, { model })
    expect(outcomes(small, { model, reduces: false })).toEqual(reduced)
    expect(reduced.length).toBeGreaterThan(3)
  }
})

describe('a look', () => {
  function dekker(fences: boolean): PartyWorld<null> {
    const owner: PartyPlan<null> = {
      name: 'owner',
      cpu: true,
      *script(party) {
        const { port } = party
        if (port === null) throw new Error('an owner has a port')
        const call = party.invoke({ kind: 'store, look' })
        port.storeWord(0, 1)
        if (fences) yield* party.fence()
        party.respond(call, port.loadWord(8))
      },
    }
    const peer = remote('peer', function* (party) {
      const call = party.invoke({ kind: 'put and get' })
      const machine = new PutAndGet([[8, 1n]], [0])
      yield* party.operate(machine)
      party.respond(call, machine.found[0])
    })
    return world([owner, peer])
  }
  const bothMissed = '[["owner",0],["peer",0]]'

  test.each(presets)('behind a full fence sees what did not see the stores: %s', (model) => {
    expect(outcomes(dekker(true), { model })).not.toContain(bothMissed)
    expect(outcomes(dekker(false), { model })).toContain(bothMissed)
  })
})

describe('what a dead party posted', () => {
  function killed(destroys: boolean): PartyWorld<null> {
    const victim = remote('victim', function* (party) {
      yield* party.operate(new PutAndGet([[8, 1n]], []))
      // Whatever happens later, it has not come here when it dies.
      yield* party.until(() => false)
    })
    const owner: PartyPlan<null> = {
      name: 'owner',
      cpu: true,
      *script(party) {
        const { port } = party
        if (port === null) throw new Error('an owner has a port')
        yield* party.until(() => scenario.party('victim').crashed)
        if (destroys) party.destroy(scenario.party('victim'))
        const call = party.invoke({ kind: 'look' })
        const first = port.loadWord(8)
        yield* party.step()
        party.respond(call, [first, port.loadWord(8)])
      },
    }
    return world([owner, victim])
  }
  let scenario: PartyScenario<null>

  test.each([
    [false, ['[["owner",[0,0]]]', '[["owner",[0,1]]]', '[["owner",[1,1]]]']],
    [true, ['[["owner",[0,0]]]', '[["owner",[1,1]]]']],
  ])('lands at any time, unless its queue pair is destroyed: %s', (destroys, expected) => {
    const seen = new Set<string>()
    scenario = new PartyScenario(killed(destroys), {
      model: 'minimal',
      mishapAt: { mishap: 'crash', party: 'victim', deeds: 1 },
      observe: ({ history }) => {
        seen.add(JSON.stringify(history.map(({ process, result }) => [process, result])))
      },
    })
    expect(explore(scenario, { strategy: 'exhaustive' }).complete).toBe(true)
    expect([...seen].sort()).toEqual(expected)
  })
})

test('a clock advances at every reading by anything up to its bound, and no two begin alike', () => {
  const begins: Record<string, number> = {}
  const plan = world([
    remote('a', function* (party) {
      const from = party.now()
      begins['a'] = from
      yield* party.step()
      const call = party.invoke({ kind: 'time' })
      party.respond(call, party.now() - from)
    }),
    remote('b', function* (party) {
      begins['b'] = party.now()
      yield* party.sleepUntil(party.now() + 1)
    }),
  ])
  const seen = outcomes(plan, { model: 'rxe', ticksMax: 2 })
  expect(seen).toEqual([0, 1, 2, 3].map((time) => `[["a",${time}]]`))
  expect(Math.abs((begins['a'] ?? 0) - (begins['b'] ?? 0))).toBeGreaterThan(100)
})

describe('judged without a specification', () => {
  const verdictOf = (plan: PartyWorld<null>): string | undefined =>
    explore(new PartyScenario(plan, { model: 'minimal' }), { strategy: 'exhaustive' })
      .counterexample?.violation.kind

  test('a machine keeps to its rights', () => {
    const rights = { write: [{ from: 8, to: 16 }], atomic: [] }
    const put = (offset: number): PartyWorld<null> =>
      world([{ ...remote('a', (party) => puts(party, offset)), rights }])
    function* puts(party: Party, offset: number): Script {
      yield* party.operate(new PutAndGet([[offset, 1n]], []))
    }
    expect(verdictOf(put(8))).toBeUndefined()
    expect(verdictOf(put(0))).toBe('stuck')
    const swaps = world([{ ...remote('a', (party) => increments(party, true)), rights }])
    expect(verdictOf(swaps)).toBe('stuck')
  })

  test('a machine leaves alone what its WRITE is fetched from', () => {
    const meddles = world([
      remote('a', function* (party) {
        yield* party.operate(new Meddler())
      }),
    ])
    expect(verdictOf(meddles)).toBe('stuck')
  })

  test('a script ends', () => {
    const waits = world([remote('a', (party) => party.until(() => false))])
    expect(verdictOf(waits)).toBe('stuck')
  })

  test('a party that is frozen is not waited for, and is not dead', () => {
    const plan = world([
      remote('a', function* (party) {
        yield* party.operate(new PutAndGet([[0, 1n]], []))
        party.violate('went-on', 'was frozen')
      }),
    ])
    const scenario = new PartyScenario(plan, {
      model: 'rxe',
      mishapAt: { mishap: 'freeze', party: 'a', deeds: 1 },
    })
    const exploration = explore(scenario, { strategy: 'exhaustive' })
    expect(exploration.counterexample).toBeUndefined()
    expect(scenario.party('a')).toMatchObject({ frozen: true, crashed: false, over: true })
  })

  test('a look in the same act as another is a mistake of the script', () => {
    const plan = world([
      {
        name: 'owner',
        cpu: true,
        *script(party: Party) {
          const { port } = party
          port?.loadWord(0)
          port?.loadWord(8)
          yield* party.step()
        },
      },
    ])
    expect(() => verdictOf(plan)).toThrow('twice')
  })
})

describe('the crash matrix', () => {
  /** Marks the word as taken, and takes the mark back; whoever comes afterwards finds it free. */
  function* marks(party: Party): Script {
    yield* party.operate(new PutAndGet([[0, 1n]], []))
    yield* party.operate(new PutAndGet([[8, 1n]], []))
    yield* party.operate(new PutAndGet([[0, 0n]], []))
  }
  function* visits(party: Party): Script {
    const machine = new PutAndGet([], [0])
    yield* party.operate(machine)
    if (machine.found[0] !== 0) party.violate('taken', 'found it taken')
  }
  const plan = world([
    remote('a', (party) => marks(party)),
    { ...remote('visitor', visits), afterwards: true },
  ])

  test('kills a party at each of its points', () => {
    const { points, failures } = crashMatrix(plan, { model: 'rxe', parties: ['a'], samples: 4 })
    // Three posts and an end, in each of five schedules.
    expect(points).toEqual({ a: 20 })
    expect(failures.length).toBeGreaterThan(4)
    for (const { mishapAt, tape, violation } of failures) {
      expect(violation.kind).toBe('taken')
      expect([1, 2, 3]).toContain(mishapAt.deeds)
      const { end } = replay(new PartyScenario(plan, { model: 'rxe', mishapAt }), tape)
      expect(end.violation).toEqual(violation)
    }
  })

  // What was posted last arrives, and takes the mark back.
  test('freezes it as well', () => {
    const options = { model: 'rxe', parties: ['a'], mishap: 'freeze', samples: 0 } as const
    const { failures } = crashMatrix(plan, options)
    expect(failures.map(({ mishapAt }) => mishapAt.deeds)).toEqual([1, 2])
  })
})

describe('worlds that make no sense', () => {
  const argument = expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' })
  const idle = remote('a', function* () {
    yield
    yield null
  })

  test.each([
    undefined,
    world([]),
    world([idle, idle]),
    world([idle], { regionBytes: NaN }),
    world([{ name: 'a' } as never]),
  ])('%j is refused', (plan) => {
    expect(() => new PartyScenario(plan as never, { model: 'rxe' })).toThrow(argument)
  })

  test.each([undefined, {}, { parties: ['b'] }, { parties: ['a'], mishap: 'explode' }])(
    'a crash matrix of %j is refused',
    (options) => {
      const given = options && { model: 'rxe', ...options }
      expect(() => crashMatrix(world([idle]), given as never)).toThrow(argument)
    },
  )

  test('options without a model are refused', () => {
    expect(() => new PartyScenario(world([idle]), {} as never)).toThrow(argument)
  })

  test('a script may yield nothing, and nothing but conditions otherwise', () => {
    const explored = explore(new PartyScenario(world([idle]), { model: 'rxe' }))
    expect(explored.counterexample).toBeUndefined()
    const script = function* (): Generator<never> {
      yield 5 as never
    }
    const odd = new PartyScenario(world([{ name: 'a', script: script as never }]), { model: 'rxe' })
    expect(() => explore(odd)).toThrow(argument)
  })
})
