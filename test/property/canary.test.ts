// Goal: the suites are red when, and only when, they should be.
// Method: a property that must fail, with its smallest counterexample to the letter; and harnesses
// broken on purpose, each in one way: a deaf schedule, a judge that accepts or condemns everything, a
// world in which nothing overlaps, models that are too strong. Every one must make the suite red.
import { describe, expect, test } from 'vitest'
import { negativeControls, seqlockStrategies } from '../../src/protocols/index.ts'
import { controlScenario } from '../../src/simulation/controls/seqlock-cases.ts'
import { smallWorld } from '../../src/simulation/controls/control-worlds.ts'
import type { ControlCase } from '../../src/simulation/controls/index.ts'
import { explore } from '../../src/simulation/explore.ts'
import type { Oracle } from '../../src/simulation/oracle.ts'
import { replay } from '../../src/simulation/replay.ts'
import type { RunEnd, Scenario } from '../../src/simulation/scenario.ts'
import { benignOracle } from '../../src/simulation/world.ts'
import { controlNamed, kernels, reviewControl } from './support/controls.ts'

const seed = Number(process.env['UNTORN_SEED'] ?? 0)
const naive = controlNamed('naive')

/** A scenario with another way to run; coverage stays the original's. */
function broken<S extends Scenario>(scenario: S, run: (oracle: Oracle) => RunEnd): S {
  return new Proxy(scenario, {
    get(target, key) {
      if (key === 'run') return run
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

type Breaks = (scenario: Scenario) => (oracle: Oracle) => RunEnd

function breakControl(control: ControlCase, breaks: Breaks): ControlCase {
  return {
    ...control,
    scenario: (model) => {
      const scenario = control.scenario(model)
      return broken(scenario, breaks(scenario))
    },
  }
}

const deaf: Breaks = (scenario) => () => scenario.run(benignOracle)
const lenient: Breaks = (scenario) => (oracle) => ({ ...scenario.run(oracle), violation: null })
const severe: Breaks = (scenario) => (oracle) => ({
  ...scenario.run(oracle),
  violation: { kind: 'torn', message: 'condemned' },
})

/** Of each kind: fetch, order of READs, owner's barriers, units, seals, completion. */
const sample = [
  'naive',
  'unfenced',
  'no-barrier-after-odd',
  'lines-on-words',
  'xor-checksum',
  'last-byte-of-write',
].map(controlNamed)

describe('canary', () => {
  test('a naive READ tears, and the smallest schedule that shows it is this one', () => {
    const scenario = naive.scenario('sharedMemory')
    const { verdict, counterexample } = explore(scenario, { strategy: 'exhaustive' })
    expect(verdict).toBe('violated')
    expect(counterexample).toMatchObject({
      tape: 'u1.0idt2pf.011',
      choices: [0, 1, 1],
      shrunk: true,
    })
    expect(counterexample?.violation.kind).toBe('mislabelled')
    const { end, trace } = replay(scenario, counterexample?.tape ?? '')
    expect(end.violation).toEqual(counterexample?.violation)
    // Nothing but the odd mark becomes visible, before the READ begins.
    const stores = trace.events.filter(({ kind, step }) => kind === 'store' && step > 0)
    expect(stores).toHaveLength(1)
  })

  // Shrinking ends where no single change helps: one departure more than the least, at most.
  test('random schedules shrink to nearly the same', () => {
    const { counterexample } = explore(naive.scenario('sharedMemory'), { seed })
    const { choices = [], shrunk } = counterexample ?? {}
    expect(shrunk).toBe(true)
    expect(choices.length).toBeLessThanOrEqual(5)
    const departures = choices.filter((choice) => choice !== 0).length
    expect([2, 3]).toContain(departures)
  })
})

describe.each(sample)('the suite about $name', (control) => {
  test('is green as it is', () => {
    expect(reviewControl(control).differences).toEqual([])
  })

  test('is red when the schedule is deaf', () => {
    expect(reviewControl(breakControl(control, deaf)).differences).not.toEqual([])
  })

  test('is red when the judge accepts everything', () => {
    expect(reviewControl(breakControl(control, lenient)).differences).not.toEqual([])
  })

  test('is red when the judge condemns everything', () => {
    expect(reviewControl(breakControl(control, severe)).differences).not.toEqual([])
  })

  test('is red when a weaker claim does not hold', () => {
    const weaker = control.weaker.map(({ claim }) => ({
      claim,
      scenario: () => control.scenario('minimal'),
    }))
    expect(reviewControl({ ...control, weaker }).differences).not.toEqual([])
  })

  test('is red when the table says that it is caught under other models', () => {
    const { caughtUnder } = control
    expect(
      reviewControl({ ...control, caughtUnder: caughtUnder.slice(1) }).differences,
    ).toHaveLength(1)
  })

  test('is red when models are too strong', () => {
    const ordered = {
      ...control,
      scenario: () =>
        control.scenario({
          atomicGranuleBytes: 64,
          sampling: 'ascending',
          replay: 'off',
          readAfterRead: 'ordered',
          writePlacement: 'ascending',
          cpu: 'tso',
        }),
    }
    expect(reviewControl(ordered).differences).not.toEqual([])
  })
})

describe('a verdict', () => {
  const turns = { quiescent: true, bursts: [1], onlyBursts: true } as const
  const world = (quiet: object): Scenario => {
    const small = { ...smallWorld(negativeControls.naive, 'minimal'), ...quiet }
    return controlScenario(negativeControls.naive, kernels, 'minimal', small)
  }

  test('is unknown where nothing overlaps, of a wrong protocol as of a right one', () => {
    expect(explore(world(turns), { strategy: 'exhaustive' })).toMatchObject({
      verdict: 'unknown',
      complete: true,
    })
    expect(explore(world({}), { strategy: 'exhaustive' }).verdict).toBe('violated')
  })

  test('is unknown where the schedule is deaf, however often it is asked', () => {
    const scenario = naive.scenario('minimal')
    const options = { seed, schedulesMax: 100 }
    const exploration = explore(broken(scenario, deaf(scenario)), options)
    expect(exploration).toMatchObject({ verdict: 'unknown', schedules: 100 })
  })

  test('is unknown where no result was judged', () => {
    const scenario = controlScenario(seqlockStrategies.fenced, kernels, 'minimal', {
      ...smallWorld(negativeControls.naive, 'minimal'),
      neverWritten: true,
    })
    const { coverage } = explore(scenario, { seed, schedulesMax: 20 })
    expect(coverage.results).toBe(0)
    expect(explore(scenario, { seed, schedulesMax: 20 }).verdict).toBe('unknown')
  })

  test('is violated for a right strategy under a judge that condemns everything', () => {
    const small = smallWorld(negativeControls['version-with-data'], 'minimal')
    const scenario = controlScenario(seqlockStrategies.fenced, kernels, 'minimal', small)
    expect(explore(scenario, { strategy: 'exhaustive' }).verdict).toBe('holds')
    const condemned = broken(scenario, severe(scenario))
    expect(explore(condemned, { strategy: 'exhaustive' }).verdict).toBe('violated')
  })
})
