// Goal: whichever process of a region dies or stands still, the others get whole bytes of one
// incarnation or a coded failure, and what the dead one held is free again. Method: real processes,
// really killed and stopped, each protocol in turn: its owner, and a reader that has pinned an object;
// describe-faults.ts has the seqlock, describe-lock-faults.ts holders of locks. Payloads are words
// that all equal the number of their publication.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Device,
  type Host,
  type Peer,
  UntornError,
  connect,
  listen,
  openDevice,
  rcuCell,
} from '../../src/index.ts'
import type { RcuCellOwner, RegionReader } from '../../src/regions/index.ts'
import { Child } from './child.ts'

const BYTES = 4096
/** Until a killed peer is noticed: verbs retries for a second or two, heartbeats take six. */
const NOTICE_MS = 15_000
/** Longer than a test: what is freed is freed for another reason. */
const LONG_MS = 600_000
const LEASE_MS = 500

/** Names that party.mjs knows, and the protocols they are opened as. */
const subjects = [
  ['slots-fenced', 'versioned-slots'],
  ['slots-hash', 'versioned-slots'],
  ['cell', 'rcu-cell'],
  ['locked', 'locked'],
] as const

/** What a read may end with before the loss of the peer is certain. */
const passing = [
  'ERR_UNTORN_RETRIES_EXHAUSTED',
  'ERR_UNTORN_WRITER_ACTIVE',
  'ERR_UNTORN_REMOTE',
  'ERR_UNTORN_NOT_CONNECTED',
]

function payload(number: number): Uint8Array {
  return new Uint8Array(new BigUint64Array(BYTES / 8).fill(BigInt(number)).buffer)
}

function wholeNumber(bytes: Uint8Array): number {
  const words = new BigUint64Array(bytes.slice().buffer)
  const first = words[0] ?? -1n
  if (words.length !== BYTES / 8 || !words.every((word) => word === first)) {
    throw new Error('torn bytes were accepted')
  }
  return Number(first)
}

function codeOf(error: unknown): string {
  if (error instanceof UntornError) return error.code
  throw error
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + NOTICE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not met in time: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Reads until it is certain that the peer is lost; every accepted snapshot is checked. */
async function readUntilLost(reader: RegionReader): Promise<string> {
  const deadline = performance.now() + NOTICE_MS
  let newest = 0
  while (performance.now() < deadline) {
    try {
      const { version, bytes } = await reader.read()
      wholeNumber(bytes)
      expect(version).toBeGreaterThanOrEqual(newest)
      newest = version
    } catch (error) {
      const code = codeOf(error)
      if (!passing.includes(code)) return code
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return 'nothing failed in time'
}

export function describeRegionFaults(address: string): void {
  describe(`faults of regions on ${process.env['UNTORN_DEVICE'] ?? 'the default device'}`, () => {
    describe.each(subjects)('the owner of %s', (subject, protocol) => {
      let device: Device
      let owner: Child
      let peer: Peer

      const startOwner = (port: number): Promise<Child> =>
        Child.start('owner', address, port, 'party.mjs', subject, String(BYTES))

      const open = (attemptsMax: number): Promise<RegionReader> => {
        const opened: Promise<unknown> = peer.open('region', { protocol, attemptsMax } as never)
        return opened as Promise<RegionReader>
      }

      beforeEach(async () => {
        device = await openDevice()
        owner = await startOwner(0)
        peer = await connect(device, `${address}:${owner.port}`)
      })

      afterEach(async () => {
        await owner[Symbol.asyncDispose]()
        await peer.close()
        const nothing = { regions: 0, windows: 0, remoteRegions: 0, queuePairs: 0 }
        expect(device.accounting()).toMatchObject(nothing)
        await device.close()
      })

      test('killed while it publishes, and started again: whole bytes of one incarnation', async () => {
        const reader = await open(1000)
        await owner.tell('flatOut')
        for (let round = 0; round < 50; round += 1) {
          await reader.read().then(({ bytes }) => wholeNumber(bytes), codeOf)
        }
        const { port } = owner
        await owner.signal('SIGKILL')
        expect(await readUntilLost(reader)).toBe('ERR_UNTORN_PEER_LOST')
        owner = await startOwner(port)
        await peer.reconnect()
        await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
        const fresh = await open(1000)
        expect(wholeNumber((await fresh.read()).bytes)).toBe(0)
        await owner.tell('publish')
        expect(wholeNumber((await fresh.read()).bytes)).toBe(1)
      })

      test('killed halfway through a publication: never the half', async () => {
        const reader = await open(20)
        await owner.tell('publish')
        expect(wholeNumber((await reader.read()).bytes)).toBe(1)
        await owner.tell('begin')
        await owner.signal('SIGKILL')
        for (let round = 0; round < 20; round += 1) {
          const end = await reader.read().then(({ bytes }) => wholeNumber(bytes), codeOf)
          expect([1, 'ERR_UNTORN_PEER_LOST', ...passing]).toContain(end)
        }
        expect(await readUntilLost(reader)).toBe('ERR_UNTORN_PEER_LOST')
      })
    })

    describe('a peer', () => {
      let device: Device
      let host: Host
      const peers: Child[] = []

      const startPinner = async (): Promise<Child> => {
        const child = await Child.start(
          'pinner',
          address,
          host.port,
          'party.mjs',
          '',
          String(BYTES),
        )
        peers.push(child)
        return child
      }

      beforeEach(async () => {
        device = await openDevice()
        host = await listen(device, { host: address, port: 0 })
      })

      afterEach(async () => {
        for (const peer of peers.splice(0)) await peer[Symbol.asyncDispose]()
        await host.close()
        const nothing = { regions: 0, windows: 0, remoteRegions: 0, queuePairs: 0 }
        expect(device.accounting()).toMatchObject(nothing)
        await device.close()
      })

      function publishCell(leaseMs: number): RcuCellOwner {
        const spec = rcuCell({
          bytes: 8 * BYTES,
          objectBytesMax: BYTES,
          leaseMs,
          poison: true,
          initial: payload(0),
        })
        return host.publish('region', spec)
      }

      test('killed with an object pinned: the memory is back at once', async () => {
        const owner = publishCell(LONG_MS)
        const victim = await startPinner()
        await victim.tell('pin')
        for (let number = 1; number <= 3; number += 1) owner.store(payload(number))
        expect(await victim.tell('readPinned')).toBe(0)
        expect(owner.statistics.retired).toBeGreaterThan(0)
        await victim.signal('SIGKILL')
        await owner.synchronize({ signal: AbortSignal.timeout(NOTICE_MS) })
        await until(() => owner.statistics.retired === 0)
        expect(owner.statistics).toMatchObject({ expirations: 0, readers: 0 })
      })

      test('stopped with an object pinned: its lease ends, and its guard with it', async () => {
        const owner = publishCell(LEASE_MS)
        const victim = await startPinner()
        await victim.tell('pin')
        owner.store(payload(1))
        await victim.signal('SIGSTOP')
        await owner.synchronize({ signal: AbortSignal.timeout(NOTICE_MS) })
        // Whatever was pinned is room now, and is used.
        for (let number = 2; number <= 20; number += 1) owner.store(payload(number))
        await victim.signal('SIGCONT')
        expect(['ERR_UNTORN_LEASE_EXPIRED', 'ERR_UNTORN_EVICTED']).toContain(
          await victim.tell('readPinned'),
        )
        // On a busy machine a lease may be over before anything was read under it.
        await until(async () => {
          const found = await victim.tell('pin').then(() => victim.tell('readPinned'), String)
          expect([
            20,
            'ERR_UNTORN_LEASE_EXPIRED',
            'Error: pin: ERR_UNTORN_LEASE_EXPIRED',
          ]).toContain(found)
          return found === 20
        })
      })
    })
  })
}
