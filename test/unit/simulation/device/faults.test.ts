// Goal: whatever goes wrong below a read ends it with a code or with whole, fresh bytes, and nothing
// of it stays behind. Method: each fault on a simulated device, under both drivers.
import { describe, expect, test } from 'vitest'
import { Status } from '../../../../src/fabric/status.ts'
import { Opcode } from '../../../../src/fabric/operation-ring.ts'
import { BYTES, drivers, endOf, openHosts, openPair, payloadOf } from './fixture.ts'

const nothing = { regions: 0, regionBytes: 0, remoteRegions: 0, queuePairs: 0 }
const few = { attemptsMax: 5, backOff: { maxUs: 1 } }
const timeout = { code: 'ERR_UNTORN_TIMEOUT' }

describe.each(drivers)('%s', (_, read) => {
  test('a delayed completion: a time-out, then the slot comes back', async () => {
    const { fabric, near, far, faults, owner, reader, close } = await openPair({}, {}, few)
    faults.holdCompletions()
    expect(await endOf(() => read(reader, { timeoutMs: 20 }))).toEqual(timeout)
    expect(near.accounting().operationsInFlight).toBeGreaterThan(0)
    const version = owner.write(payloadOf(4))
    fabric.settle()
    faults.releaseCompletions()
    // Late completions belong to nobody; their landing memory is given back, their bytes to no one.
    expect(await endOf(() => read(reader))).toEqual({ version, bytes: payloadOf(4) })
    await new Promise((resolve) => setImmediate(resolve))
    expect(near.accounting().operationsInFlight).toBe(0)
    await close()
    for (const device of [near, far]) expect(device.accounting()).toMatchObject(nothing)
  })

  test('landing memory of a timed-out read is in nobody’s hands until its completion', async () => {
    const { fabric, near, faults, owner, reader } = await openPair({}, {}, few)
    faults.holdCompletions()
    for (let round = 0; round < 4; round += 1) {
      expect(await endOf(() => read(reader, { timeoutMs: 20 }))).toEqual(timeout)
      owner.write(payloadOf(owner.version + 2))
      fabric.settle()
    }
    const regions = near.accounting().regionBytes
    faults.releaseCompletions()
    for (let round = 0; round < 100; round += 1) {
      expect(await endOf(() => read(reader))).toMatchObject({ bytes: payloadOf(owner.version) })
      owner.write(payloadOf(owner.version + 2))
      fabric.settle()
    }
    // The slots that were quarantined serve again: no more memory was needed.
    expect(near.accounting()).toMatchObject({ operationsInFlight: 0, regionBytes: regions })
  })

  test('a reader that closes waits for the late completion of a read that timed out', async () => {
    const { near, faults, reader } = await openPair({}, {}, few)
    faults.holdCompletions()
    expect(await endOf(() => read(reader, { timeoutMs: 20 }))).toEqual(timeout)
    let closed = false
    const closing = reader.close().then(() => (closed = true))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect([closed, near.accounting().regions]).toEqual([false, 1])
    faults.releaseCompletions()
    await closing
    expect(near.accounting()).toMatchObject({ regions: 0, operationsInFlight: 0 })
  })

  test('a read whose budget ends in the middle of its READs', async () => {
    const { fabric, near, owner, reader } = await openPair({ model: 'rxe', oracle: 5 }, {}, few)
    for (let steps = 1; steps <= 40; steps += 1) {
      const end = await endOf(() => read(reader, { timeoutMs: steps / 1000 }))
      if ((end as { code?: unknown }).code === undefined) {
        expect(end).toMatchObject({ bytes: payloadOf(owner.version) })
      } else {
        expect(end).toEqual(timeout)
      }
      owner.write(payloadOf(owner.version + 2))
      fabric.settle()
      const whole = { version: owner.version, bytes: payloadOf(owner.version) }
      expect(await endOf(() => read(reader))).toEqual(whole)
    }
    expect(near.accounting().operationsInFlight).toBe(0)
  })

  test('completions told twice are ignored the second time', async () => {
    const { fabric, near, faults, owner, reader } = await openPair({}, {}, few)
    for (let round = 0; round < 50; round += 1) {
      expect(await endOf(() => read(reader))).toMatchObject({ bytes: payloadOf(owner.version) })
      expect(faults.repeatCompletion()).toBe(true)
      owner.write(payloadOf(owner.version + 2))
      fabric.settle()
    }
    expect(near.accounting().operationsInFlight).toBe(0)
  })

  test('a queue pair that breaks while a read waits', async () => {
    const { fabric, near, faults, reader } = await openPair({}, {}, few)
    const broken = { code: 'ERR_UNTORN_REMOTE', status: Status.Flushed }
    faults.holdCompletions()
    const end = endOf(() => reader.read())
    await new Promise((resolve) => setImmediate(resolve))
    faults.break()
    expect(await end).toEqual(broken)
    expect(await endOf(() => read(reader))).toEqual(broken)
    fabric.settle()
    expect(near.accounting().operationsInFlight).toBe(0)
  })

  test('a host that crashes answers nobody', async () => {
    const { fabric, near, far, owner, reader, close } = await openPair({}, {}, few)
    await read(reader)
    fabric.crash(far)
    owner.write(payloadOf(4))
    const lost = { code: 'ERR_UNTORN_REMOTE', status: Status.RetryExceeded }
    expect(await endOf(() => read(reader))).toEqual(lost)
    expect(await endOf(() => far.allocate(64))).toEqual({ code: 'ERR_UNTORN_SYSTEM' })
    await close()
    for (const device of [near, far]) expect(device.accounting()).toMatchObject(nothing)
  })

  test('a region deregistered between two reads', async () => {
    const { owner, reader } = await openPair({}, {}, few)
    await read(reader)
    await owner.close()
    const end = { code: 'ERR_UNTORN_REMOTE', status: Status.RemoteAccess }
    expect(await endOf(() => read(reader))).toEqual(end)
  })

  test.each(['fenced', 'hash', 'words'] as const)(
    '%s: a writer stopped after any of its stores',
    async (strategy) => {
      let stopped = 0
      for (let stores = 0; stores < 40; stores += 1) {
        const { fabric, far, owner, reader, close } = await openPair({}, { strategy }, few)
        owner.write(payloadOf(4))
        fabric.settle(stores)
        fabric.freeze(far)
        const end = await endOf(() => read(reader))
        const { version } = end as { version?: number }
        if (version === undefined) {
          stopped += 1
          expect(['ERR_UNTORN_WRITER_ACTIVE', 'ERR_UNTORN_RETRIES_EXHAUSTED']).toContain(
            (end as { code: string }).code,
          )
        } else {
          expect(end).toEqual({ version, bytes: payloadOf(version) })
        }
        fabric.thaw(far)
        fabric.settle()
        expect(await endOf(() => read(reader))).toEqual({ version: 4, bytes: payloadOf(4) })
        await close()
      }
      expect(stopped).toBeGreaterThan(0)
    },
  )
})

test('a region deregistered in the middle of a READ', async () => {
  const { near, far, nearPair } = openHosts({ model: 'minimal' })
  const landing = near.allocate(BYTES)
  const owned = far.allocate(BYTES, { remoteRead: true })
  const remote = near.importRegion(owned.descriptor)
  nearPair.ring.push(Opcode.Read, 0, nearPair.nextId(), landing.handle, 0, remote.handle, 0, BYTES)
  expect(nearPair.submitAndPoll(3)).toBe(Status.Pending)
  expect([landing.pins, nearPair.inFlight]).toEqual([1, 1])
  await owned.close()
  expect(await nearPair.settle()).toBe(Status.RemoteAccess)
  expect([landing.pins, nearPair.inFlight, nearPair.state]).toEqual([0, 0, 'error'])
})

// Under `minimal` too, where explorations leave replays out: an ordered fault happens.
test.each(['rxe', 'minimal'] as const)('%s: a lost response repeats a READ', async (model) => {
  const { fabric, owner, reader } = await openPair({ model }, { strategy: 'hash' })
  reader.readSync()
  const before = fabric.world.steps
  reader.readSync()
  const steps = fabric.world.steps - before
  fabric.loseResponse()
  expect(reader.readSync().bytes).toEqual(payloadOf(owner.version))
  expect(fabric.world.steps - before).toBeGreaterThanOrEqual(2.5 * steps)
})

test('messages without a receive, and to a peer that is gone', async () => {
  const { near, nearPair, farPair } = openHosts()
  const local = near.allocate(64)
  const send = (): number => {
    nearPair.ring.push(Opcode.Send, 0, nearPair.nextId(), local.handle, 0, 0, 0, 8)
    return nearPair.submitAndPoll(1000)
  }
  await farPair.close()
  expect(send()).toBe(Status.RetryExceeded)
  expect(send()).toBe(Status.Flushed)
})
