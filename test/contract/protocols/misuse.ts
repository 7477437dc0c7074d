// Goal: what a caller gets wrong ends with a code, and costs nothing: the handle works afterwards.
import { expect, test } from 'vitest'
import { PayloadReader } from '../../../src/regions/index.ts'
import { Stage, codeOf } from './fixture.ts'
import { BYTES, REGION, type Subject, subjects } from './subjects.ts'
import type { World } from './worlds.ts'

export function describeMisuse(world: World, subject: Subject): void {
  test('arguments that are refused', async () => {
    const stage = await Stage.open(world, subject)
    const { reader } = stage
    const wrong: [string, object][] = [
      ['ERR_UNTORN_ARGUMENT', { attemptsMax: 0 }],
      ['ERR_UNTORN_ARGUMENT', { attemptsMax: 1.5 }],
      ['ERR_UNTORN_ARGUMENT', { timeoutMs: Number.NaN }],
      ['ERR_UNTORN_ARGUMENT', { backOff: { maxUs: -1 } }],
      ['ERR_UNTORN_ARGUMENT', 7 as unknown as object],
    ]
    for (const [code, options] of wrong) {
      expect([options, await codeOf(() => reader.read(options))]).toEqual([options, code])
      expect([options, await codeOf(() => reader.readSync(options))]).toEqual([options, code])
    }
    for (const version of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(await codeOf(() => reader.readIfChanged(version))).toBe('ERR_UNTORN_ARGUMENT')
      expect(await codeOf(() => reader.readIfChangedSync(version))).toBe('ERR_UNTORN_ARGUMENT')
    }
    await stage.expectReads(0)
  })

  test('bounds', async () => {
    const stage = await Stage.open(world, subject)
    const { reader } = stage
    const code = 'ERR_UNTORN_OUT_OF_BOUNDS'
    if (reader instanceof PayloadReader) {
      const wrong = [
        { offset: BYTES },
        { offset: -1 },
        { offset: 0.5 },
        { length: 0 },
        { length: BYTES + 1 },
        { offset: 8, length: BYTES - 7 },
      ]
      for (const options of wrong) {
        expect([options, await codeOf(() => reader.read(options))]).toEqual([options, code])
        expect([options, await codeOf(() => reader.readSync(options))]).toEqual([options, code])
      }
      expect(await codeOf(() => reader.readInto(new Uint8Array(BYTES - 1)))).toBe(code)
      expect(await codeOf(() => reader.readIntoSync(new Uint8Array(BYTES - 1)))).toBe(code)
    }
    await stage.expectReads(0)
  })

  test('a region opened as another protocol, or under another name', async () => {
    const stage = await Stage.open(world, subject)
    const { peer } = stage.session
    for (const { protocol } of subjects) {
      if (protocol === subject.protocol) continue
      const open = () => peer.open(REGION, { protocol } as never)
      expect([protocol, await codeOf(open)]).toEqual([protocol, 'ERR_UNTORN_LAYOUT_MISMATCH'])
    }
    const absent = () => peer.open('absent', { protocol: subject.protocol } as never)
    expect(await codeOf(absent)).toBe('ERR_UNTORN_NO_REGION')
    const expected = { protocol: subject.protocol, bytes: BYTES + 1 }
    const other = () => peer.open(REGION, expected as never)
    expect(await codeOf(other)).toBe('ERR_UNTORN_LAYOUT_MISMATCH')
    await stage.expectReads(0)
  })

  test('reads that are called off', async () => {
    const stage = await Stage.open(world, subject)
    const { reader } = stage
    const aborted = AbortSignal.abort()
    expect(await codeOf(() => reader.read({ signal: aborted }))).toBe('ERR_UNTORN_ABORTED')
    const abort = new AbortController()
    const reading = codeOf(() => reader.read({ signal: abort.signal }))
    abort.abort()
    // On shared memory it may have ended before it could be called off.
    expect(['no error', 'ERR_UNTORN_ABORTED']).toContain(await reading)
    await stage.expectReads(0)
  })
}
