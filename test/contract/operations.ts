// Goal: every operation moves exactly the bytes it names, in the order it promises.
// Method: one pair in one process, patterns that differ in every byte, neighbours checked too.
import { describe, expect, test } from 'vitest'
import { Opcode, OperationFlags } from '../../src/fabric/operation-ring.ts'
import { Status } from '../../src/fabric/status.ts'
import {
  BUDGET_US,
  REGION_BYTES,
  expectCode,
  pattern,
  until,
  usePair,
  type Provider,
} from './fixture.ts'
import type { ReceiveCompletion } from '../../src/fabric/contract.ts'

export function describeOneSided(provider: Provider): void {
  describe('one-sided operations', () => {
    const pair = usePair(provider)

    test.each([1, 7, 8, 9, 63, 64, 65, 1024, 4096, 5000, REGION_BYTES])(
      'read of %i bytes brings those bytes',
      (length) => {
        const { owned, local } = pair()
        owned.bytes.set(pattern(REGION_BYTES))
        local.bytes.fill(0xee)
        expect(pair().run(Opcode.Read, { length })).toBe(Status.Success)
        expect(local.bytes.subarray(0, length)).toEqual(pattern(REGION_BYTES).subarray(0, length))
        expect(local.bytes.subarray(length).every((byte) => byte === 0xee)).toBe(true)
      },
    )

    test('odd offsets on both sides', () => {
      pair().owned.bytes.set(pattern(REGION_BYTES))
      const options = { localOffset: 13, remoteOffset: 1001, length: 517 }
      expect(pair().run(Opcode.Read, options)).toBe(Status.Success)
      const landed = pair().local.bytes.subarray(13, 13 + 517)
      expect(landed).toEqual(pattern(REGION_BYTES).subarray(1001, 1001 + 517))
    })

    test('write puts those bytes and no others', () => {
      pair().local.bytes.set(pattern(REGION_BYTES, 5))
      const options = { localOffset: 40, remoteOffset: 72, length: 3000 }
      expect(pair().run(Opcode.Write, options)).toBe(Status.Success)
      // A completion may say no more than "accepted"; a later READ waits until the bytes are there.
      expect(pair().run(Opcode.Read)).toBe(Status.Success)
      const { owned } = pair()
      expect(owned.bytes.subarray(72, 3072)).toEqual(pattern(REGION_BYTES, 5).subarray(40, 3040))
      expect(owned.bytes[71]).toBe(0)
      expect(owned.bytes[3072]).toBe(0)
    })

    test('compare-and-swap swaps on a match and brings the old value either way', () => {
      const words = pair().ownedWords()
      words[2] = 7n
      const options = { remoteOffset: 16, compareOrAdd: 7n, swap: 0xffff_ffff_ffff_fffen }
      expect(pair().run(Opcode.CompareAndSwap, options)).toBe(Status.Success)
      expect([pair().localWords()[0], words[2]]).toEqual([7n, 0xffff_ffff_ffff_fffen])
      expect(pair().run(Opcode.CompareAndSwap, options)).toBe(Status.Success)
      expect([pair().localWords()[0], words[2]]).toEqual([
        0xffff_ffff_ffff_fffen,
        0xffff_ffff_ffff_fffen,
      ])
    })

    test('fetch-and-add adds modulo 2^64 and brings the old value', () => {
      const words = pair().ownedWords()
      words[0] = 0xffff_ffff_ffff_ffffn
      expect(pair().run(Opcode.FetchAndAdd, { compareOrAdd: 3n })).toBe(Status.Success)
      expect([pair().localWords()[0], words[0]]).toEqual([0xffff_ffff_ffff_ffffn, 2n])
    })

    test('a chain: write, then a fenced read of the same bytes sees them', () => {
      pair().local.bytes.set(pattern(64, 9))
      pair().push(Opcode.Write, { length: 64 })
      pair().push(Opcode.Read, { length: 64, localOffset: 128, flags: OperationFlags.Fence })
      expect(pair().near.submitAndPoll(BUDGET_US)).toBe(Status.Success)
      expect(pair().local.bytes.subarray(128, 192)).toEqual(pattern(64, 9))
    })

    test('thousands of chains retire what is unsignalled', () => {
      pair().ownedWords()[0] = 42n
      for (let round = 0; round < 500; round++) {
        for (let index = 0; index < 8; index++) pair().push(Opcode.Read, { localOffset: index * 8 })
        expect(pair().near.submitAndPoll(BUDGET_US)).toBe(Status.Success)
      }
      expect(pair().near.inFlight).toBe(0)
      expect(pair().local.pins).toBe(0)
      expect(pair().localWords().subarray(0, 8)).toEqual(new BigUint64Array(8).fill(42n))
    })

    test('an asynchronous chain ends with its status', async () => {
      pair().ownedWords()[0] = 99n
      pair().push(Opcode.Read)
      expect(await pair().near.submit()).toBe(Status.Success)
      expect(pair().localWords()[0]).toBe(99n)
    })

    test('many asynchronous chains in flight end each once', async () => {
      const ends: (number | Promise<number>)[] = []
      for (let index = 0; index < 12; index++) {
        pair().push(Opcode.Read, { localOffset: index * 8 })
        ends.push(pair().near.submit())
      }
      expect(await Promise.all(ends)).toEqual(new Array(12).fill(Status.Success))
    })

    test('without spinning the completion event wakes the loop', async () => {
      const { device, owned, local } = pair()
      const near = device.createQueuePair({ spinUs: 0 })
      const far = device.createQueuePair()
      near.connect(far.endpoint)
      far.connect(near.endpoint)
      const remote = device.importRegion(owned.descriptor)
      for (let round = 1; round <= 50; round++) {
        pair().ownedWords()[0] = BigInt(round)
        near.ring.push(Opcode.Read, 0, near.nextId(), local.handle, 0, remote.handle, 0, 8)
        expect(await near.submit()).toBe(Status.Success)
        expect(pair().localWords()[0]).toBe(BigInt(round))
      }
    })

    test.each([0, 5])('an empty chain ends at once, spinning %i µs', async (spinUs) => {
      const { device } = pair()
      const near = device.createQueuePair({ spinUs })
      near.connect(device.createQueuePair().endpoint)
      expect(await Promise.race([near.submit(), rejectedLater()])).toBe(Status.Success)
      expect(await Promise.race([near.settle(), rejectedLater()])).toBe(Status.Success)
    })
  })
}

function rejectedLater(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('never ended')), 1000).unref()
  })
}

export function describeLocalMemory(provider: Provider): void {
  describe('the owner’s port of stores', () => {
    const pair = usePair(provider)

    test('what it stored, and only that, is what peers READ', () => {
      const port = pair().owned.localMemory()
      expect(port.lengthBytes).toBe(REGION_BYTES)
      port.storeWord(8, 2 ** 45 + 7)
      port.storeWord64(16, 0xfedc_ba98_7654_3210n)
      port.barrier('beforePublish')
      port.storeTagged(24, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0xaabb_ccdd)
      port.copyIn(43, pattern(100, 4))
      expect(port.loadWord(8)).toBe(2 ** 45 + 7)
      expect(port.view(43, 100)).toEqual(pattern(100, 4))
      expect(pair().run(Opcode.Read, { length: 256 })).toBe(Status.Success)
      const words = pair().localWords()
      expect([...words.subarray(0, 5)]).toEqual([
        0n,
        2n ** 45n + 7n,
        0xfedc_ba98_7654_3210n,
        0xaabb_ccdd_0403_0201n,
        0xaabb_ccdd_0807_0605n,
      ])
      const { bytes } = pair().local
      expect(bytes.subarray(43, 143)).toEqual(pattern(100, 4))
      const untouched = [...bytes.subarray(40, 43), ...bytes.subarray(143, 256)]
      expect(untouched.every((byte) => byte === 0)).toBe(true)
    })

    test('what a peer WRITEs is loaded behind a full fence, and own stores stay', () => {
      const port = pair().owned.localMemory()
      port.storeWord(8, 7)
      const view = port.view(0, 32)
      pair()
        .localWords()
        .set([11n, 2n ** 53n - 1n])
      expect(pair().run(Opcode.Write, { remoteOffset: 16, length: 16 })).toBe(Status.Success)
      // A completion may say no more than "accepted"; a later READ waits until the bytes are there.
      expect(pair().run(Opcode.Read, { localOffset: 64 })).toBe(Status.Success)
      port.storeWord(0, 5)
      port.barrier('beforeScan')
      const words = [0, 8, 16, 24].map((offset) => port.loadWord(offset))
      expect(words).toEqual([5, 7, 11, Number.MAX_SAFE_INTEGER])
      expect([...new BigUint64Array(port.view(0, 32).slice().buffer)]).toEqual(words.map(BigInt))
      // A view is no snapshot.
      expect(view[0]).toBe(5)
    })

    test('behind a full fence a peer sees what was stored before it', () => {
      const port = pair().owned.localMemory()
      port.storeWord(40, 9)
      port.barrier('beforeScan')
      expect(pair().ownedWords()[5]).toBe(9n)
    })

    test('no store leaves the region, and a closed region has no port', async () => {
      const region = pair().device.allocate(64)
      const port = region.localMemory()
      expect(() => port.copyIn(60, new Uint8Array(8))).toThrow()
      expect(() => port.storeWord(64, 1)).toThrow()
      expect(() => port.storeWord(-8, 1)).toThrow()
      expect(() => port.storeTagged(56, new Uint8Array(8), 1)).toThrow()
      expect(region.bytes.every((byte) => byte === 0)).toBe(true)
      await region.close()
      expectCode(() => region.localMemory(), 'ERR_UNTORN_CLOSED')
    })
  })
}

export function describeMessages(provider: Provider): void {
  describe('messages', () => {
    const pair = usePair(provider)

    function collect(): ReceiveCompletion[] {
      const received: ReceiveCompletion[] = []
      pair().far.onReceive = (completion) => received.push(completion)
      return received
    }

    test('send lands in the posted receive, in order', async () => {
      const received = collect()
      expect(pair().receive(2, 256)).toBe(Status.Success)
      pair().local.bytes.set(pattern(400))
      expect(pair().run(Opcode.Send, { length: 100 })).toBe(Status.Success)
      expect(pair().run(Opcode.Send, { localOffset: 100, length: 256 })).toBe(Status.Success)
      await until(() => received.length === 2)
      expect(received.map(({ id, status, lengthBytes }) => [id, status, lengthBytes])).toEqual([
        [1, Status.Success, 100],
        [2, Status.Success, 256],
      ])
      expect(pair().owned.bytes.subarray(0, 100)).toEqual(pattern(400).subarray(0, 100))
      expect(pair().owned.bytes.subarray(256, 512)).toEqual(pattern(400).subarray(100, 356))
    })

    test('write with immediate lands, and tells', async () => {
      const received = collect()
      pair().receive(1, 64)
      pair().local.bytes.set(pattern(500, 3))
      const options = { remoteOffset: 4096, length: 500, immediate: 0xdead_beef }
      expect(pair().run(Opcode.WriteWithImmediate, options)).toBe(Status.Success)
      await until(() => received.length === 1)
      expect(received[0]).toMatchObject({
        id: 1,
        status: Status.Success,
        opcode: Opcode.ReceiveWithImmediate,
        immediate: 0xdead_beef,
        lengthBytes: 500,
      })
      expect(pair().owned.bytes.subarray(4096, 4596)).toEqual(pattern(500, 3))
    })

    test('receives posted again and again', async () => {
      const received = collect()
      for (let round = 0; round < 40; round++) {
        expect(pair().receive(1, 64)).toBe(Status.Success)
        pair().local.bytes[0] = round
        expect(pair().run(Opcode.Send, { length: 1 })).toBe(Status.Success)
        await until(() => received.length === round + 1)
        expect(pair().owned.bytes[0]).toBe(round)
      }
    })

    test('whoever posts and sends while being told of a message misses no other', async () => {
      const { near, far, local } = pair()
      const received: number[] = []
      const push = (opcode: number, id: number, handle: number): void =>
        (opcode === Opcode.Send ? near : far).ring.push(opcode, 0, id, handle, 0, 0, 0, 8)
      far.onReceive = ({ id }) => {
        received.push(id)
        if (received.length > 1) return
        for (let turn = 0; turn < 3; turn++) {
          push(Opcode.Send, near.nextId(), local.handle)
          expect(near.submitAndPoll(BUDGET_US)).toBe(Status.Success)
        }
        push(Opcode.Receive, 7, pair().owned.handle)
        expect(far.postReceives()).toBe(Status.Success)
      }
      expect(pair().receive(6, 8)).toBe(Status.Success)
      for (let turn = 0; turn < 3; turn++) {
        push(Opcode.Send, near.nextId(), local.handle)
        expect(near.submitAndPoll(BUDGET_US)).toBe(Status.Success)
      }
      await until(() => received.length >= 6)
      expect(received).toEqual([1, 2, 3, 4, 5, 6])
    })

    test('a send to a peer without a receive fails, and the queue pair with it', () => {
      expect(pair().run(Opcode.Send, { length: 8 })).toBe(Status.ReceiverNotReady)
      expect(pair().near.state).toBe('error')
      expect(pair().run(Opcode.Read)).not.toBe(Status.Success)
    })

    test('a message longer than its receive fails on both sides', async () => {
      const received = collect()
      pair().receive(1, 16)
      // Words for it differ: hardware says invalid request and length, rxe failed operation and queue pair.
      const refusals: number[] = [Status.RemoteInvalidRequest, Status.RemoteOperation]
      expect(refusals).toContain(pair().run(Opcode.Send, { length: 64 }))
      await until(() => received.length === 1)
      expect([Status.LocalLength, Status.LocalQueuePair]).toContain(received[0]?.status)
    })
  })
}
