// Goal: no seqlock strategy fails where it claims to be sound, in as many worlds as there is time
// for. Method: arbitrary worlds (strategy, model of freely combined parameters, owner, readers,
// faults), each under random schedules of every kind, seed after seed until the time is spent. Not
// part of `npm test`: `npm run test:deep` sets the time, and prints what this file tells.
import fc from 'fast-check'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fingerprintOf } from '../../src/simulation/choice-tape.ts'
import type { Counterexample } from '../../src/simulation/exploration.ts'
import { replay } from '../../src/simulation/replay.ts'
import { formatReport } from '../../src/simulation/report/text-report.ts'
import { anyWorld } from '../property/support/seqlock-arbitraries.ts'
import {
  type SeqlockWorld,
  exploreWorld,
  seed,
  seqlockScenario,
} from '../property/support/seqlock-world.ts'

const BATCH = 64
const SCHEDULES = 400
const PROGRESS_MS = 30_000
const SLACK_MS = 120_000
const timeMs = Number(process.env['UNTORN_DEEP_MINUTES'] ?? 1) * 60_000

interface Sum {
  worlds: number
  schedules: number
  steps: number
  readonly verdicts: Record<'holds' | 'unknown' | 'violated', number>
}

/** Past the reporter, which keeps what tests print until they end. */
function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function describeSum({ worlds, schedules, steps, verdicts }: Sum): string {
  const { holds, unknown, violated } = verdicts
  const judged = `${holds} hold, ${unknown} unknown, ${violated} violated`
  return `seed ${seed}: ${worlds} worlds, ${schedules} schedules, ${steps} steps; ${judged}`
}

/** The story of a failed run, and how to see it again. */
function tell(world: SeqlockWorld, tape: string): boolean {
  const scenario = seqlockScenario(world)
  const { end, trace } = replay(scenario, tape, fingerprintOf(JSON.stringify(world)))
  const { violation } = end
  if (violation === null) return false
  const { name: scenarioName, model } = scenario
  say(formatReport({ scenarioName, violation, tape, model, trace }))
  say(`npm run test:deep -- --world '${JSON.stringify(world)}' --tape ${tape}`)
  return true
}

/** Explores one world; returns what refutes it. */
function take(world: SeqlockWorld, number: number, sum: Sum): Counterexample | undefined {
  const exploration = exploreWorld(world, { seed: seed + number, schedulesMax: SCHEDULES })
  sum.worlds += 1
  sum.schedules += exploration.schedules
  sum.steps += exploration.steps
  sum.verdicts[exploration.verdict] += 1
  return exploration.counterexample
}

const given = process.env['UNTORN_DEEP_WORLD']

test.runIf(given !== undefined)('the given world and tape', () => {
  const world = JSON.parse(given ?? '{}') as SeqlockWorld
  expect(tell(world, process.env['UNTORN_DEEP_TAPE'] ?? ''), 'it fails').toBe(false)
})

test.runIf(given === undefined)(
  'arbitrary worlds until the time is spent',
  async () => {
    const sum: Sum = {
      worlds: 0,
      schedules: 0,
      steps: 0,
      verdicts: { holds: 0, unknown: 0, violated: 0 },
    }
    const start = performance.now()
    let toldAt = start
    for (let batch = 0; performance.now() - start < timeMs; batch += 1) {
      const worlds = fc.sample(anyWorld, { seed: (seed + batch) | 0, numRuns: BATCH })
      for (const world of worlds) {
        const counterexample = take(world, sum.worlds, sum)
        if (counterexample !== undefined) {
          tell(world, counterexample.tape)
          say(describeSum(sum))
          expect.unreachable(counterexample.violation.message)
        }
        if (performance.now() - start >= timeMs) break
        // The runner has to hear from this process now and then.
        await setImmediate()
      }
      if (performance.now() - toldAt < PROGRESS_MS) continue
      toldAt = performance.now()
      say(describeSum(sum))
    }
    say(describeSum(sum))
    // Worlds in which nothing could have gone wrong are few: owners that abort and do nothing else.
    expect(sum.verdicts.holds).toBeGreaterThan(0.9 * sum.worlds)
  },
  timeMs + SLACK_MS,
)
