// Goal: on real memory a reader of versioned slots gets whole versions, past and present, whatever
// their owner does; and an owner that never pauses, which starves the readers of a seqlock, does not
// starve these. Method: the owner writes in another process as fast as it can; payloads prove their
// own version; both protocols are read under the same bound of attempts, without any clock.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import {
  type Device,
  Lapped,
  type Peer,
  type Snapshot,
  type VersionedSlotsReader,
  connect,
  openDevice,
} from '../../src/index.ts'

const script = fileURLToPath(new URL('./slots-writer.mjs', import.meta.url))
const BYTES = 65_536
/** Reads that have to fail of a seqlock before the same number of reads of slots is judged. */
const STARVED_MIN = 20
const ROUNDS_MAX = 200_000
const bound = { attemptsMax: 20, backOff: { initialUs: 0, maxUs: 0 } } as const

class World implements AsyncDisposable {
  readonly device: Device
  readonly peer: Peer
  readonly #child: ChildProcess

  private constructor(device: Device, peer: Peer, child: ChildProcess) {
    this.device = device
    this.peer = peer
    this.#child = child
  }

  static async make(strategy: 'fenced' | 'hash', slots: number): Promise<World> {
    const settings = [String(BYTES), strategy, String(slots)]
    const child = fork(script, settings, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const died = once(child, 'exit').then(() => {
      throw new Error('the owner ended before it began')
    })
    const [{ port }] = (await Promise.race([once(child, 'message'), died])) as [{ port: number }]
    died.catch(() => undefined)
    const device = await openDevice()
    const world = new World(device, await connect(device, `127.0.0.1:${port}`), child)
    worlds.push(world)
    return world
  }

  openRing(): Promise<VersionedSlotsReader> {
    return this.peer.open('ring', { protocol: 'versioned-slots', ...bound })
  }

  async tell(command: string, argument?: string): Promise<unknown> {
    this.#child.send([command, argument])
    const [reply] = (await once(this.#child, 'message')) as [{ result?: unknown; error?: string }]
    if (reply.error !== undefined) throw new Error(`${command}: ${reply.error}`)
    return reply.result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer.close()
    await this.device.close()
    const ended = once(this.#child, 'exit')
    this.#child.send(['exit'])
    await ended
  }
}

const worlds: World[] = []

afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]()
})

/** Fails when the bytes are not those of the turn, all of them from `offset` on. */
function expectWhole(turn: number, bytes: Uint8Array, offset: number = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seed = Math.imul(turn + 1, 0x9e3779b1)
  for (let at = 0; at < bytes.length; at += 4) {
    const word = (seed + Math.imul((offset + at) / 4 + 1, 0x85ebca6b)) | 0
    if (view.getInt32(at, true) !== word) throw new Error(`torn: word ${(offset + at) / 4}`)
  }
}

/** Fails when a snapshot of the ring is not of its version; returns that. */
function checked({ version, bytes }: Snapshot, offset: number = 0): number {
  expectWhole(version % 2, bytes, offset)
  return version
}

/** The code of what a read of a starved reader may end with; undefined when it ended well. */
function starvedBy(read: () => void): string | undefined {
  try {
    read()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ERR_UNTORN_RETRIES_EXHAUSTED' || code === 'ERR_UNTORN_WRITER_ACTIVE') return code
    throw error
  }
  return undefined
}

it.each([
  ['fenced', 2],
  ['fenced', 4],
  ['hash', 4],
] as const)('%s, %i slots: whole and never backwards, in every shape', async (strategy, slots) => {
  const world = await World.make(strategy, slots)
  const reader = await world.openRing()
  const target = new Uint8Array(BYTES)
  const part = { offset: 1000, length: 4000, attemptsMax: 10_000 } as const
  const patient = { attemptsMax: 10_000 } as const
  await world.tell('flatOut', 'ring')
  let last = 0
  let kept = 0
  for (let round = 0; round < 150; round++) {
    const versions = [
      checked(reader.readSync(patient)),
      checked(await reader.read(patient)),
      checked({ version: reader.readIntoSync(target, patient), bytes: target }),
      checked(reader.readSync(part), part.offset),
      checked(reader.borrowSync(patient)),
    ]
    for (const version of versions) {
      expect(version).toBeGreaterThanOrEqual(last)
      last = version
    }
    try {
      const earlier = reader.readVersionSync(last, patient)
      if (earlier !== undefined) kept += checked(earlier) === last ? 1 : 0
    } catch (error) {
      expect(error).toBeInstanceOf(Lapped)
      expect((error as Lapped).missed).toBeGreaterThan(0)
    }
  }
  await world.tell('pause')
  expect(last).toBeGreaterThan(150)
  // With a latch there is hardly time for it.
  if (slots > 2) expect(kept).toBeGreaterThan(0)
})

it.each(['fenced', 'hash'] as const)(
  '%s: an owner that never pauses starves readers of a seqlock, and not these',
  async (strategy) => {
    const world = await World.make(strategy, 8)
    const cell = await world.peer.open('cell', bound)
    const ring = await world.openRing()
    await world.tell('flatOut', 'cell')
    let rounds = 0
    let starved = 0
    while (starved < STARVED_MIN && rounds < ROUNDS_MAX) {
      rounds += 1
      const code = starvedBy(() => {
        const { version, bytes } = cell.borrowSync()
        expectWhole((version / 2) % 2, bytes)
      })
      if (code !== undefined) starved += 1
    }
    await world.tell('flatOut', 'ring')
    let ringStarved = 0
    let newest = 0
    for (let round = 0; round < rounds; round++) {
      const code = starvedBy(() => void (newest = checked(ring.borrowSync())))
      if (code !== undefined) ringStarved += 1
    }
    await world.tell('pause')
    expect(starved).toBe(STARVED_MIN)
    expect(ringStarved).toBe(0)
    expect(newest).toBeGreaterThan(1)
  },
)

it('a loan that is never ended holds no reader up, and versions stay readable', async () => {
  const world = await World.make('fenced', 4)
  const reader = await world.openRing()
  for (let version = 2; version <= 5; version++) expect(await world.tell('publish')).toBe(version)
  expect(await world.tell('lend')).toBe(6)
  expect(checked(reader.readSync({ attemptsMax: 1 }))).toBe(5)
  expect(checked(await reader.read({ attemptsMax: 1 }))).toBe(5)
  for (const version of [3, 4, 5]) {
    const snapshot = await reader.readVersion(version, { attemptsMax: 1 })
    expect(snapshot === undefined ? 0 : checked(snapshot)).toBe(version)
  }
  await expect(reader.readVersion(1)).rejects.toMatchObject({
    code: 'ERR_UNTORN_LAPPED',
    version: 1,
  })
  expect(await reader.readVersion(6)).toBeUndefined()
})

it('a region is opened as what it is', async () => {
  const world = await World.make('fenced', 2)
  await expect(world.peer.open('ring')).rejects.toMatchObject({
    code: 'ERR_UNTORN_LAYOUT_MISMATCH',
  })
  const wrong = world.peer.open('cell', { protocol: 'versioned-slots' })
  await expect(wrong).rejects.toMatchObject({ code: 'ERR_UNTORN_LAYOUT_MISMATCH' })
  const unknown = world.peer.open('cell', { protocol: 'toString' as 'seqlock' })
  await expect(unknown).rejects.toMatchObject({ code: 'ERR_UNTORN_ARGUMENT' })
  const ring = await world.peer.open('ring', { protocol: 'versioned-slots', slotsMin: 2 })
  expect(ring.readSync().version).toBe(1)
})
