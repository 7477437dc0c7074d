// Goal: where peers may write, too, every update takes place once, on top of the one before, whoever
// made it. Method: the owner and two handles of the peer count in one word at the same time.
import { expect, test } from 'vitest'
import { Stage, payload } from './fixture.ts'
import { BYTES, type PeerUpdates, type Subject, openReader } from './subjects.ts'
import type { World } from './worlds.ts'

const UPDATES_EACH = 5

/** Word 0 counts, word 1 says who counted last. */
function counted(by: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const next = bytes.slice()
    const words = new Uint32Array(next.buffer)
    words[0] = (words[0] as number) + 1
    words[1] = by
    return next
  }
}

export function describeUpdates(world: World, subject: Subject, updates: PeerUpdates): void {
  test('what a peer publishes is read by all, and the owner goes on from it', async () => {
    const stage = await Stage.open(world, subject)
    const { reader, session } = stage
    const other = await openReader(subject, session.peer)
    const before = await reader.read()
    const version = await updates.byPeer(reader, () => payload(1))
    expect(version).toBeGreaterThan(before.version)
    session.settle()
    for (const each of [reader, other]) {
      expect(await each.read()).toEqual({ version, bytes: payload(1) })
    }
    expect(await stage.publish(2)).toBeGreaterThan(version)
    await stage.expectReads(2)
  })

  test('updates at the same time each take place once', async () => {
    const stage = await Stage.open(world, subject, { attemptsMax: 100_000 })
    const { reader, owned, session } = stage
    const other = await openReader(subject, session.peer, { attemptsMax: 100_000 })
    await owned.publish(new Uint8Array(BYTES))
    session.settle()
    const versions: number[] = []
    const byOwner = async (): Promise<void> => {
      for (let round = 0; round < UPDATES_EACH; round += 1) {
        versions.push(await updates.byOwner(owned, counted(1)))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const byPeer = async (each: typeof reader, number: number): Promise<void> => {
      for (let round = 0; round < UPDATES_EACH; round += 1) {
        versions.push(await updates.byPeer(each, counted(number)))
      }
    }
    await Promise.all([byOwner(), byPeer(reader, 2), byPeer(other, 3)])
    session.settle()
    const { version, bytes } = await reader.read()
    expect(new Uint32Array(bytes.slice().buffer)[0]).toBe(3 * UPDATES_EACH)
    expect(new Set(versions).size).toBe(3 * UPDATES_EACH)
    expect(version).toBe(Math.max(...versions))
  })

  test('an update whose function throws changes nothing', async () => {
    const stage = await Stage.open(world, subject)
    const mistake = new Error('a mistake of the caller')
    const fail = (): never => {
      throw mistake
    }
    await expect(updates.byPeer(stage.reader, fail)).rejects.toBe(mistake)
    await expect((async () => updates.byOwner(stage.owned, fail))()).rejects.toBe(mistake)
    await stage.expectReads(0)
    await updates.byPeer(stage.reader, () => payload(1))
    await stage.expectReads(1)
  })
}
