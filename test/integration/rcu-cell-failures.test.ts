// Goal: whatever breaks under a guard or a write, and whenever, it ends with a code, nothing that a
// guard showed was wrong, and handle and owner go on. Method: simulated devices whose completions are
// held back and whose queue pairs break; evictions, time-outs and aborts.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import {
  type Device,
  type RcuCellOptions,
  type UntornError,
  connect,
  listen,
  rcuCell,
} from '../../src/index.ts'
import type { QueuePair } from '../../src/fabric/contract.ts'
import { simulatedFabric } from '../../src/simulation/device/index.ts'

function recordQueuePairs(device: Device): QueuePair[] {
  const queuePairs: QueuePair[] = []
  const create = device.createQueuePair.bind(device)
  device.createQueuePair = (options) => {
    const queuePair = create(options)
    queuePairs.push(queuePair)
    return queuePair
  }
  return queuePairs
}

async function start(options: Partial<RcuCellOptions> = {}, sendDepth: number = 128) {
  const fabric = simulatedFabric({ model: 'minimal' })
  const [hostDevice, device] = [fabric.openDevice('host'), fabric.openDevice('peer')]
  const owned = recordQueuePairs(hostDevice)
  const pairs = recordQueuePairs(device)
  const host = await listen(hostDevice, { port: 0, host: '127.0.0.1' })
  const owner = host.publish(
    'cell',
    rcuCell({ bytes: 8192, objectBytesMax: 200, initial: Uint8Array.of(1), ...options }),
  )
  const queuePair = { sendDepth }
  const peer = await connect(device, { host: '127.0.0.1', port: host.port }, { queuePair })
  const reader = await peer.open('cell', { protocol: 'rcu-cell' })
  onTestFinished(async () => {
    await peer.close()
    await host.close()
    for (const each of [hostDevice, device]) {
      expect(each.accounting()).toMatchObject({ regions: 0, remoteRegions: 0, queuePairs: 0 })
      await each.close()
    }
  })
  const present = (): QueuePair => pairs.at(-1) as QueuePair
  const faults = () => fabric.faults(present())
  return { owner, owned, reader, present, faults, host, peer }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no failure',
    (error: unknown) => (error as UntornError).code,
  )
}

test('an evicted reader’s guards are dead, its memory is back at once, and it pins anew', async () => {
  const { owner, reader } = await start({ leaseMs: 60_000 })
  const guard = await reader.pin()
  owner.store(Uint8Array.of(2))
  const peer = (owner.poll(owner.startPoll()), owner.statistics.oldestPin?.peer as string)
  expect(owner.statistics.retired).toBe(1)
  expect(await owner.evict(peer, 'it sleeps')).toBe(true)
  owner.poll(owner.startPoll())
  expect(owner.statistics).toMatchObject({ retired: 0, readers: 0, expirations: 0 })
  expect(await owner.evict(peer)).toBe(false)
  await until(() => guard.remainingMs() === 0)
  expect(await failureOf(guard.load())).toBe('ERR_UNTORN_EVICTED')
  expect(await failureOf(guard.current().read())).toBe('ERR_UNTORN_EVICTED')
  expect(await failureOf(guard.renew())).toBe('ERR_UNTORN_EVICTED')
  guard.release()
  expect(await reader.read()).toEqual({ version: 2, bytes: Uint8Array.of(2) })
  using next = await reader.pin()
  expect(next.current().version).toBe(2)
})

test('guards end with a queue pair that breaks; the next pin claims anew', async () => {
  const { owner, reader, present } = await start({ leaseMs: 60_000 })
  await reader.online()
  const guard = await reader.pin()
  present().fail()
  const failure = await failureOf(guard.load())
  expect(['ERR_UNTORN_REMOTE', 'ERR_UNTORN_NOT_CONNECTED']).toContain(failure)
  expect(guard.remainingMs()).toBe(0)
  owner.store(Uint8Array.of(2))
  await owner.synchronize()
  expect((await reader.read()).version).toBe(2)
  using next = await reader.pin()
  expect((await next.load()).version).toBe(2)
})

test('a pin that takes too long, or is aborted, leaves none behind', async () => {
  const { owner, reader, faults } = await start({ leaseMs: 60_000 })
  ;(await reader.pin()).release()
  faults().holdCompletions()
  expect(await failureOf(reader.pin({ timeoutMs: 20 }))).toBe('ERR_UNTORN_TIMEOUT')
  const signal = AbortSignal.timeout(20)
  expect(await failureOf(reader.pin({ signal }))).toBe('ERR_UNTORN_ABORTED')
  expect(await failureOf(reader.pin({ signal }))).toBe('ERR_UNTORN_ABORTED')
  faults().releaseCompletions()
  owner.store(Uint8Array.of(2))
  await owner.synchronize()
  expect(owner.statistics).toMatchObject({ retired: 0, expirations: 0 })
  using guard = await reader.pin()
  expect(guard.current().version).toBe(2)
})

test('a pin waits for room in the queue, which is no lease that runs out', async () => {
  const { owner, reader, faults } = await start({ leaseMs: 60_000 }, 4)
  ;(await reader.pin()).release()
  await reader.read()
  faults().holdCompletions()
  const reads = Array.from({ length: 4 }, () => reader.read())
  const pinning = reader.pin()
  await new Promise((resolve) => setTimeout(resolve, 10))
  faults().releaseCompletions()
  using guard = await pinning
  expect(guard.current().version).toBe(1)
  await Promise.all(reads)
  owner.store(Uint8Array.of(2))
  expect((await guard.current().read()).join()).toBe('1')
})

test('a reader that closes amid its reads ends them with a code', async () => {
  const { reader, faults } = await start()
  const guard = await reader.pin()
  faults().holdCompletions()
  const works = [guard.load(), guard.current().read(), reader.pin(), reader.read()].map(failureOf)
  const closing = reader.close()
  faults().releaseCompletions()
  await closing
  expect(new Set(await Promise.all(works))).toEqual(new Set(['ERR_UNTORN_CLOSED']))
  expect(await failureOf(reader.pin())).toBe('ERR_UNTORN_CLOSED')
})

test('a swap whose result is lost has an unknown outcome; the owner knows it', async () => {
  const { owner, reader, faults, present } = await start({ writers: 1 })
  const increment = (bytes: Uint8Array): Uint8Array => Uint8Array.of((bytes[0] as number) + 1)
  expect(await reader.update(increment)).toBe(2)
  let changed = 0
  const updating = failureOf(
    reader.update((bytes) => {
      changed += 1
      // The next chain is the swap.
      faults().holdCompletions()
      return increment(bytes)
    }),
  )
  await until(() => changed === 1 && owner.load().version === 3)
  present().fail()
  expect(await updating).toBe('ERR_UNTORN_UNKNOWN_OUTCOME')
  expect(owner.load()).toEqual({ version: 3, bytes: Uint8Array.of(3) })
  expect(await reader.update(increment)).toBe(4)
  owner.store(Uint8Array.of(9))
  expect(await reader.read()).toEqual({ version: 5, bytes: Uint8Array.of(9) })
  await until(() => owner.statistics.retired === 0)
})

test('a peer that writes more than its room waits for the owner, and gives up in time', async () => {
  const { owner, reader } = await start({ writers: 1, leaseMs: 60_000 })
  using guard = await reader.pin()
  const write = (timeoutMs: number): Promise<unknown> =>
    reader.update((bytes) => bytes, { timeoutMs })
  for (let index = 0; index < 8; index++) await write(5000)
  expect(await failureOf(write(40))).toBe('ERR_UNTORN_HEAP_EXHAUSTED')
  expect([owner.load().version, guard.current().version]).toEqual([9, 1])
})

test('an update is bounded, abortable, and what its function throws changes nothing', async () => {
  const { owner, reader } = await start({ writers: 1 })
  const interfering = (bytes: Uint8Array): Uint8Array => {
    owner.store(bytes)
    return bytes
  }
  const bounded = reader.update(interfering, { attemptsMax: 3 })
  expect(await failureOf(bounded)).toBe('ERR_UNTORN_RETRIES_EXHAUSTED')
  const aborted = reader.update((bytes) => bytes, { signal: AbortSignal.abort() })
  expect(await failureOf(aborted)).toBe('ERR_UNTORN_ABORTED')
  const { version } = owner.load()
  const thrown = new Error('no')
  const throwing = reader.update(() => {
    throw thrown
  })
  await expect(throwing).rejects.toBe(thrown)
  await expect(reader.update(() => new Uint8Array(201))).rejects.toBeInstanceOf(RangeError)
  await expect(reader.compareAndSwap(version, 7 as never)).rejects.toBeInstanceOf(TypeError)
  expect(owner.load().version).toBe(version)
})

test('a change that waits for another’s end can be given up, and those behind it go on', async () => {
  const { owner, reader, faults } = await start({ writers: 1 })
  const increment = (bytes: Uint8Array): Uint8Array => Uint8Array.of((bytes[0] as number) + 1)
  expect(await reader.update(increment)).toBe(2)
  faults().holdCompletions()
  const first = reader.update(increment)
  const abort = new AbortController()
  const aborted = failureOf(reader.update(increment, { signal: abort.signal }))
  const late = failureOf(reader.update(increment, { timeoutMs: 5 }))
  const last = reader.update(increment)
  abort.abort()
  expect(await Promise.all([aborted, late])).toEqual(['ERR_UNTORN_ABORTED', 'ERR_UNTORN_TIMEOUT'])
  faults().releaseCompletions()
  expect(await Promise.all([first, last])).toEqual([3, 4])
  expect(owner.load()).toEqual({ version: 4, bytes: Uint8Array.of(4) })
})

test('an owner whose own queue pair breaks replaces it, and knows what came of its swap', async () => {
  const { owner, owned, reader } = await start({ writers: 1 })
  owner.store(Uint8Array.of(2))
  // The first two were made for the loopback.
  owned[0]?.fail()
  const codes = ['ERR_UNTORN_UNKNOWN_OUTCOME', 'ERR_UNTORN_REMOTE', 'ERR_UNTORN_NOT_CONNECTED']
  expect(() => owner.store(Uint8Array.of(3))).toThrow()
  expect(codes).toContain(await failureOf(Promise.resolve().then(() => owner.load())))
  await until(() => {
    try {
      return owner.load().version >= 2
    } catch {
      return false
    }
  })
  const { version } = owner.load()
  expect(await reader.update((bytes) => bytes)).toBe(version + 1)
  expect(owner.store(Uint8Array.of(5))).toBe(version + 2)
  await until(() => owner.statistics.retired === 0)
})

test('a reader that is online stays so with its next claim', async () => {
  const { owner, reader, present } = await start({ leaseMs: 300 })
  await reader.online()
  present().fail()
  await failureOf(reader.read())
  ;(await reader.pin()).release()
  await until(() => {
    void owner.synchronize()
    return owner.statistics.oldestPin !== undefined
  })
  await new Promise((resolve) => setTimeout(resolve, 400))
  owner.poll(owner.startPoll())
  expect([owner.statistics.oldestPin?.expired, owner.statistics.expirations]).toEqual([false, 0])
})

test('a guard that is forgotten is released, and told of', async () => {
  const { owner, reader } = await start({ leaseMs: 60_000 })
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const warnings: unknown[] = []
  const onWarning = (warning: Error): void => void warnings.push(Reflect.get(warning, 'code'))
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  await (async () => void (await reader.pin()))()
  owner.store(Uint8Array.of(2))
  await until(() => {
    collect()
    return warnings.length > 0
  })
  expect(warnings).toEqual(['UNTORN_GUARD_LEAKED'])
  await owner.synchronize()
})

test('a synchronous load that takes too long ends in time, and its memory is used again later', async () => {
  const { owner, reader, faults } = await start({ leaseMs: 60_000 })
  using guard = await reader.pin()
  owner.store(Uint8Array.of(2))
  faults().holdCompletions()
  const timeout: unknown = expect.objectContaining({ code: 'ERR_UNTORN_TIMEOUT' })
  expect(() => guard.loadSync({ timeoutMs: 20 })).toThrow(timeout)
  expect(() => guard.current().readSync(0, 1, { timeoutMs: 20 })).toThrow(timeout)
  faults().releaseCompletions()
  expect(guard.current().readSync()).toEqual(Uint8Array.of(1))
  expect(guard.loadSync()).toEqual({ version: 2, bytes: Uint8Array.of(2) })
  expect(reader.statistics.failures).toEqual({ ERR_UNTORN_TIMEOUT: 2 })
})
