// Goal: a simulated device refuses what real ones refuse, and says what it guarantees. Method: each
// mistake alone, by its code or status.
import { describe, expect, test } from 'vitest'
import type { RegionDescriptor } from '../../../../src/fabric/contract.ts'
import { Opcode } from '../../../../src/fabric/operation-ring.ts'
import { Status } from '../../../../src/fabric/status.ts'
import { simulatedFabric } from '../../../../src/simulation/device/index.ts'
import { HandleTable, HandleTags } from '../../../../src/simulation/device/handle-table.ts'
import type { Oracle } from '../../../../src/simulation/oracle.ts'
import { endOf, openHosts, openPair } from './fixture.ts'

describe('keys', () => {
  test.each([
    ['another key', (good: RegionDescriptor) => ({ ...good, remoteKey: 999 })],
    ['more rights than were granted', (good: RegionDescriptor) => ({ ...good, access: 6 })],
    ['more bytes than there are', (good: RegionDescriptor) => ({ ...good, lengthBytes: 128 })],
    ['another fabric', (good: RegionDescriptor) => ({ ...good, inode: '1' })],
  ])('a descriptor with %s reaches nothing', (_, forge) => {
    const { near, far, nearPair } = openHosts()
    const { descriptor } = far.allocate(64, { remoteRead: true })
    const landing = near.allocate(64)
    const remote = near.importRegion(forge(descriptor))
    nearPair.ring.push(Opcode.Read, 0, nearPair.nextId(), landing.handle, 0, remote.handle, 0, 8)
    expect(nearPair.submitAndPoll(1000)).toBe(Status.RemoteAccess)
  })

  test('handles of one device mean nothing to another', () => {
    const { near, far, nearPair } = openHosts()
    const foreign = far.allocate(64)
    const remote = near.importRegion(far.allocate(64, { remoteRead: true }).descriptor)
    nearPair.ring.push(Opcode.Read, 0, nearPair.nextId(), foreign.handle, 0, remote.handle, 0, 8)
    expect(nearPair.submitAndPoll(1000)).toBe(Status.UnknownRegion)
  })

  test('handles are 31 bits, never 0, and a freed index gets another tag', () => {
    const table = new HandleTable<string>(new HandleTags())
    const first = table.insert('a')
    table.remove(first)
    const second = table.insert('b')
    expect([table.find(first), table.find(second), table.find(0)]).toEqual([
      undefined,
      'b',
      undefined,
    ])
    expect(table.used).toBe(1)
    for (let round = 0; round < 20_000; round += 1) {
      const handle = table.insert('c')
      expect(handle > 0 && handle < 2 ** 31 && Number.isInteger(handle)).toBe(true)
      table.remove(handle)
    }
  })
})

test.each([Opcode.Read, Opcode.Write, Opcode.WriteWithImmediate])(
  'operation %i of no bytes has its turn and succeeds',
  (opcode) => {
    const { near, far, nearPair, farPair } = openHosts()
    farPair.ring.push(Opcode.Receive, 0, 1, 0, 0, 0, 0, 0)
    expect(farPair.postReceives()).toBe(Status.Success)
    const landing = near.allocate(64)
    const rights = { remoteRead: true, remoteWrite: true }
    const remote = near.importRegion(far.allocate(64, rights).descriptor)
    nearPair.ring.push(opcode, 0, nearPair.nextId(), landing.handle, 64, remote.handle, 64, 0)
    expect(nearPair.submitAndPoll(1000)).toBe(Status.Success)
  },
)

test('endpoints: one peer each, of this fabric and provider', async () => {
  const { near, nearPair, farPair } = openHosts()
  const third = near.createQueuePair()
  const connect = (endpoint: typeof farPair.endpoint): Promise<unknown> =>
    endOf(() => third.connect(endpoint))
  expect(await connect(farPair.endpoint)).toEqual({ code: 'ERR_UNTORN_BUSY' })
  expect(await endOf(() => nearPair.connect(third.endpoint))).toEqual({ code: 'ERR_UNTORN_BUSY' })
  const elsewhere = simulatedFabric().openDevice().createQueuePair()
  expect(await connect(elsewhere.endpoint)).toEqual({ code: 'ERR_UNTORN_PEER_LOST' })
  expect(await connect({ provider: 'verbs' })).toEqual({ code: 'ERR_UNTORN_ARGUMENT' })
  expect(third.state).toBe('init')
})

test('a fabric refuses names that are taken, models and tapes that are none', async () => {
  const fabric = simulatedFabric()
  fabric.openDevice('twin')
  const refused = { code: 'ERR_UNTORN_ARGUMENT' }
  expect(await endOf(() => fabric.openDevice('twin'))).toEqual(refused)
  expect(await endOf(() => simulatedFabric({ oracle: 'no tape' }))).toEqual(refused)
  expect(await endOf(() => simulatedFabric({ oracle: 0.5 }))).toEqual(refused)
  expect(await endOf(() => simulatedFabric({ oracle: {} as Oracle }))).toEqual(refused)
  expect(await endOf(() => simulatedFabric({ model: 'ideal' as 'rxe' }))).toEqual(refused)
  expect(await endOf(() => fabric.crash(simulatedFabric().openDevice()))).toEqual(refused)
})

test('capabilities are the model’s, and strategies unsound there are refused', async () => {
  const { near } = openHosts({ model: 'nicX86' })
  expect(near.capabilities).toMatchObject({
    atomicGranuleBytes: 64,
    sampling: 'arbitrary',
    readAfterRead: 'unordered',
    replay: true,
    writeCompletion: 'accepted',
    atomics: 'hca',
    relaxedOrdering: false,
  })
  expect(near.capabilities.evidence[0]).toMatch(/^granule 64: .*nicX86/)
  const unsound = { code: 'ERR_UNTORN_UNSOUND' }
  expect(await endOf(() => openPair({ model: 'bytes' }, { strategy: 'fenced' }))).toEqual(unsound)
})
