// Goal: the worlds of RCU cells that are too large to explore whole hold under as many random schedules
// as there is time for, under every preset, `bytes` included. Method: seed after seed until the time is
// spent; not part of `npm test`, and not run when the other deep file replays a world.
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import {
  type AnyCellWorld,
  describeExploration,
  exploreCell,
  right,
  seed,
} from '../property/support/cell-world.ts'
import { larger, small } from '../property/support/cell-worlds.ts'

const SCHEDULES = 1000
const SLACK_MS = 120_000
const timeMs = Number(process.env['UNTORN_DEEP_MINUTES'] ?? 1) * 60_000
const worlds: readonly (readonly [string, AnyCellWorld])[] = Object.entries({ ...larger, ...small })

test.skipIf(process.env['UNTORN_DEEP_WORLD'] !== undefined)(
  'random schedules of cells, seed after seed',
  async () => {
    const endMs = performance.now() + timeMs
    let schedules = 0
    for (let round = 0; performance.now() < endMs; round += 1) {
      for (const [name, world] of worlds) {
        for (const model of samplingPresetNames) {
          const options = { seed: (seed + round) % 2 ** 31, schedulesMax: SCHEDULES }
          const exploration = exploreCell(world, model, right, options)
          schedules += exploration.schedules
          const told = `${name}, ${model}: ${describeExploration(world, exploration)}`
          expect(exploration.counterexample, told).toBeUndefined()
          // Lets the runner hear that this is alive.
          await setImmediate()
          if (performance.now() > endMs) break
        }
      }
    }
    process.stderr.write(`cells: ${schedules} schedules hold\n`)
  },
  timeMs + SLACK_MS,
)
