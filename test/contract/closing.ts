// Goal: closed and closing states. Nothing that is closed moves bytes, nothing in flight loses its
// memory, and every promise ends.
import { describe, expect, test } from 'vitest'
import { Opcode } from '../../src/fabric/operation-ring.ts'
import { Status } from '../../src/fabric/status.ts'
import { BUDGET_US, REGION_BYTES, expectCode, usePair, type Provider } from './fixture.ts'

/** Eight tries at 67 ms each, on a machine that may be emulated and busy. */
const RETRIES_US = 30_000_000

export function describeClosing(provider: Provider): void {
  describe('closing', () => {
    const pair = usePair(provider)

    test('a closed region has no bytes, and closing again is nothing', async () => {
      const region = pair().device.allocate(128)
      const { bytes } = region
      await region.close()
      await region.close()
      expect([bytes.byteLength, region.byteLength, region.closed]).toEqual([0, 0, true])
      expectCode(() => region.slice(0, 0), 'ERR_UNTORN_CLOSED')
    })

    test('reading a region that its owner closed fails, and fails the queue pair', async () => {
      await pair().owned.close()
      expect(pair().run(Opcode.Read)).toBe(Status.RemoteAccess)
      expect(pair().near.state).toBe('error')
      expect(pair().run(Opcode.Read)).not.toBe(Status.Success)
    })

    test('a closed queue pair refuses and stays closed', async () => {
      const { near } = pair()
      await near.close()
      await near.close()
      expect(near.state).toBe('closed')
      expect(pair().run(Opcode.Read)).toBe(Status.Closed)
    })

    test('a failed queue pair flushes', () => {
      pair().near.fail()
      expect(pair().near.state).toBe('error')
      expect([Status.Flushed, Status.NotConnected]).toContain(pair().run(Opcode.Read))
    })

    test('a peer that closed its queue pair stops answering', async () => {
      await pair().far.close()
      pair().push(Opcode.Read)
      expect(pair().near.submitAndPoll(RETRIES_US)).toBe(Status.RetryExceeded)
    }, 60_000)

    test('nothing that the peer posted lands once a queue pair has closed', async () => {
      const { near, far, local, owned } = pair()
      const ends: (number | Promise<number>)[] = []
      for (let index = 0; index < 8; index++) {
        local.bytes.fill(index + 1)
        pair().push(Opcode.Write, { length: REGION_BYTES })
        ends.push(near.submit())
      }
      await far.close()
      // Its memory can be used for something else at once.
      owned.bytes.fill(0xee)
      pair().push(Opcode.Write)
      const last = near.submitAndPoll(RETRIES_US)
      expect([Status.Flushed, Status.RetryExceeded]).toContain(last)
      await Promise.all(ends)
      expect(owned.bytes.findIndex((byte) => byte !== 0xee)).toBe(-1)
    }, 60_000)

    test('closing the queue pair ends every pending chain', async () => {
      const { near } = pair()
      const ends: (number | Promise<number>)[] = []
      for (let index = 0; index < 8; index++) {
        pair().push(Opcode.Read, { length: 4096 })
        ends.push(near.submit())
      }
      await near.close()
      for (const status of await Promise.all(ends)) {
        expect([Status.Success, Status.Flushed]).toContain(status)
      }
      expect(pair().local.pins).toBe(0)
    })

    test('a region waits for what is in flight', async () => {
      const { near, local } = pair()
      pair().push(Opcode.Read, { length: 4096 })
      const end = near.submit()
      await local.close()
      expect(await end).toBe(Status.Success)
      expect(local.closed).toBe(true)
    })

    test('posted receives pin their memory until the queue pair closes', async () => {
      expect(pair().receive(2, 64)).toBe(Status.Success)
      expect(pair().owned.pins).toBe(2)
      await expect(pair().owned.close({ timeoutMs: 20 })).rejects.toMatchObject({
        code: 'ERR_UNTORN_BUSY',
      })
      await pair().far.close()
      await pair().owned.close()
      expect(pair().owned.closed).toBe(true)
    })

    test('closing the queue pair tells of every posted receive, once', async () => {
      const ends: [number, number][] = []
      pair().far.onReceive = (end) => ends.push([end.id, end.status])
      expect(pair().receive(16, 64)).toBe(Status.Success)
      await pair().far.close()
      expect(ends).toEqual(Array.from({ length: 16 }, (_, index) => [index + 1, Status.Flushed]))
    })

    test('a closed device fails every call with the closed code', async () => {
      const { device, local } = pair()
      await device.close()
      await device.close()
      expectCode(() => device.allocate(64), 'ERR_UNTORN_CLOSED')
      expectCode(() => device.createQueuePair(), 'ERR_UNTORN_CLOSED')
      expectCode(() => device.accounting(), 'ERR_UNTORN_CLOSED')
      expect([device.closed, local.closed, local.byteLength]).toEqual([true, true, 0])
      pair().near.ring.clear()
      expect(pair().run(Opcode.Read)).toBe(Status.Closed)
    })

    test('every close of a device ends when the device is closed', async () => {
      const { device } = pair()
      let closed = false
      const first = device.close().then(() => (closed = true))
      await device.close()
      expect(closed).toBe(true)
      await first
    })

    test('accounting returns to zero', async () => {
      const { device, near, far, local, owned, remote } = pair()
      expect(device.accounting()).toMatchObject({ regions: 2, remoteRegions: 1, queuePairs: 2 })
      await near.close()
      await far.close()
      expect(remote.close()).toBe(true)
      await local.close()
      await owned.close()
      expect(device.accounting()).toEqual({
        regions: 0,
        regionBytes: 0,
        windows: 0,
        remoteRegions: 0,
        queuePairs: 0,
        operationsInFlight: 0,
      })
    })

    test('a descriptor and an endpoint survive JSON', () => {
      const { device, owned, near } = pair()
      const region = device.importRegion(JSON.parse(JSON.stringify(owned.descriptor)))
      expect(region.byteLength).toBe(owned.byteLength)
      expect(JSON.parse(JSON.stringify(near.endpoint))).toEqual({ ...near.endpoint })
    })

    test('a submit after the budget ran out still ends', async () => {
      const { near } = pair()
      for (let index = 0; index < 8; index++) pair().push(Opcode.Read, { length: 8192 })
      const status = near.submitAndPoll(0)
      expect([Status.Success, Status.Pending]).toContain(status)
      if (status === Status.Pending) expect(await near.settle()).toBe(Status.Success)
      expect(near.submitAndPoll(BUDGET_US)).toBe(Status.Success)
    })
  })
}
