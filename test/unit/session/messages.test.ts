// Goal: what is sent arrives equal; what is not a message fails with ERR_UNTORN_PROTOCOL and nothing
// else. Method: round trips; every field of every message replaced by values of other types; fuzz.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { FrameDecoder } from '../../../src/session/frame.ts'
import { REGION_NAME_BYTES_MAX } from '../../../src/session/limits.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../src/session/messages.ts'
import { fakeEntry } from './fake-device.ts'

/** With every field filled, so that every field is tampered with. */
function fullEntry(name: string) {
  return { ...fakeEntry(name), parameters: { slots: 4, leaseMs: 0 }, schema: '1f' }
}

const endpoint = { provider: 'verbs', queuePairNumber: 17, gid: '::ffff:10.0.0.1' } as const
const messages: readonly Message[] = [
  { type: 'hello', endpoint, heartbeatMs: 2000 },
  {
    type: 'welcome',
    endpoint,
    heartbeatMs: 0,
    incarnation: 7,
    catalogue: [fullEntry('quotes'), fakeEntry('fünf €')],
  },
  { type: 'published', entry: fullEntry('a') },
  { type: 'withdrawn', name: 'a', generation: 5 },
  { type: 'released', name: 'a', generation: 5 },
  { type: 'renew', endpoint },
  { type: 'renewed', endpoint },
  { type: 'beat' },
  { type: 'bye', reason: 'closing' },
  { type: 'error', code: 'ERR_UNTORN_TIMEOUT', message: 'too slow' },
  { type: 'claim', id: 1, name: 'a', generation: 5, kind: 'pin' },
  { type: 'unclaim', id: 1 },
  {
    type: 'granted',
    id: 1,
    grant: { windows: [{ offset: 64, region: fakeEntry('a').region }], parameters: { row: 3 } },
  },
  { type: 'denied', id: 1, code: 'ERR_UNTORN_DENIED', message: 'no room' },
  { type: 'evicted', reason: 'it held the lock for too long' },
  { type: 'unclaimed', id: 1 },
  { type: 'noticed', id: 1 },
]
const types = new Map(messages.map((message, index) => [message.type, index + 1]))

function decode(type: Message['type'], body: unknown): Message {
  return decodeMessage({
    type: types.get(type) as number,
    body: Buffer.from(JSON.stringify(body)),
  })
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(UntornError)
    return (error as UntornError).code
  }
  return 'none'
}

/** Every path of an object to a field, nested ones included. */
function paths(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...paths(inner).map((path) => [key, ...path]),
  ])
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const copy = structuredClone(value) as Record<string | number, unknown>
  let target = copy
  for (const key of path.slice(0, -1)) target = target[key] as Record<string | number, unknown>
  target[path.at(-1) as string] = by
  return copy
}

/** The few replacements that are of the field's own type. */
function fits(path: readonly (string | number)[], value: unknown): boolean {
  // A control character is fine in prose, and nowhere else.
  if (value === '\u0000') return ['reason', 'message'].includes(String(path[0]))
  // A layout may have no numbers of its own.
  return isDeepStrictEqual(value, {}) && path.at(-1) === 'parameters'
}

describe('messages', () => {
  test.each(messages)('$type arrives as it was sent', (message) => {
    const decoder = new FrameDecoder()
    const got: Message[] = []
    decoder.push(encodeMessage(message), (frame) => got.push(decodeMessage(frame)))
    expect(got).toEqual([message])
  })

  test.each(messages)('$type is refused with any field of another type', (message) => {
    const { type, ...body } = message
    for (const path of paths(body)) {
      for (const wrong of [null, true, 1.5, -1, '\u0000', {}, ['x', 1]]) {
        const tampered = replaced(body, path, wrong)
        const accepted = fits(path, wrong)
        expect(codeOf(() => decode(type, tampered))).toBe(accepted ? 'none' : 'ERR_UNTORN_PROTOCOL')
      }
    }
  })

  test.each(messages)('$type is refused without a field it needs', (message) => {
    const { type, ...body } = message
    for (const key of Object.keys(body)) {
      const { [key as keyof typeof body]: _, ...rest } = body
      expect(codeOf(() => decode(type, rest))).toBe('ERR_UNTORN_PROTOCOL')
    }
  })

  test('unknown fields do not travel on, not even __proto__', () => {
    const text =
      '{"name":"a","generation":5,"extra":1,"__proto__":{"polluted":1},"constructor":{"x":1}}'
    const got = decodeMessage({ type: 4, body: Buffer.from(text) })
    expect(got).toEqual({ type: 'withdrawn', name: 'a', generation: 5 })
    expect('polluted' in got).toBe(false)
  })

  test('refuses unknown types, bodies that are no JSON, and no UTF-8', () => {
    for (const frame of [
      { type: 0, body: Buffer.from('{}') },
      { type: 99, body: Buffer.from('{}') },
      { type: 8, body: Buffer.alloc(0) },
      { type: 8, body: Buffer.from('{') },
      { type: 8, body: Buffer.from('[]') },
      { type: 9, body: Buffer.from('{"reason":"\xff"}', 'latin1') },
      { type: 8, body: Buffer.alloc(200_000, '[') },
    ]) {
      expect(codeOf(() => decodeMessage(frame))).toBe('ERR_UNTORN_PROTOCOL')
    }
  })

  test('bounds names by bytes and keeps control characters out', () => {
    const longest = 'é'.repeat(REGION_NAME_BYTES_MAX / 2)
    expect(decode('withdrawn', { name: longest, generation: 1 })).toMatchObject({ name: longest })
    for (const name of ['', `${longest}x`, 'a\nb', '\u009b', '\ud800']) {
      expect(codeOf(() => decode('withdrawn', { name, generation: 1 }))).toBe('ERR_UNTORN_PROTOCOL')
    }
  })

  test('takes any JSON of any type without an uncoded error', () => {
    const type = fc.integer({ min: 0, max: messages.length + 2 })
    fc.assert(
      fc.property(type, fc.json(), (number, json) => {
        const code = codeOf(() => decodeMessage({ type: number, body: Buffer.from(json) }))
        expect(code).toMatch(/^none$|^ERR_UNTORN_PROTOCOL$/)
      }),
    )
  })
})
