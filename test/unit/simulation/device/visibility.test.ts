// Goal: what a simulated host stores is seen when the documentation says, and not before. Method: a
// region read word by word while the schedule is stepped by hand.
import { expect, test } from 'vitest'
import { Opcode } from '../../../../src/fabric/operation-ring.ts'
import { Status } from '../../../../src/fabric/status.ts'
import type { Program } from '../../../../src/simulation/program.ts'
import { endOf, openHosts } from './fixture.ts'

const rights = { remoteRead: true, remoteWrite: true, remoteAtomic: true }

test('stores of a port become visible step by step, those through bytes at once', () => {
  const { fabric, far } = openHosts({ model: 'sharedMemory' })
  const region = far.allocate(64, rights)
  const port = region.localMemory()
  const words = new BigUint64Array(region.bytes.buffer)
  port.storeWord(0, 1)
  port.storeWord(8, 2)
  words[2] = 3n
  expect([...words.subarray(0, 3)]).toEqual([0n, 0n, 3n])
  expect(port.loadWord(0)).toBe(1)
  fabric.settle(1)
  expect([...words.subarray(0, 3)]).toEqual([1n, 0n, 3n])
  expect(fabric.drained(far)).toBe(false)
  expect(fabric.settle()).toBe(1)
  expect([words[1], fabric.drained(far)]).toEqual([2n, true])
})

test('of the barriers only the full fence makes stores visible, also those of a frozen CPU', () => {
  const { fabric, far } = openHosts()
  const region = far.allocate(64, rights)
  const port = region.localMemory()
  const words = new BigUint64Array(region.bytes.buffer)
  fabric.freeze(far)
  port.storeWord(0, 1)
  for (const name of ['beforePayload', 'beforePublish', 'afterPublish'] as const) port.barrier(name)
  expect(words[0]).toBe(0n)
  port.barrier('beforeScan')
  expect(words[0]).toBe(1n)
})

test('a view holds what peers wrote before the last full fence', () => {
  const { far } = openHosts()
  const region = far.allocate(64, rights)
  const port = region.localMemory()
  const words = new BigUint64Array(region.bytes.buffer)
  words[1] = 4n
  const view = port.view(8, 8)
  expect([port.loadWord(8), view[0]]).toEqual([4, 0])
  port.storeWord(8, 6)
  expect([port.loadWord(8), view[0]]).toEqual([6, 6])
  port.barrier('beforeScan')
  words[1] = 5n
  expect([port.loadWord(8), view[0]]).toEqual([5, 6])
  port.barrier('beforeScan')
  expect(view[0]).toBe(5)
})

test('importing a region, posting and closing make its stores visible', async () => {
  const { near, far, farPair } = openHosts()
  const region = far.allocate(64, rights)
  const words = new BigUint64Array(region.bytes.buffer)
  const port = region.localMemory()
  port.storeWord(0, 1)
  near.importRegion(region.descriptor)
  expect(words[0]).toBe(1n)
  port.storeWord(0, 2)
  expect(words[0]).toBe(1n)
  const local = far.allocate(64)
  const remote = far.importRegion(near.allocate(64, rights).descriptor)
  farPair.ring.push(Opcode.Read, 0, farPair.nextId(), local.handle, 0, remote.handle, 0, 8)
  expect(farPair.submitAndPoll(0)).toBe(Status.Pending)
  expect(words[0]).toBe(2n)
  expect(await farPair.settle()).toBe(Status.Success)
  await region.close()
  expect(await endOf(() => port.storeWord(0, 3))).toEqual({ code: 'ERR_UNTORN_CLOSED' })
  expect(await endOf(() => region.localMemory())).toEqual({ code: 'ERR_UNTORN_CLOSED' })
})

test('a budget is spent in steps, and not waited for where nobody can go on', () => {
  const { fabric, near, far, nearPair, faults } = openHosts({ model: 'sharedMemory' })
  const landing = near.allocate(64)
  const remote = near.importRegion(far.allocate(64, rights).descriptor)
  const read = (budgetUs: number): number => {
    nearPair.ring.push(Opcode.Read, 0, nearPair.nextId(), landing.handle, 0, remote.handle, 0, 64)
    return nearPair.submitAndPoll(budgetUs)
  }
  expect(read(5)).toBe(Status.Pending)
  expect(fabric.world.steps).toBe(5)
  // Eight words are sampled, and land.
  expect(read(1000)).toBe(Status.Success)
  expect(fabric.world.steps).toBe(32)
  faults.holdCompletions()
  expect(read(2 ** 31 - 1)).toBe(Status.Pending)
  expect(fabric.world.steps).toBe(48)
})

test('whoever waits within a step is left pending, and served after it', async () => {
  const { fabric, near, far, nearPair } = openHosts()
  const landing = near.allocate(64)
  const owned = far.allocate(64, rights)
  const remote = near.importRegion(owned.descriptor)
  owned.bytes[0] = 7
  const statuses: number[] = []
  const program: Program = {
    name: 'impatient',
    ready: () => statuses.length === 0,
    act: () => {
      nearPair.ring.push(Opcode.Read, 0, nearPair.nextId(), landing.handle, 0, remote.handle, 0, 8)
      statuses.push(nearPair.submitAndPoll(1000))
    },
    mix: () => undefined,
  }
  fabric.addProgram(program)
  fabric.settle(1)
  expect(statuses).toEqual([Status.Pending])
  expect(await nearPair.settle()).toBe(Status.Success)
  expect(landing.bytes[0]).toBe(7)
})

test('a tape repeats what a seed decided', () => {
  const run = (oracle: number | string): [number[], number, string] => {
    const { fabric, near, far, nearPair } = openHosts({ model: 'rxe', oracle })
    const landing = near.allocate(64)
    const region = far.allocate(64, rights)
    const port = region.localMemory()
    const remote = near.importRegion(region.descriptor)
    const seen: number[] = []
    for (let round = 1; round <= 20; round += 1) {
      port.storeTagged(0, new Uint8Array(32).fill(round), round)
      nearPair.ring.push(Opcode.Read, 0, nearPair.nextId(), landing.handle, 0, remote.handle, 0, 64)
      nearPair.submitAndPoll(1000)
      seen.push(...landing.bytes)
    }
    return [seen, fabric.world.steps, fabric.tape()]
  }
  const seeded = run(11)
  expect(run(11)).toEqual(seeded)
  expect(run(seeded[2])).toEqual(seeded)
  expect(run(12)).not.toEqual(seeded)
})
