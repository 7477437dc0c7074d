// Goal: a record that asks for too much never reaches the device, and harms nothing.
// Method: each check alone; after each rejection the same queue pair still works.
import { describe, expect, test } from 'vitest'
import { Opcode } from '../../src/fabric/operation-ring.ts'
import { Control } from '../../src/fabric/operation-ring.ts'
import { Status } from '../../src/fabric/status.ts'
import { BUDGET_US, REGION_BYTES, expectCode, usePair, type Provider } from './fixture.ts'

export function describeRejections(provider: Provider): void {
  describe('rejections', () => {
    const pair = usePair(provider)

    function expectAlive(): void {
      expect(pair().run(Opcode.Read)).toBe(Status.Success)
      expect(pair().near.inFlight).toBe(0)
    }

    test.each([
      ['local end', { localOffset: REGION_BYTES - 7 }],
      ['remote end', { remoteOffset: REGION_BYTES - 7 }],
      ['negative local offset', { localOffset: -8 }],
      ['negative remote offset', { remoteOffset: -8 }],
      ['fractional offset', { remoteOffset: 0.5 }],
      ['not a number', { localOffset: Number.NaN }],
      ['huge offset', { remoteOffset: 2 ** 63 }],
      ['infinite offset', { localOffset: Number.POSITIVE_INFINITY }],
      ['huge length', { length: 0xffff_ffff }],
    ])('out of bounds: %s', (_, options) => {
      expect(pair().run(Opcode.Read, options)).toBe(Status.OutOfBounds)
      expectAlive()
    })

    test('unknown operation', () => {
      expect(pair().run(99)).toBe(Status.BadOperation)
      expectAlive()
    })

    test.each([
      ['remote offset', { remoteOffset: 4 }],
      ['local offset', { localOffset: 4 }],
    ])('misaligned atomic: %s', (_, options) => {
      expect(pair().run(Opcode.FetchAndAdd, { ...options, compareOrAdd: 1n })).toBe(
        Status.Misaligned,
      )
      expectAlive()
    })

    test('an atomic is 8 bytes', () => {
      expect(pair().run(Opcode.FetchAndAdd, { length: 16, compareOrAdd: 1n })).toBe(
        Status.BadOperation,
      )
      expectAlive()
    })

    test.each([
      ['read', Opcode.Read, {}],
      ['write', Opcode.Write, { remoteRead: true }],
      ['atomic', Opcode.FetchAndAdd, { remoteRead: true, remoteWrite: true }],
    ])('a region that does not grant %s', (_, opcode, rights) => {
      const { device, near, local } = pair()
      const target = device.importRegion(device.allocate(64, rights).descriptor)
      near.ring.push(opcode, 0, near.nextId(), local.handle, 0, target.handle, 0, 8)
      expect(near.submitAndPoll(BUDGET_US)).toBe(Status.AccessDenied)
      expectAlive()
    })

    test('handles never issued, and of closed regions', async () => {
      const { device, near, remote } = pair()
      const gone = device.allocate(64)
      const handle = gone.handle
      await gone.close()
      for (const local of [0, 12345, 0xffff_ffff, handle]) {
        near.ring.push(Opcode.Read, 0, near.nextId(), local, 0, remote.handle, 0, 8)
        expect(near.submitAndPoll(BUDGET_US)).toBe(Status.UnknownRegion)
      }
      expectAlive()
    })

    test('a handle is not recycled for the next region', async () => {
      const { device } = pair()
      const first = device.allocate(64)
      const handle = first.handle
      await first.close()
      expect(device.allocate(64).handle).not.toBe(handle)
    })

    test('all or nothing: the bad record is named and nothing before it was posted', () => {
      pair().local.bytes.fill(1)
      pair().push(Opcode.Write)
      pair().push(Opcode.Write, { remoteOffset: REGION_BYTES })
      pair().push(Opcode.Write)
      expect(pair().near.submitAndPoll(BUDGET_US)).toBe(Status.OutOfBounds)
      expect(pair().near.ring.control[Control.RejectedIndex]).toBe(1)
      expect(pair().ownedWords()[0]).toBe(0n)
      expectAlive()
    })

    test('more than the send queue holds', () => {
      for (let index = 0; index < 17; index++) pair().push(Opcode.Read)
      expect(pair().near.submitAndPoll(BUDGET_US)).toBe(Status.SendQueueFull)
      expectAlive()
    })

    test('more than the receive queue holds', () => {
      expect(pair().receive(16, 8)).toBe(Status.Success)
      expect(pair().receive(1, 8)).toBe(Status.ReceiveQueueFull)
    })

    test('more than the ring holds', () => {
      expectCode(() => {
        for (let index = 0; index < 100; index++) pair().push(Opcode.Read)
      }, 'ERR_UNTORN_RING_FULL')
      pair().near.ring.clear()
      expectAlive()
    })

    test('an unconnected queue pair', () => {
      const { device, local, remote } = pair()
      const lonely = device.createQueuePair()
      lonely.ring.push(Opcode.Read, 0, lonely.nextId(), local.handle, 0, remote.handle, 0, 8)
      expect(lonely.submitAndPoll(BUDGET_US)).toBe(Status.NotConnected)
    })

    test('misuse of the control path', () => {
      const { device, local } = pair()
      for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
        expectCode(() => device.allocate(bytes), 'ERR_UNTORN_ARGUMENT')
      }
      expectCode(() => device.createQueuePair({ sendDepth: 0 }), 'ERR_UNTORN_ARGUMENT')
      expectCode(() => device.createQueuePair({ rnrRetryCount: 7 }), 'ERR_UNTORN_ARGUMENT')
      expectCode(() => local.slice(REGION_BYTES, 1), 'ERR_UNTORN_OUT_OF_BOUNDS')
      expectCode(() => local.slice(-1, 1), 'ERR_UNTORN_OUT_OF_BOUNDS')
    })
  })
}
