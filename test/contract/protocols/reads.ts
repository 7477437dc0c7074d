// Goal: what is published is what is read, whole, in every shape of a read, and never an older version
// after a newer one. Method: payloads that prove which they are; reads in turn with, and at the same
// time as publications.
import { expect, test } from 'vitest'
import { ObjectReader, PayloadReader, type Snapshot } from '../../../src/regions/index.ts'
import { Stage, codeOf, numberOf, payload } from './fixture.ts'
import { BYTES, type Subject, openReader } from './subjects.ts'
import type { World } from './worlds.ts'

const PART = { offset: 24, length: 100 }
const PUBLICATIONS = 15
const ROUNDS_MAX = 10_000

/** Every way to read the whole, by name. */
export function waysToRead(
  reader: Stage['reader'],
): [string, () => Promise<Snapshot> | Snapshot][] {
  const target = new Uint8Array(BYTES + 8)
  const ways: [string, () => Promise<Snapshot> | Snapshot][] = [
    ['read', () => reader.read()],
    ['readSync', () => reader.readSync()],
    ['readIfChanged', async () => present(await reader.readIfChanged(0))],
    ['readIfChangedSync', () => present(reader.readIfChangedSync(0))],
  ]
  const read = (version: number): Snapshot => ({ version, bytes: target.slice(0, BYTES) })
  if (reader instanceof PayloadReader) {
    ways.push(
      ['readInto', async () => read(await reader.readInto(target))],
      ['readIntoSync', () => read(reader.readIntoSync(target))],
      ['borrowSync', () => reader.borrowSync()],
    )
  }
  if (reader instanceof ObjectReader) {
    ways.push(
      ['readInto', () => reader.readInto(target)],
      ['readIntoSync', () => reader.readIntoSync(target)],
      ['borrowSync', () => reader.borrowSync()],
    )
  }
  return ways
}

function present(snapshot: Snapshot | undefined): Snapshot {
  if (snapshot === undefined) throw new Error('version 0 is never the present one')
  return snapshot
}

export function describeReads(world: World, subject: Subject): void {
  test('what is published is read, in every way', async () => {
    const stage = await Stage.open(world, subject)
    const ways = waysToRead(stage.reader)
    expect(ways.length).toBe(7)
    let last = 0
    for (let number = 0; number < 3; number += 1) {
      const version =
        number === 0 ? (await stage.reader.read()).version : await stage.publish(number)
      expect(version).toBeGreaterThan(last)
      last = version
      for (const [name, read] of ways) {
        const { version: found, bytes } = await read()
        expect([name, found, bytes]).toEqual([name, version, payload(number)])
      }
      expect(stage.reader.version).toBe(version)
    }
    expect(stage.reader.statistics.reads).toBeGreaterThanOrEqual(3 * ways.length)
  })

  test('what was returned stays as it is', async () => {
    const stage = await Stage.open(world, subject)
    const [first, second] = [await stage.reader.read(), stage.reader.readSync()]
    await stage.publish(1)
    await stage.expectReads(1)
    expect([first.bytes, second.bytes]).toEqual([payload(0), payload(0)])
  })

  test('parts', async () => {
    const { reader } = await Stage.open(world, subject)
    if (!(reader instanceof PayloadReader)) {
      // Objects have no parts; callers who come from payloads may well ask.
      const part: object = PART
      expect(await codeOf(() => reader.read(part))).toBe('ERR_UNTORN_ARGUMENT')
      expect(await codeOf(() => reader.readSync(part))).toBe('ERR_UNTORN_ARGUMENT')
      return
    }
    const { offset, length } = PART
    const part = payload(0).subarray(offset, offset + length)
    expect((await reader.read(PART)).bytes).toEqual(part)
    expect(reader.readSync(PART).bytes).toEqual(part)
    expect(reader.readSync({ offset: BYTES - 1 }).bytes).toEqual(payload(0).subarray(BYTES - 1))
    const target = new Uint8Array(length + 1).fill(0xee)
    reader.readIntoSync(target, PART)
    expect(target).toEqual(Uint8Array.of(...part, 0xee))
    await reader.readInto(target, { ...PART, offset: 0 })
    expect(target.subarray(0, length)).toEqual(payload(0).subarray(0, length))
    expect((await reader.readIfChanged(0, PART))?.bytes).toEqual(part)
  })

  test('readIfChanged tells a change from none', async () => {
    const stage = await Stage.open(world, subject)
    const { reader } = stage
    const { version } = await reader.read()
    expect(await reader.readIfChanged(version)).toBeUndefined()
    expect(reader.readIfChangedSync(version)).toBeUndefined()
    const next = await stage.publish(1)
    expect(await reader.readIfChanged(version)).toEqual({ version: next, bytes: payload(1) })
    expect(reader.readIfChangedSync(version)).toEqual({ version: next, bytes: payload(1) })
    expect(await reader.readIfChanged(next)).toBeUndefined()
  })

  test('readers of one peer do not disturb each other', async () => {
    const stage = await Stage.open(world, subject)
    const others = await Promise.all([1, 2, 3].map(() => openReader(subject, stage.session.peer)))
    const reads = [stage.reader, ...others].flatMap((reader) =>
      Array.from({ length: 4 }, () => reader.read()),
    )
    for (const other of others) expect(other.readSync().bytes).toEqual(payload(0))
    for (const { bytes } of await Promise.all(reads)) expect(bytes).toEqual(payload(0))
    await others[0]?.close()
    await stage.publish(1)
    await stage.expectReads(1)
    expect((await others[1]?.read())?.bytes).toEqual(payload(1))
  })

  test('at the same time as publications reads are whole, and versions never go back', async () => {
    const stage = await Stage.open(world, subject, { attemptsMax: 100_000 })
    const { reader, owned, session } = stage
    let number = 0
    // Whoever publishes in several steps needs the event loop, which a synchronous read keeps.
    let isBetween = false
    const publish = async (): Promise<void> => {
      for (; number < PUBLICATIONS;) {
        const published = owned.publish(payload((number += 1)))
        isBetween = published instanceof Promise
        await published
        isBetween = false
        await new Promise((resolve) => setImmediate(resolve))
      }
      session.settle()
    }
    const read = async (): Promise<void> => {
      let newest = { version: 0, number: -1 }
      for (let round = 0; newest.number < PUBLICATIONS && round < ROUNDS_MAX; round += 1) {
        // A benign schedule lets readers go on for as long as they read.
        if (round % 8 === 7) session.settle()
        const reads = [reader.read(), reader.read()]
        if (round % 4 === 0 && !isBetween) reads.push(Promise.resolve(reader.readSync()))
        const floor = newest
        for (const snapshot of await Promise.all(reads)) {
          const found = { version: snapshot.version, number: numberOf(snapshot, number) }
          expect(found.version).toBeGreaterThanOrEqual(floor.version)
          expect(found.number > floor.number).toBe(found.version > floor.version)
          if (found.version > newest.version) newest = found
        }
      }
      expect(newest.number).toBe(PUBLICATIONS)
    }
    await Promise.all([publish(), read()])
  })
}

/** Of subjects whose readers read objects. */
export function describeObjects(world: World, subject: Subject): void {
  test('objects are as long as they are', async () => {
    const { owned, reader, session } = await Stage.open(world, subject)
    for (const length of [0, 1, 7, 8, BYTES - 1, BYTES]) {
      const version = await owned.publish(payload(1).subarray(0, length))
      session.settle()
      for (const [name, read] of waysToRead(reader)) {
        const object = { version, bytes: payload(1).subarray(0, length) }
        expect([name, await read()]).toEqual([name, object])
      }
    }
    const longer = new Uint8Array(BYTES + 1)
    expect(await codeOf(() => owned.publish(longer))).toBe('ERR_UNTORN_ARGUMENT')
    if (!(reader instanceof ObjectReader)) throw new Error('this is no reader of objects')
    const short = new Uint8Array(BYTES - 1)
    expect(await codeOf(() => reader.readInto(short))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    expect(await codeOf(() => reader.readIntoSync(short))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    expect((await reader.read()).bytes).toEqual(payload(1))
  })
}
