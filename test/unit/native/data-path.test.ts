// Goal: the core accounts for every operation exactly once: what is rejected is not posted, what is
// posted is pinned until it completes, and the first failure of a chain is the chain's.
// Method: the binding itself, records written by hand where the ring would not write them.
import { describe, expect, test } from 'vitest'
import {
  CompletionFlags,
  Control,
  Opcode,
  OperationFlags,
} from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import { NativeAccess } from '../../../src/native/binding.ts'
import { native } from '../../../src/native/load.ts'
import { Pair, RECEIVE_DEPTH, REGION_BYTES, SEND_DEPTH, usePair } from './fixture.ts'

describe('checks before anything is posted', () => {
  const pair = usePair()

  test.each([
    ['negative', -1],
    ['more than the ring holds', SEND_DEPTH + RECEIVE_DEPTH + 1],
    ['the largest', 0x7fff_ffff],
  ])('a count that is %s', (_, count) => {
    const { near } = pair()
    near.control[Control.Count] = count
    expect(near.queuePair.submit()).toBe(Status.BadOperation)
    expect(near.queuePair.submitAndPoll()).toBe(Status.BadOperation)
    expect(near.control[Control.InFlight]).toBe(0)
  })

  test('nothing to submit is nothing', () => {
    expect(pair().near.submit()).toBe(Status.Success)
    expect(pair().near.submitAndPoll()).toBe(Status.Success)
    expect(pair().near.poll()).toEqual([])
  })

  test('unknown flags', () => {
    pair().push(Opcode.Read, 1, 8, 8)
    expect(pair().near.submitAndPoll()).toBe(Status.BadOperation)
  })

  test('receives and other operations in one submission', () => {
    pair().near.ring.push(Opcode.Receive, 0, 1, pair().local.handle, 0, 0, 0, 8)
    pair().push(Opcode.Read, 2)
    expect(pair().near.submit()).toBe(Status.BadOperation)
    expect(pair().near.control[Control.RejectedIndex]).toBe(1)
    expect(pair().local.pins()).toBe(0)
  })

  test('a receive has no end to spin for', () => {
    pair().near.ring.push(Opcode.Receive, 0, 1, pair().local.handle, 0, 0, 0, 8)
    expect(pair().near.submitAndPoll()).toBe(Status.BadOperation)
  })

  test('landing in a region that is not locally writable', () => {
    const { near, remote } = pair()
    const constant = pair().register(NativeAccess.remoteRead)
    near.ring.push(Opcode.Read, 0, 1, constant.handle, 0, remote, 0, 8)
    expect(near.submitAndPoll()).toBe(Status.AccessDenied)
    near.ring.push(Opcode.Write, 0, 1, constant.handle, 0, remote, 0, 8)
    expect(near.submitAndPoll()).toBe(Status.Success)
  })

  test('handles of another device, and of the other table', () => {
    const { near, local, remote } = pair()
    const other = new Pair()
    for (const [localHandle, remoteHandle] of [
      [other.local.handle, remote],
      [local.handle, other.remote],
      [remote, local.handle],
    ] as const) {
      near.ring.push(Opcode.Read, 0, 1, localHandle, 0, remoteHandle, 0, 8)
      expect(near.submitAndPoll()).toBe(Status.UnknownRegion)
    }
    other.device.close()
  })

  test('a handle of a slot that is used again', () => {
    const { near, remote } = pair()
    const first = pair().register(NativeAccess.localWrite)
    const stale = first.handle
    expect(first.close()).toBe(true)
    const second = pair().register(NativeAccess.localWrite)
    near.ring.push(Opcode.Read, 0, 1, stale, 0, remote, 0, 8)
    expect(near.submitAndPoll()).toBe(Status.UnknownRegion)
    near.ring.push(Opcode.Read, 0, 1, second.handle, 0, remote, 0, 8)
    expect(near.submitAndPoll()).toBe(Status.Success)
  })

  test('an offset at the very end admits no byte', () => {
    const { near, local, remote } = pair()
    near.ring.push(Opcode.Read, 0, 1, local.handle, REGION_BYTES, remote, 0, 0)
    expect(near.submitAndPoll()).toBe(Status.Success)
    near.ring.push(Opcode.Read, 0, 1, local.handle, REGION_BYTES, remote, 0, 1)
    expect(near.submitAndPoll()).toBe(Status.OutOfBounds)
  })

  test('a message longer than the device sends', () => {
    const { near } = pair()
    const large = pair().register(NativeAccess.localWrite, 8192)
    const max = pair().device.info.limits.sendBytesMax
    near.ring.push(Opcode.Send, 0, 1, large.handle, 0, 0, 0, max + 1)
    expect(near.submitAndPoll()).toBe(Status.MessageTooLong)
  })

  test('the record that finds no room is named', () => {
    for (let id = 1; id <= SEND_DEPTH + 2; id++) pair().push(Opcode.Read, id)
    expect(pair().near.submitAndPoll()).toBe(Status.SendQueueFull)
    expect(pair().near.control[Control.RejectedIndex]).toBe(SEND_DEPTH)
  })
})

describe('completions', () => {
  const pair = usePair()

  test('an unsignalled chain reports its end once', () => {
    for (let id = 1; id <= 4; id++) pair().push(Opcode.Read, id)
    expect(pair().near.submit()).toBe(Status.Success)
    expect(pair().near.control[Control.InFlight]).toBe(4)
    expect([
      pair().local.pins(),
      pair()
        .near.poll()
        .map(({ id }) => id),
    ]).toEqual([4, [4]])
    expect([pair().local.pins(), pair().near.control[Control.InFlight]]).toEqual([0, 0])
    expect(pair().near.completion(0)).toMatchObject({
      status: Status.Success,
      opcode: Opcode.Read,
      flags: CompletionFlags.ChainEnd,
    })
  })

  test('signalled operations and inner ends of chains are reported', () => {
    pair().push(Opcode.Read, 1, 8, OperationFlags.Signalled)
    pair().push(Opcode.Read, 2, 8, OperationFlags.ChainEnd)
    pair().push(Opcode.Read, 3)
    pair().push(Opcode.Read, 4)
    pair().near.submit()
    expect(
      pair()
        .near.poll()
        .map(({ id, flags }) => [id, flags]),
    ).toEqual([
      [1, 0],
      [2, CompletionFlags.ChainEnd],
      [4, CompletionFlags.ChainEnd],
    ])
  })

  test('spinning returns its own chain and leaves others in the buffer', () => {
    pair().push(Opcode.Read, 1)
    pair().near.submit()
    pair().push(Opcode.Read, 2)
    expect(pair().near.submitAndPoll()).toBe(Status.Success)
    expect(pair().near.control[Control.ReapedCount]).toBe(1)
    expect(pair().near.completion(0).id).toBe(1)
  })

  test('spin waits for the chain last submitted', () => {
    pair().push(Opcode.Read, 1)
    pair().near.submit()
    expect(pair().near.queuePair.spin()).toBe(Status.Success)
    expect(pair().near.control[Control.ReapedCount]).toBe(0)
    expect(pair().near.queuePair.spin()).toBe(Status.Success)
  })

  test('the end of a chain carries its first failure', () => {
    pair().owned.close()
    pair().push(Opcode.Read, 1)
    pair().push(Opcode.Read, 2)
    pair().push(Opcode.Read, 3)
    pair().near.submit()
    expect(
      pair()
        .near.poll()
        .map(({ id, status }) => [id, status]),
    ).toEqual([
      [1, Status.RemoteAccess],
      [2, Status.Flushed],
      [3, Status.RemoteAccess],
    ])
    expect(pair().near.control[Control.FailedOpcode]).toBe(Opcode.Read)
    expect(pair().near.queuePair.state()).toBe('error')
    expect(pair().local.pins()).toBe(0)
  })

  test('submitAndPoll returns the first failure', () => {
    pair().owned.close()
    pair().push(Opcode.Read, 1)
    pair().push(Opcode.Read, 2)
    expect(pair().near.submitAndPoll()).toBe(Status.RemoteAccess)
  })

  test('receives are reaped beside a spinning chain', () => {
    const { near, far, local, owned } = pair()
    const back = pair().device.importRegion(owned.descriptor)
    near.ring.push(Opcode.Receive, 0, 77, local.handle, 64, 0, 0, 16)
    expect(near.submit()).toBe(Status.Success)
    new Uint8Array(owned.buffer).fill(9)
    far.ring.push(Opcode.Send, 0, 5, owned.handle, 0, 0, 0, 16)
    expect(far.submitAndPoll()).toBe(Status.Success)
    near.ring.push(Opcode.Read, 0, 1, local.handle, 0, back, 0, 8)
    expect(near.submitAndPoll()).toBe(Status.Success)
    expect(near.control[Control.ReapedCount]).toBe(1)
    expect(near.completion(0)).toMatchObject({ id: 77, opcode: Opcode.Receive, lengthBytes: 16 })
    expect(new Uint8Array(local.buffer)[79]).toBe(9)
  })

  test('thousands of operations wrap every ring', () => {
    for (let round = 0; round < 2000; round++) {
      const length = 1 + (round % SEND_DEPTH)
      for (let index = 0; index < length; index++) pair().push(Opcode.Read, round)
      expect(pair().near.submitAndPoll()).toBe(Status.Success)
      expect(pair().postReceive(round, 8)).toBe(Status.Success)
      pair().push(Opcode.WriteWithImmediate, round)
      expect(pair().near.submitAndPoll()).toBe(Status.Success)
      expect(
        pair()
          .far.poll()
          .map(({ id }) => id),
      ).toEqual([round])
    }
    expect([pair().local.pins(), pair().owned.pins()]).toEqual([0, 0])
  })
})

describe('copies', () => {
  const pair = usePair()
  const starts = [0, 1, 7, 8, 9, 63, 64, 72]
  const lengths = [0, 1, 2, 7, 8, 9, 16, 63, 64, 65, 128, 200, 513]

  test.each([
    ['READ', Opcode.Read],
    ['WRITE', Opcode.Write],
  ])('a %s between odd places moves its bytes and no others', (_, opcode) => {
    const { near, local, owned, remote } = pair()
    const [here, there] = [new Uint8Array(local.buffer), new Uint8Array(owned.buffer)]
    const [source, target] = opcode === Opcode.Read ? [there, here] : [here, there]
    for (let index = 0; index < REGION_BYTES; index++)
      source[index] = (index * 7 + (index >> 8)) & 255
    for (const localOffset of starts) {
      for (const remoteOffset of starts) {
        for (const length of lengths) {
          target.fill(0xee)
          near.ring.push(opcode, 0, 1, local.handle, localOffset, remote, remoteOffset, length)
          expect(near.submitAndPoll()).toBe(Status.Success)
          const [from, to] =
            opcode === Opcode.Read ? [remoteOffset, localOffset] : [localOffset, remoteOffset]
          const expected = new Uint8Array(REGION_BYTES).fill(0xee)
          expected.set(source.subarray(from, from + length), to)
          expect(Buffer.compare(target, expected)).toBe(0)
        }
      }
    }
  })
})

describe('closing', () => {
  const pair = usePair()

  test('close reports what was in flight as flushed, and drops its pins', () => {
    pair().postReceive(11, 8)
    pair().postReceive(12, 8)
    expect([pair().owned.pins(), pair().owned.close()]).toEqual([2, false])
    pair().far.queuePair.close()
    expect(pair().far.control[Control.ReapedCount]).toBe(2)
    expect([0, 1].map((index) => pair().far.completion(index).id)).toEqual([11, 12])
    expect(pair().far.completion(0).status).toBe(Status.Flushed)
    expect([pair().owned.pins(), pair().owned.close(), pair().owned.close()]).toEqual([
      0,
      true,
      true,
    ])
    expect(pair().owned.buffer.byteLength).toBe(0)
  })

  test('completions not yet polled survive close', () => {
    pair().push(Opcode.Read, 5)
    pair().near.submit()
    pair().near.queuePair.close()
    expect(pair().near.control[Control.ReapedCount]).toBe(1)
    expect(pair().near.completion(0)).toMatchObject({ id: 5, status: Status.Success })
  })

  test('a closed queue pair answers with the closed status, its functions too', () => {
    const { queuePair } = pair().near
    const { submit, submitAndPoll, spin, poll } = queuePair
    queuePair.close()
    queuePair.close()
    expect([submit(), submitAndPoll(), spin(), poll()]).toEqual([
      Status.Closed,
      Status.Closed,
      Status.Closed,
      0,
    ])
    expect(queuePair.state()).toBe('closed')
    queuePair.fail()
    queuePair.reference(true)
  })

  test('closing the device closes queue pairs and detaches regions', () => {
    const { device, near, local } = pair()
    pair().push(Opcode.Read, 1)
    near.submit()
    device.close()
    device.close()
    expect(near.queuePair.state()).toBe('closed')
    expect([local.buffer.byteLength, local.pins(), local.close()]).toEqual([0, 0, true])
  })

  test('an imported region is pinned and released', () => {
    const { device, near, remote } = pair()
    pair().push(Opcode.Read, 1)
    near.submit()
    expect(device.releaseRemoteRegion(remote)).toBe(false)
    near.poll()
    expect(device.releaseRemoteRegion(remote)).toBe(true)
    expect(device.releaseRemoteRegion(remote)).toBe(true)
    pair().push(Opcode.Read, 2)
    expect(near.submitAndPoll()).toBe(Status.UnknownRegion)
  })

  test('accounting', () => {
    const { device } = pair()
    pair().postReceive(1, 8)
    expect(device.accounting()).toEqual({
      regions: 2,
      regionBytes: 2 * REGION_BYTES,
      windows: 0,
      remoteRegions: 1,
      queuePairs: 2,
      operationsInFlight: 1,
    })
  })
})

test('the addon is one per environment', () => {
  expect(native()).toBe(native())
})
