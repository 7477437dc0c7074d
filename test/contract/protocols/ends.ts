// Goal: nothing waits for ever, and nothing that is over returns bytes: reads against an owner that
// stopped halfway, of closed and replaced regions, on closed handles.
import { expect, test } from 'vitest'
import { Stage, codeOf, payload, until } from './fixture.ts'
import { type Subject, openReader } from './subjects.ts'
import { waysToRead } from './reads.ts'
import type { World } from './worlds.ts'

/** Enough to see that the owner does not go on. */
const BOUNDED = { attemptsMax: 4 }
const OVER = ['ERR_UNTORN_CLOSED', 'ERR_UNTORN_STALE_GENERATION']

export function describeEnds(world: World, subject: Subject): void {
  test('an owner that stops halfway: the version before, or a typed failure; then the next', async () => {
    const stage = await Stage.open(world, subject, BOUNDED)
    const before = await stage.reader.read()
    const halfway = await stage.owned.begin(payload(1))
    stage.session.settle()
    for (const [name, read] of waysToRead(stage.reader)) {
      if (halfway.starved.length === 0) {
        expect([name, await read()]).toEqual([name, before])
      } else {
        expect([name, halfway.starved.includes(await codeOf(read))]).toEqual([name, true])
      }
    }
    const version = await halfway.end()
    stage.session.settle()
    expect(await stage.reader.read()).toEqual({ version, bytes: payload(1) })
    await stage.expectReads(1)
  })

  test('time is a bound, too', async () => {
    const stage = await Stage.open(world, subject, { attemptsMax: 1_000_000_000 })
    const halfway = await stage.owned.begin(payload(1))
    stage.session.settle()
    const codes = [
      await codeOf(() => stage.reader.read({ timeoutMs: 5 })),
      await codeOf(() => stage.reader.readSync({ timeoutMs: 5 })),
    ]
    // Whoever is not starved has read meanwhile, unless the machine is very busy.
    const ends = ['ERR_UNTORN_TIMEOUT', ...halfway.starved]
    if (halfway.starved.length === 0) ends.push('no error')
    for (const code of codes) expect(ends).toContain(code)
    await halfway.end()
    stage.session.settle()
    await stage.expectReads(1)
  })

  test('a closed region', async () => {
    const stage = await Stage.open(world, subject)
    const { reader, owned, session } = stage
    await reader.read()
    await owned.close()
    await owned.close()
    for (const [name, read] of waysToRead(reader)) {
      expect([name, OVER.includes(await codeOf(read))]).toEqual([name, true])
    }
    expect(await codeOf(() => owned.publish(payload(1)))).toBe('ERR_UNTORN_CLOSED')
    await until(() => session.peer.regions().length === 0)
    expect(await codeOf(() => openReader(subject, session.peer))).toBe('ERR_UNTORN_NO_REGION')
  })

  test('a region published again is another one', async () => {
    const stage = await Stage.open(world, subject)
    const { reader, session } = stage
    const { generation } = reader
    await reader.read()
    await stage.owned.close()
    const again = subject.publish(session.host, payload(7))
    session.settle()
    await until(() => session.peer.regions().some((entry) => entry.generation !== generation))
    for (const [name, read] of waysToRead(reader)) {
      expect([name, OVER.includes(await codeOf(read))]).toEqual([name, true])
    }
    const fresh = await openReader(subject, session.peer)
    expect(fresh.generation).not.toBe(generation)
    expect((await fresh.read()).bytes).toEqual(payload(7))
    await again.close()
  })

  test('a closed reader', async () => {
    const stage = await Stage.open(world, subject)
    const { reader } = stage
    const ways = waysToRead(reader)
    const pending = Array.from({ length: 4 }, () => codeOf(() => reader.read()))
    await reader.close()
    await reader.close()
    for (const code of await Promise.all(pending)) {
      expect(['no error', 'ERR_UNTORN_CLOSED']).toContain(code)
    }
    for (const [name, read] of ways)
      expect([name, await codeOf(read)]).toEqual([name, 'ERR_UNTORN_CLOSED'])
    const fresh = await openReader(subject, stage.session.peer)
    expect((await fresh.read()).bytes).toEqual(payload(0))
  })

  test('a peer that was closed', async () => {
    const stage = await Stage.open(world, subject)
    const ways = waysToRead(stage.reader)
    await stage.session.peer.close()
    for (const [name, read] of ways)
      expect([name, await codeOf(read)]).toEqual([name, 'ERR_UNTORN_CLOSED'])
  })
}
