// Goal: a peer that is gone, is somebody else, or writes garbage gets an error with a code and
// harms nobody. Method: descriptors and endpoints altered field by field; the shared files written
// through /proc, as a peer gone wrong would.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Opcode } from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import type {
  NativeEndpoint,
  NativeRegion,
  NativeRegionDescriptor,
} from '../../../src/native/binding.ts'
import { native } from '../../../src/native/load.ts'
import {
  RECEIVE_DEPTH,
  REGION_BYTES,
  Side,
  codeOf,
  queuePairOptions,
  thrownBy,
  usePair,
} from './fixture.ts'

/** Offsets in the first page of an inbox; see addon/shared_memory/inbox.h. */
const INBOX_STATE = 64
const INBOX_POSTED = 68
const INBOX_PRODUCED = 128
const HEADER_BYTES = 4096
/** Where counts of messages start. */
const FIRST_COUNT = 0xffff_ff00
/** Lengths of the receives posted, padded to a line; then slots. */
const FIRST_SLOT = HEADER_BYTES + 64

function scribble(fd: number, offset: number, ...values: number[]): void {
  const file = openSync(`/proc/self/fd/${fd}`, 'r+')
  writeSync(file, new Uint8Array(Uint32Array.from(values).buffer), 0, 4 * values.length, offset)
  closeSync(file)
}

function inboxOf(side: Side): number {
  return side.queuePair.endpoint.fd as number
}

/** A process of ours that sleeps, for its number. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number
}

describe('a region that is not what its descriptor says', () => {
  const pair = usePair()
  const altered = (changes: Partial<NativeRegionDescriptor>): NativeRegionDescriptor => ({
    ...pair().owned.descriptor,
    ...changes,
  })

  test('is imported when it is', () => {
    expect(pair().device.importRegion(altered({}))).toBeGreaterThan(0)
  })

  test('another inode, length or descriptor', () => {
    const { device, near } = pair()
    for (const changes of [
      { inode: '1:1' },
      { lengthBytes: REGION_BYTES + 64 },
      { fd: 9999 },
      { fd: 0 },
      { fd: inboxOf(near), inode: near.queuePair.endpoint.inode as string },
    ]) {
      expect(codeOf(() => device.importRegion(altered(changes)))).toBe('ERR_UNTORN_PEER_LOST')
    }
  })

  test('a process that is gone', async () => {
    const pid = await deadProcess()
    const error = thrownBy(() => pair().device.importRegion(altered({ pid })))
    expect(error).toMatchObject({ code: 'ERR_UNTORN_PEER_LOST', errno: 2, syscall: 'open' })
  })

  test('a region that was closed', () => {
    const descriptor = altered({})
    pair().owned.close()
    expect(codeOf(() => pair().device.importRegion(descriptor))).toBe('ERR_UNTORN_PEER_LOST')
  })

  test('more rights than the owner gave', () => {
    const owned = pair().register(3)
    const claim = () => pair().device.importRegion({ ...owned.descriptor, access: 14 })
    expect(codeOf(claim)).toBe('ERR_UNTORN_ACCESS_DENIED')
  })

  test('a window beyond those that the header has room for', () => {
    const region = pair().register(3)
    const open = () => region.openWindow({ offset: 0, lengthBytes: 8, access: 4 })
    const windows = Array.from({ length: 120 }, open)
    expect(codeOf(open)).toBe('ERR_UNTORN_SYSTEM')
    region.closeWindow(windows[7]?.handle ?? 0)
    expect(open().handle).toBeGreaterThan(0)
  })

  test.each([
    ['another number', { window: 77 }],
    ['a closed number', { window: 2 }],
    ['another place', { address: '64' }],
    ['another length', { lengthBytes: 16 }],
  ])('a window that is not as described: %s', (_, changes) => {
    const region = pair().register(3)
    region.closeWindow(region.openWindow({ offset: 0, lengthBytes: 8, access: 4 }).handle)
    const { descriptor } = region.openWindow({ offset: 128, lengthBytes: 8, access: 4 })
    expect(pair().device.importRegion(descriptor)).toBeGreaterThan(0)
    const claim = () => pair().device.importRegion({ ...descriptor, ...changes })
    expect(codeOf(claim)).toBe('ERR_UNTORN_PEER_LOST')
  })

  test.each([
    ['beyond the region', { offset: 4096 }],
    ['longer than the region', { lengthBytes: 8192 }],
    ['misaligned', { offset: 4 }],
    ['no bytes', { lengthBytes: 0 }],
    ['rights beyond', { access: 16 }],
  ])('misuse of a window: %s', (_, changes) => {
    const options = { offset: 0, lengthBytes: 8, access: 4, ...changes }
    expect(codeOf(() => pair().owned.openWindow(options))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('a window handle of another region closes nothing', () => {
    const [one, other] = [pair().register(3), pair().register(3)]
    const { handle, descriptor } = one.openWindow({ offset: 0, lengthBytes: 8, access: 4 })
    other.closeWindow(handle)
    expect(pair().device.importRegion(descriptor)).toBeGreaterThan(0)
  })

  test('without remote writers a peer cannot change it', () => {
    const owned = pair().register(3)
    pair().device.importRegion(owned.descriptor)
    const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
    const inode = owned.descriptor.inode?.split(':')[1] ?? ''
    const rights = maps
      .filter((line) => line.includes(` ${inode} `))
      .map((line) => line.split(' ')[1])
    expect(new Set(rights)).toEqual(new Set(['r--s', 'rw-s']))
  })

  test.each([
    ['not an object', 7],
    ['null', null],
    ['no fields', {}],
    ['another provider', { provider: 'verbs' }],
    ['text for a number', { pid: '1' }],
    ['a fraction', { fd: 1.5 }],
    ['a negative pid', { pid: -1 }],
    ['no bytes', { lengthBytes: 0 }],
    ['an endless inode', { inode: 'x'.repeat(10_000) }],
    ['unknown rights', { access: 255 }],
  ])('misuse: %s', (_, changes) => {
    const descriptor =
      typeof changes === 'object' && changes !== null && Object.keys(changes).length > 0
        ? { ...pair().owned.descriptor, ...changes }
        : changes
    expect(codeOf(() => pair().device.importRegion(descriptor as never))).toBe(
      'ERR_UNTORN_ARGUMENT',
    )
  })
})

describe('a queue pair whose peer is not one', () => {
  const pair = usePair()

  test('one peer for each', () => {
    const third = pair().device.createQueuePair(queuePairOptions)
    expect(codeOf(() => third.connect(pair().far.queuePair.endpoint))).toBe('ERR_UNTORN_BUSY')
    expect(third.state()).toBe('init')
    expect(codeOf(() => pair().near.queuePair.connect(third.endpoint))).toBe('ERR_UNTORN_BUSY')
  })

  test('endpoints that lead elsewhere', async () => {
    const { device, owned } = pair()
    const fresh = new Side(device)
    const { endpoint } = fresh.queuePair
    const pid = await deadProcess()
    const bad: Partial<NativeEndpoint>[] = [
      { inode: '1:1' },
      { doorbellFd: owned.descriptor.fd as number },
      { pid },
      { fd: owned.descriptor.fd as number, inode: owned.descriptor.inode as string },
    ]
    for (const changes of bad) {
      const lonely = device.createQueuePair(queuePairOptions)
      expect(codeOf(() => lonely.connect({ ...endpoint, ...changes }))).toBe('ERR_UNTORN_PEER_LOST')
      expect(lonely.state()).toBe('init')
    }
    expect(codeOf(() => fresh.queuePair.connect({ provider: 'verbs' }))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('a peer that has not connected does not answer', () => {
    const { device, local, remote } = pair()
    const [near, far] = [new Side(device), new Side(device)]
    near.queuePair.connect(far.queuePair.endpoint)
    near.ring.push(Opcode.Read, 0, 1, local.handle, 0, remote, 0, 8)
    expect(near.submitAndPoll()).toBe(Status.RetryExceeded)
  })

  test('a count of messages beyond all receives', () => {
    pair().postReceive(1, 64)
    // The message itself is flawless: only the count betrays its writer.
    scribble(inboxOf(pair().far), FIRST_SLOT, 1, 8, 0)
    scribble(inboxOf(pair().far), INBOX_PRODUCED, FIRST_COUNT - 16)
    expect(pair().far.poll()[0]).toMatchObject({ id: 1, status: Status.BadResponse })
    expect(pair().far.queuePair.state()).toBe('error')
  })

  test.each([
    ['longer than the receive', [1, 65, 0], Status.LocalLength],
    ['longer than a slot', [1, 0xffff_ffff, 0], Status.LocalLength],
    ['of no known kind', [99, 8, 0], Status.BadResponse],
  ])('a message %s', (_, header, status) => {
    pair().postReceive(1, 64)
    scribble(inboxOf(pair().far), FIRST_SLOT, ...header)
    scribble(inboxOf(pair().far), INBOX_PRODUCED, FIRST_COUNT + 1)
    expect(pair().far.poll()[0]).toMatchObject({ id: 1, status, lengthBytes: 0 })
    expect(pair().far.queuePair.state()).toBe('error')
  })

  test('counts wrap while every receive has its message waiting', () => {
    const { near, far, local, owned } = pair()
    const sent = new Uint8Array(local.buffer)
    const received = new Uint8Array(owned.buffer)
    // Three receives at a time, from 256 before the wrap to as far behind it.
    for (let round = 0; round < 171; round++) {
      for (let index = 0; index < RECEIVE_DEPTH; index++) {
        expect(pair().postReceive(index + 1, 8, index * 8)).toBe(Status.Success)
      }
      for (let index = 0; index < RECEIVE_DEPTH; index++) {
        sent.fill(round * RECEIVE_DEPTH + index, 0, 8)
        pair().push(Opcode.Send, 1)
        expect(near.submitAndPoll()).toBe(Status.Success)
      }
      expect(far.poll().map((end) => end.status)).toEqual([0, 0, 0])
      const values = Array.from({ length: RECEIVE_DEPTH }, (_, index) => received[index * 8 + 7])
      expect(values).toEqual([0, 1, 2].map((index) => (round * RECEIVE_DEPTH + index) & 255))
    }
  })

  test('a peer that says it has more room than slots', () => {
    scribble(inboxOf(pair().far), INBOX_POSTED, FIRST_COUNT + 5)
    pair().push(Opcode.Send, 1)
    expect(pair().near.submitAndPoll()).toBe(Status.RetryExceeded)
  })

  test('a peer in no known state', () => {
    scribble(inboxOf(pair().far), INBOX_STATE, 0xdead)
    pair().push(Opcode.Read, 1)
    expect(pair().near.submitAndPoll()).toBe(Status.RetryExceeded)
  })

  test('what is readable through the file is sealed in size', () => {
    const file = openSync(`/proc/self/fd/${pair().owned.descriptor.fd}`, 'r+')
    const page = new Uint8Array(8)
    expect(readSync(file, page, 0, 8, 0)).toBe(8)
    expect(() => writeSync(file, page, 0, 8, 1 << 20)).toThrow()
    closeSync(file)
  })
})

describe('misuse of the control path', () => {
  const pair = usePair()

  test('devices and providers', () => {
    expect(codeOf(() => native().openDevice('shared-memory', 'shm1'))).toBe('ERR_UNTORN_NO_DEVICE')
    expect(codeOf(() => native().openDevice('simulation', 'shm'))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => native().listDevices(1 as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(
      native()
        .listDevices('shared-memory')
        .map(({ name }) => name),
    ).toEqual(['shm'])
  })

  test('verbs is there, or says why not', () => {
    const { loaded, reason } = native().verbsStatus()
    expect(reason === '').toBe(loaded)
    if (loaded) expect(Array.isArray(native().listDevices('verbs'))).toBe(true)
    else expect(codeOf(() => native().listDevices('verbs'))).toBe('ERR_UNTORN_VERBS_UNAVAILABLE')
  })

  test.each([
    ['no bytes', { bytes: 0 }],
    ['half a byte', { bytes: 0.5 }],
    ['more than the memory', { bytes: 2 ** 52 }],
    ['rights beyond', { access: 16 }],
    ['writable by peers only', { access: 4 }],
    ['huge pages of another kind', { hugePages: 'yes' }],
  ])('registering: %s', (_, changes) => {
    const options = { bytes: 64, access: 1, hugePages: false, ...changes }
    expect(codeOf(() => pair().device.registerMemory(options as never))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('huge pages where there are none', () => {
    const free = /^HugePages_Free:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
    const register = (): unknown =>
      pair().device.registerMemory({ bytes: 64, access: 1, hugePages: true })
    if (free === undefined || free === '0') expect(codeOf(register)).toBe('ERR_UNTORN_HUGE_PAGES')
    else expect(register()).toBeTypeOf('object')
  })

  test('depths and retries out of range', () => {
    for (const changes of [{ sendDepth: 0 }, { receiveDepth: 1e9 }, { rnrRetryCount: 7 }]) {
      const options = { ...queuePairOptions, ...changes }
      expect(codeOf(() => pair().device.createQueuePair(options))).toBe('ERR_UNTORN_ARGUMENT')
    }
  })

  test('methods on strangers, and classes called', () => {
    const { device, local, near } = pair()
    const close = Reflect.get<NativeRegion, 'close'>(local, 'close')
    for (const stranger of [{}, device, near.queuePair, null, 7]) {
      // V8 refuses objects that another class made, before the addon looks at their tag.
      expect(thrownBy(() => close.call(stranger as never))).toBeInstanceOf(TypeError)
    }
    const Region = local.constructor as new () => unknown
    expect(codeOf(() => new Region())).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => Reflect.construct(Region, [], Object))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('a closed device', () => {
    const { device, local } = pair()
    const { descriptor } = local
    device.close()
    const closed = [
      () => device.registerMemory({ bytes: 64, access: 1, hugePages: false }),
      () => device.createQueuePair(queuePairOptions),
      () => device.importRegion(descriptor),
      () => device.accounting(),
      () => device.releaseRemoteRegion(1),
    ]
    for (const run of closed) expect(codeOf(run)).toBe('ERR_UNTORN_CLOSED')
  })

  test('a device closed by a getter of its own options', () => {
    const { device } = pair()
    const options = {
      bytes: 64,
      access: 1,
      get hugePages(): boolean {
        device.close()
        return false
      },
    }
    expect(codeOf(() => device.registerMemory(options))).toBe('ERR_UNTORN_CLOSED')
  })
})
