// Goal: what a queue pair holds of its responder's NIC it lets go whenever it loses its operations,
// and no two queue pairs are taken for one. Method: atomics of two queue pairs through one NIC, the
// first stopped between load and store.
import { describe, expect, it } from 'vitest'
import { Opcode } from '../../../src/fabric/operation-ring.ts'
import type { SimulatedMemory } from '../../../src/simulation/simulated-memory.ts'
import type { SimulatedQueuePair } from '../../../src/simulation/queue-pair.ts'
import { samplingPresets } from '../../../src/simulation/sampling-model.ts'
import { World } from '../../../src/simulation/world.ts'

const DEPTH = 5000

interface Setting {
  readonly world: World
  readonly first: SimulatedQueuePair
  readonly second: SimulatedQueuePair
  readonly region: SimulatedMemory
  add(queuePair: SimulatedQueuePair): void
}

function setting(): Setting {
  const world = new World(samplingPresets.rxe)
  const region = world.addMemory('region', 8)
  const landing = world.addMemory('landing', 8)
  const first = world.addQueuePair('first', { depth: DEPTH })
  const second = world.addQueuePair('second', { depth: DEPTH })
  const add = (queuePair: SimulatedQueuePair): void => {
    queuePair.post(Opcode.FetchAndAdd, 0, 1, landing, 0, region, 0, 8, 1n)
  }
  return { world, first, second, region, add }
}

/** The first queue pair's atomic has loaded and not stored. */
function halfway(depthUsed = 0): Setting {
  const set = setting()
  for (let count = 0; count < depthUsed; count += 1) {
    set.add(set.first)
    set.world.run(Infinity)
  }
  set.add(set.first)
  expect(set.world.step()).toBe(true)
  set.add(set.second)
  expect(set.second.options()).toBe(0)
  return set
}

describe('an atomic between its halves', () => {
  it.each([0, 4094, 4095, 4500])('excludes those of other queue pairs, in slot %i', (slot) => {
    const { world, region, second } = halfway(slot)
    world.run(Infinity)
    expect(second.inFlight).toBe(0)
    expect(new DataView(region.bytes.buffer).getBigUint64(0, true)).toBe(BigInt(slot + 2))
  })

  it.each(['reset', 'fail'] as const)('excludes nobody after %s', (end) => {
    for (const slot of [0, 4095]) {
      const { world, first, second } = halfway(slot)
      first[end]()
      world.run(Infinity)
      expect(second.inFlight).toBe(0)
    }
  })
})
