// Goal: verdicts are earned, counterexamples are small and can be had again, and a scenario that
// does not repeat itself is refused. Method: toy scenarios with and without a race, and broken ones.
import { expect, test } from 'vitest'
import { fingerprintOf, formatTape } from '../../../src/simulation/choice-tape.ts'
import { type ExploreOptions, strategyNames } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import { ChoiceLabel, type Oracle } from '../../../src/simulation/oracle.ts'
import { replay } from '../../../src/simulation/replay.ts'
import type { StateHash } from '../../../src/simulation/state-hash.ts'
import { ToyScenario, type ToyStep, idle, idleThreads, lostUpdate } from './support/toy-scenario.ts'

const argumentError = expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }) as Error
const seed = Number(process.env['UNTORN_SEED'] ?? 1)

test.each(strategyNames)('%s finds the lost update and its smallest schedule', (strategy) => {
  const toy = lostUpdate(2, 2)
  const result = explore(toy, { strategy, seed, depth: 2 })
  expect(result).toMatchObject({ verdict: 'violated', complete: false, strategy, seed })
  expect(result.violations).toEqual({ lost: 1 })
  expect(result.counterexample).toMatchObject({
    violation: { kind: 'lost', message: '1 additions' },
    // Thread 0 goes on through its load, then thread 1 has its turn until it ends.
    choices: [0, 0, 0, 1],
    shrunk: true,
  })
  expect(result.counterexample?.tape).toBe(`u1.${fingerprintOf(toy.name)}.0C1`)
})

test('a counterexample replays, and not in another scenario', () => {
  const toy = lostUpdate(2, 2)
  const tape = explore(toy, { seed }).counterexample?.tape ?? ''
  const { end, trace } = replay(toy, tape)
  expect(end).toMatchObject({ violation: { kind: 'lost' }, steps: 16, cut: false })
  expect(trace.events.map((event) => event.actor).join('')).toBe(
    `${'t0'.repeat(3)}${'t1'.repeat(8)}${'t0'.repeat(5)}`,
  )
  expect(() => replay(lostUpdate(2, 3), tape)).toThrow(argumentError)
  expect(() => replay(toy, 'u1..0?')).toThrow(argumentError)
  expect(replay(toy, 'u1..0001').end.violation?.kind).toBe('lost')
  expect(replay(toy, 'u1..').end.violation).toBeNull()
})

test('choices within steps are shrunk with their own kind of violation', () => {
  const roll: ToyStep = (words, choose) => {
    words[0] = Math.max(words[0] as number, choose(100, ChoiceLabel.Scenario))
  }
  const toy = new ToyScenario({
    name: 'dice',
    wordCount: 1,
    threads: [
      [roll, roll, roll],
      [roll, roll],
    ],
    judge: (words) => {
      const most = words[0] as number
      if (most >= 97) return { kind: 'huge', message: String(most) }
      return most >= 45 && most < 55 ? { kind: 'large', message: String(most) } : null
    },
  })
  for (const kind of ['huge', 'large']) {
    let result = explore(toy, { strategy: 'random', seed: 0 })
    for (let at = 1; result.counterexample?.violation.kind !== kind; at += 1) {
      result = explore(toy, { strategy: 'random', seed: at })
    }
    expect(result.counterexample.violation.message).toBe(kind === 'huge' ? '97' : '45')
    expect(result.counterexample.choices.filter((choice) => choice > 0)).toHaveLength(1)
  }
})

test('counting goes on past the first violation when asked to', () => {
  const result = explore(lostUpdate(2), { seed, stopAtFirst: false, schedulesMax: 500 })
  expect(result.schedules).toBe(500)
  expect(result.violations['lost']).toBeGreaterThan(50)
})

test('the same seed explores the same schedules, another one others', () => {
  for (const strategy of ['random', 'biased', 'pct', 'mixed'] as const) {
    const outcome = (given: number) => {
      const options = { strategy, seed: given, stopAtFirst: false, schedulesMax: 300 }
      return explore(lostUpdate(3, 2), options).violations['lost']
    }
    const first = [1, 2, 3, 4, 5].map(outcome)
    expect([1, 2, 3, 4, 5].map(outcome)).toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(1)
  }
})

test('without violation it holds, unless nothing could have gone wrong', () => {
  const holds = explore(idleThreads(3, 3), { seed, schedulesMax: 100 })
  expect(holds).toMatchObject({ verdict: 'holds', complete: false, schedules: 100 })
  expect(holds.coverage.results).toBe(100)
  expect(holds.counterexample).toBeUndefined()
  const alone = explore(idleThreads(3), { seed, schedulesMax: 100 })
  expect(alone.coverage).toEqual({ overlaps: 0, retries: 0, faults: 0, results: 100 })
  expect(alone.verdict).toBe('unknown')
  const complete = explore(idleThreads(3), { strategy: 'exhaustive' })
  expect(complete).toMatchObject({ verdict: 'unknown', complete: true, schedules: 1 })
})

class Blind extends ToyScenario {
  override run(oracle: Oracle) {
    const end = super.run(oracle)
    this.coverage.results = 0
    return end
  }
}

test('where the judge looked at nothing, nothing is known', () => {
  const toy = new Blind({
    name: 'blind',
    wordCount: 1,
    threads: [
      [idle, idle],
      [idle, idle],
    ],
  })
  const result = explore(toy, { strategy: 'exhaustive' })
  expect(result).toMatchObject({ verdict: 'unknown', complete: true })
  expect(result.coverage.overlaps).toBeGreaterThan(0)
})

test('coverage counts schedules, not checks and shrinking; earlier runs are not counted', () => {
  const toy = lostUpdate(2)
  toy.run({ choose: () => 0, schedule: () => 0 })
  const before = { ...toy.coverage }
  const result = explore(toy, { seed, stopAtFirst: false, schedulesMax: 64 })
  expect(result.coverage.results).toBe(64)
  expect(toy.coverage.results).toBe(before.results + 64)
  expect(toy.runs).toBeGreaterThan(64 + 8)
})

test('checks of determinism cost less than two per cent', () => {
  const toy = idleThreads(3, 3)
  explore(toy, { seed, schedulesMax: 10_000 })
  expect(toy.runs).toBeGreaterThan(10_000)
  expect(toy.runs).toBeLessThan(10_200)
})

class Leaking extends ToyScenario {
  override run(oracle: Oracle) {
    // An actor's worth of questions more in every other run.
    if (this.runs % 2 === 1) oracle.choose(2, ChoiceLabel.Scenario)
    return super.run(oracle)
  }
}

class Drifting extends ToyScenario {
  override mix(hash: StateHash): void {
    hash.mix(this.runs)
    super.mix(hash)
  }
}

class Moody extends ToyScenario {
  override run(oracle: Oracle) {
    const end = super.run(oracle)
    return this.runs === 1 ? end : { ...end, steps: end.steps + 1 }
  }
}

class Fleeting extends ToyScenario {
  override run(oracle: Oracle) {
    const end = super.run(oracle)
    if (this.runs !== 15) return end
    return { ...end, violation: { kind: 'once', message: 'never again' } }
  }
}

test.each([Leaking, Drifting, Moody, Fleeting])(
  'a scenario that does not repeat itself is refused: %o',
  (Broken) => {
    for (const strategy of ['exhaustive', 'mixed'] as const) {
      const step: ToyStep = (words) => (words[0] = (words[0] as number) + 1)
      const threads = [
        [step, step, step],
        [step, step, step],
      ]
      const toy = new Broken({ name: 'broken', wordCount: 1, threads })
      const options: ExploreOptions = { strategy, seed, prune: false, schedulesMax: 100 }
      expect(() => explore(toy, options)).toThrow('not deterministic')
    }
  },
)

test('an exhaustive exploration notices at once that questions changed', () => {
  let runs = 0
  const step: ToyStep = (_, choose) => void choose(runs > 2 ? 3 : 2, ChoiceLabel.Piece)
  const toy = new ToyScenario({
    name: 'changing',
    wordCount: 1,
    threads: [[() => void (runs += 1), step, step, step]],
  })
  // The first sample, three runs, is over before the change: only the repeated part can tell.
  runs = -2
  expect(() => explore(toy, { strategy: 'exhaustive' })).toThrow('not deterministic')
})

test('an exhaustive exploration notices that a run did not ask all that it has to repeat', () => {
  let runs = 0
  const step: ToyStep = (_, choose) => void (runs > 2 ? 0 : choose(2, ChoiceLabel.Piece))
  const toy = new ToyScenario({
    name: 'ending early',
    wordCount: 1,
    threads: [[() => void (runs += 1), step, step, step]],
  })
  runs = -2
  expect(() => explore(toy, { strategy: 'exhaustive' })).toThrow('not deterministic')
})

test.each<ExploreOptions>([
  { strategy: 'clever' as 'random' },
  { seed: 0.5 },
  { schedulesMax: 0 },
  { timeMs: 0 },
  { timeMs: Number.NaN },
  { depth: 4 },
  { statesMax: -1 },
  { deviationsMax: -1 },
  { shrinkRunsMax: 1.5 },
  { fingerprint: 'No' },
])('%j is refused before any run', (options) => {
  const toy = idleThreads(1)
  expect(() => explore(toy, options)).toThrow(argumentError)
  expect(toy.runs).toBe(0)
})

test('a tape is written with the fingerprint given', () => {
  const toy = lostUpdate(2)
  const { counterexample } = explore(toy, { seed, fingerprint: 'mine' })
  expect(counterexample?.tape).toBe(formatTape([0, 1], 'mine'))
  expect(replay(toy, 'u1.mine.01', 'mine').end.violation?.kind).toBe('lost')
  expect(() => replay(toy, 'u1.mine.01')).toThrow(argumentError)
})
