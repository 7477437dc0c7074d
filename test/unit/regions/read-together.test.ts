// Goal: what is read together was present together; a round in which something changed is repeated, in
// bounds; whatever fails ends the whole, after everything that had begun. Method: readers on the fake
// fabric whose owners write between the rounds. That the rounds prove what they claim is shown in
// test/property/group.test.ts.
import { beforeEach, describe, expect, test } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { type TogetherReader, readTogether } from '../../../src/regions/read-together.ts'
import { type World, codeOf, makeWorld, payloadOf } from './fixture.ts'

let x: World
let y: World

beforeEach(async () => {
  x = await makeWorld({ bytes: 8, strategy: 'fenced', initial: payloadOf(2, 8) })
  y = await makeWorld({ bytes: 16, strategy: 'hash', initial: payloadOf(2, 16) })
})

function write(world: World): void {
  world.owner.write(payloadOf(world.owner.version + 2, world.owner.byteLength))
}

function versions(snapshots: readonly { readonly version: number }[]): number[] {
  return snapshots.map(({ version }) => version)
}

test('regions of two owners, each with its own bytes', async () => {
  write(y)
  const [a, b] = await readTogether([x.reader, y.reader])
  expect(a).toEqual({ version: 2, bytes: payloadOf(2, 8) })
  expect(b).toEqual({ version: 4, bytes: payloadOf(4, 16) })
  // One read, and one check of 8 bytes.
  expect(x.queuePair.chains.map((chain) => chain.map(({ length }) => length))).toEqual([
    [8, 8, 8],
    [8],
  ])
})

test('one that changes under the others is read again, and they are checked again', async () => {
  y.queuePair.slow = true
  let changes = 3
  y.queuePair.beforeRead = () => {
    if (changes-- > 0) write(x)
  }
  const pair = await readTogether([x.reader, y.reader])
  expect(versions(pair)).toEqual([x.owner.version, 2])
  expect(pair[0].bytes).toEqual(payloadOf(x.owner.version, 8))
  expect(x.reader.statistics.reads).toBeGreaterThan(1)
})

test('whoever changes a region in this very thread has its turn', async () => {
  let writing = true
  y.queuePair.beforeRead = () => {
    if (writing) write(x)
  }
  y.queuePair.slow = true
  setImmediate(() => (writing = false))
  const options = { attemptsMax: 10 }
  expect(versions(await readTogether([y.reader, x.reader], options))).toEqual([2, x.owner.version])
})

test('the bound of rounds', async () => {
  y.queuePair.beforeRead = () => write(x)
  y.queuePair.slow = true
  const failure = readTogether([y.reader, x.reader], { attemptsMax: 3 })
  await expect(failure).rejects.toMatchObject({
    code: 'ERR_UNTORN_RETRIES_EXHAUSTED',
    attempts: 3,
  })
  expect(y.reader.statistics.unchanged).toBe(3)
})

test('the limit of time', async () => {
  y.queuePair.beforeRead = () => write(x)
  y.queuePair.slow = true
  const options = { attemptsMax: 1_000_000, timeoutMs: 20 }
  expect(await codeOf(() => readTogether([y.reader, x.reader], options))).toBe('ERR_UNTORN_TIMEOUT')
})

describe('whatever fails', () => {
  test('ends the others, which are waited for', async () => {
    x.queuePair.holding = true
    y.source.state = new UntornError('ERR_UNTORN_PEER_LOST', 'gone')
    expect(await codeOf(() => readTogether([x.reader, y.reader]))).toBe('ERR_UNTORN_PEER_LOST')
    expect(x.reader.statistics.failures).toMatchObject({ ERR_UNTORN_ABORTED: 1 })
    x.queuePair.holding = false
    x.queuePair.release()
    expect((await x.reader.read()).version).toBe(2)
  })

  test('its signal', async () => {
    const abort = new AbortController()
    x.queuePair.holding = true
    const code = codeOf(() => readTogether([x.reader, y.reader], { signal: abort.signal }))
    abort.abort()
    expect(await code).toBe('ERR_UNTORN_ABORTED')
    x.queuePair.release()
  })

  test('a region that was closed', async () => {
    void y.owner.close()
    expect(await codeOf(() => readTogether([x.reader, y.reader]))).toBe('ERR_UNTORN_CLOSED')
  })
})

test.each([
  ['no array', () => readTogether(x.reader as unknown as readonly [])],
  ['nothing', () => readTogether([])],
  ['no reader', () => readTogether([x.reader, {} as TogetherReader<{ version: number }>])],
  ['an owner', () => readTogether([x.owner as unknown as TogetherReader<{ version: number }>])],
  ['no round', () => readTogether([x.reader], { attemptsMax: 0 })],
  ['no signal', () => readTogether([x.reader], { signal: {} as AbortSignal })],
])('misuse: %s', async (_, misuse) => {
  expect(() => void misuse()).toThrow(expect.objectContaining({ code: 'ERR_UNTORN_ARGUMENT' }))
})
