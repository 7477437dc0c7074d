// Goal: whoever dies or stops at whatever point, a user who comes afterwards can read, and where an owner
// lives, publish and get all room back; and readers beside a frozen owner end typed. Method: the crash
// matrix over the benign and over sampled schedules; a canary shows that it would notice.
import { describe, expect, test } from 'vitest'
import {
  type SwappingDeed,
  cellPartyWorld,
  writerPartyWorld,
  writerScenario,
} from '../../src/simulation/cell/index.ts'
import { explore } from '../../src/simulation/explore.ts'
import { crashMatrix } from '../../src/simulation/party/index.ts'
import { right, seed } from './support/cell-world.ts'

const presets = ['sharedMemory', 'rxe', 'minimal'] as const

describe.each(presets)('under %s', (model) => {
  test('an owner or a reader that dies or stops leaves a cell that can be read', () => {
    const world = cellPartyWorld(
      {
        payloadBytes: 8,
        owner: ['store', 'scan', 'store'],
        readers: [['pin', 'part', 'drop']],
        afterwards: ['load', 'pin', 'part', 'drop', 'load'],
      },
      right,
    )
    for (const mishap of ['crash', 'freeze'] as const) {
      const options = { model, parties: ['owner', 'r1'], mishap, samples: 8, seed }
      const { points, failures } = crashMatrix(world, options)
      expect(failures).toEqual([])
      expect(points['owner']).toBeGreaterThan(9 * 5)
      expect(points['r1']).toBeGreaterThan(9 * 4)
    }
  })

  test('a writer that dies leaves its place, and updates that are whole or not there', () => {
    const world = writerPartyWorld(
      {
        payloadBytes: 8,
        owner: ['bury', 'learn', 'update', 'scan', 'audit'],
        writers: [['update', 'load', 'update']],
        afterwards: ['load', 'load'],
      },
      right,
    )
    const { points, failures } = crashMatrix(world, { model, parties: ['w1'], samples: 12, seed })
    expect(failures).toEqual([])
    expect(points['w1']).toBeGreaterThan(13 * 4)
  })
})

describe('it would be noticed', () => {
  const payloadBytes = 8
  const writers = [['update']] as const
  const kindOf = (owner: readonly SwappingDeed[]): string | undefined => {
    const world = { model: 'nicX86', payloadBytes, owner, writers } as const
    return explore(writerScenario(world, right), { strategy: 'exhaustive' }).counterexample
      ?.violation.kind
  }

  test('if a place were not taken back', () => {
    expect(kindOf(['bury', 'learn', 'update', 'scan', 'audit'])).toBeUndefined()
    expect(kindOf(['learn', 'update', 'scan', 'audit'])).toBe('leak')
  })

  test('if what was replaced were not reclaimed', () => {
    expect(kindOf(['bury', 'learn', 'update', 'audit'])).toBe('leak')
  })

  test('if a user who comes afterwards could not read', () => {
    // Its owner has closed it.
    const world = cellPartyWorld(
      { payloadBytes, owner: ['close'], readers: [], afterwards: ['load'] },
      right,
    )
    const options = { model: 'rxe', parties: ['r1'], samples: 0 } as const
    expect(() => crashMatrix(world, options)).toThrow('could not read')
  })
})
