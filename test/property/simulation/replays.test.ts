// Goal: leaving replays out of the exploration where they do not matter (`replaysMatter`) loses no
// outcome; readers alone never notice them, whatever the order of sampling. (Who writes after a READ
// may: the litmus programs show that.) Method: the same worlds explored exhaustively with all
// replays, with those that are thought to matter, and with none.
import { describe, expect, test } from 'vitest'
import { explore } from '../../../src/simulation/explore.ts'
import { samplingModel } from '../../../src/simulation/sampling-model.ts'
import { type SeqlockWorld, seqlockScenario } from '../support/seqlock-world.ts'

const publish = { kind: 'publish' } as const
const schemes = ['fenced', 'hash', 'words', 'naive', 'unfenced'] as const

function explored(world: SeqlockWorld): { outcomes: ReadonlySet<string>; schedules: number } {
  const outcomes = new Set<string>()
  const observe = (outcome: unknown): void => void outcomes.add(JSON.stringify(outcome))
  const { complete, schedules } = explore(seqlockScenario(world, { observe }), {
    strategy: 'exhaustive',
    stopAtFirst: false,
    shrinkRunsMax: 0,
    schedulesMax: 100_000,
  })
  expect(complete).toBe(true)
  return { outcomes, schedules }
}

function small(scheme: SeqlockWorld['scheme'], model: SeqlockWorld['model']): SeqlockWorld {
  const owner = { payloadBytes: 8, ownerSteps: [publish], attemptsMax: 2 }
  return { scheme, model, ...owner, readers: [[{ kind: 'read' }]] }
}

describe.each(schemes)('%s', (scheme) => {
  test.each([1, 2])('arbitrary sampling, up to %i replays of a READ', (replaysMax) => {
    for (const cpu of ['tso', 'weak'] as const) {
      const model = samplingModel({ sampling: 'arbitrary', replay: 'suffix', replaysMax, cpu })
      const few = explored(small(scheme, model))
      const all = explored({ ...small(scheme, model), allReplays: true })
      expect(all.outcomes).toEqual(few.outcomes)
      // The replays were there.
      expect(all.schedules).toBeGreaterThan(few.schedules)
    }
  })
})

/** Packets ascend, and what is sampled again is sampled later: in the end no order is new. */
test.each(['ascending', 'descendingInPacket', 'eitherInPacket'] as const)(
  'packets in order, %s: two packets, the second again',
  (sampling) => {
    for (const scheme of ['words', 'both-ends'] as const) {
      const large = {
        ...small(scheme, {}),
        payloadBytes: scheme === 'words' ? 36 : 56,
        attemptsMax: 1,
      }
      const once = explored({ ...large, model: { sampling, replay: 'off', cpu: 'tso' } })
      const again = explored({ ...large, model: { sampling, replay: 'suffix', cpu: 'tso' } })
      expect(again.outcomes).toEqual(once.outcomes)
      expect(again.schedules).toBeGreaterThan(once.schedules)
    }
  },
)
