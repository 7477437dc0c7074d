// Goal: what a codec encodes it decodes; layouts are those of a C struct, little-endian; fingerprints
// tell layouts apart; values that do not fit are refused, and so are bytes that are no value. Method:
// random values of random structs round-trip; layouts are compared with bytes written by hand.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Codec,
  type FixedCodec,
  array,
  bool,
  bytes,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  json,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
} from '../../../src/codecs/index.ts'

const seed = Number(process.env['UNTORN_SEED'] ?? 0)

/** Encoded into memory that held something else. */
function encoded<V>(codec: Codec<V>, value: V): Uint8Array {
  const target = new Uint8Array(codec.byteLength).fill(0xee)
  return target.subarray(0, codec.encode(value, target))
}

function codeOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
  return undefined
}

interface Sort {
  readonly codec: FixedCodec<unknown>
  readonly values: fc.Arbitrary<unknown>
}

const leaves: readonly Sort[] = [
  { codec: u8, values: fc.integer({ min: 0, max: 0xff }) },
  { codec: u16, values: fc.integer({ min: 0, max: 0xffff }) },
  { codec: u32, values: fc.integer({ min: 0, max: 0xffff_ffff }) },
  { codec: i8, values: fc.integer({ min: -0x80, max: 0x7f }) },
  { codec: i16, values: fc.integer({ min: -0x8000, max: 0x7fff }) },
  { codec: i32, values: fc.integer() },
  { codec: u64, values: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { codec: i64, values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { codec: f32, values: fc.float() },
  { codec: f64, values: fc.double() },
  { codec: bool, values: fc.boolean() },
  { codec: text(9), values: fc.string({ unit: 'grapheme-ascii', maxLength: 9 }) },
  { codec: bytes(5), values: fc.uint8Array({ minLength: 5, maxLength: 5 }) },
]

/** A sort of values, and structs and arrays of others. */
const sorts = fc.letrec<{ sort: Sort }>((tie) => ({
  sort: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...leaves),
    fc.tuple(tie('sort'), fc.integer({ min: 1, max: 3 })).map(([{ codec, values }, length]) => ({
      codec: array(codec, length),
      values: fc.array(values, { minLength: length, maxLength: length }),
    })),
    fc.array(tie('sort'), { minLength: 1, maxLength: 4 }).map((fields) => {
      const names = fields.map((_, index) => `field${index}`)
      const entries = fields.map((field, index) => [names[index] ?? '', field] as const)
      const codecs = Object.fromEntries(entries.map(([name, { codec }]) => [name, codec]))
      const values = Object.fromEntries(entries.map(([name, field]) => [name, field.values]))
      return { codec: struct(codecs), values: fc.record(values) }
    }),
  ),
})).sort

test('whatever is encoded is decoded, takes its bytes, and depends on nothing that was there', () => {
  const pairs = sorts.chain(({ codec, values }) => fc.tuple(fc.constant(codec), values))
  fc.assert(
    fc.property(pairs, fc.nat(7), ([codec, value], shift) => {
      const stored = encoded(codec, value)
      expect(stored).toHaveLength(codec.byteLength)
      expect(codec.byteLength % codec.alignment).toBe(0)
      expect(codec.decode(stored)).toEqual(value)
      const elsewhere = new Uint8Array(shift + codec.byteLength + 1).subarray(shift)
      expect(codec.encode(value, elsewhere)).toBe(codec.byteLength)
      expect(elsewhere.subarray(0, -1)).toEqual(stored)
      expect(codec.decode(elsewhere)).toEqual(value)
    }),
    { seed },
  )
})

test('a struct is laid out like in C', () => {
  const inner = struct({ flag: bool, id: u16 })
  const codec = struct({
    side: u8,
    price: f64,
    seen: u32,
    inner,
    legs: array(i16, 3),
    name: text(4),
  })
  expect(codec.fingerprint).toBe(
    '{side:u8@0,price:f64@8,seen:u32@16,inner:{flag:bool@0,id:u16@2;4}@20,' +
      'legs:[3]i16@24,name:text4@30;40}',
  )
  expect([codec.byteLength, codec.alignment]).toEqual([40, 8])
  const value = {
    side: 7,
    price: 1,
    seen: 0x01020304,
    inner: { flag: true, id: 0x0a0b },
    legs: [1, -1, 2],
    name: 'né',
  }
  expect(Buffer.from(encoded(codec, value)).toString('hex')).toBe(
    '0700000000000000' +
      '000000000000f03f' +
      '04030201' +
      '01000b0a' +
      '0100ffff0200' +
      '03006ec3a900' +
      '00000000',
  )
})

test('fingerprints differ where layouts do', () => {
  const shapes = [
    struct({ a: u32, b: u8 }),
    struct({ b: u8, a: u32 }),
    struct({ a: u32, c: u8 }),
    struct({ a: i32, b: u8 }),
    struct({ a: u32, b: u8, c: u8 }),
    struct({ a: struct({ b: u8 }) }),
    array(u8, 4),
    array(u8, 5),
    text(4),
    text(3),
    bytes(4),
    json({ bytesMax: 4 }),
    json({ bytesMax: 4, name: 'trades' }),
  ].map(({ fingerprint }) => fingerprint)
  expect(new Set(shapes).size).toBe(shapes.length)
})

describe('values that do not fit', () => {
  const refused: readonly (readonly [string, Codec<unknown>, unknown])[] = [
    ['too large', u8, 256],
    ['negative', u32, -1],
    ['a fraction', i16, 0.5],
    ['text for a number', f64, '1'],
    ['a number for 64 bits', u64, 1],
    ['a negative bigint', u64, -1n],
    ['a bigint beyond', i64, 2n ** 63n],
    ['a number for a truth value', bool, 1],
    ['a long text', text(3), 'fünf'],
    ['half a surrogate pair', text(8), 'a\ud800'],
    ['a short array', array(u8, 2), [1]],
    ['a sparse array', array(u8, 2), new Array<number>(2)],
    ['other bytes', bytes(2), new Uint8Array(3)],
    ['nothing', struct({ a: u8 }), null],
    ['a missing field', struct({ a: u8 }), {}],
    ['a function as JSON', json({ bytesMax: 9 }), () => 0],
    ['long JSON', json({ bytesMax: 9 }), 'more than nine'],
  ]
  test.each(refused)('%s', (_, codec: Codec<unknown>, value: unknown) => {
    expect(codeOf(() => encoded(codec, value))).toBe('ERR_UNTORN_ARGUMENT')
  })

  test('say which field it was', () => {
    const codec = struct({ legs: array(struct({ price: f64 }), 2) })
    const legs = [{ price: 1 }, { price: '2' as unknown as number }]
    expect(() => encoded(codec, { legs })).toThrow(/^legs: 1: price: /)
  })

  test('too little room is refused before anything is stored', () => {
    const target = new Uint8Array(7)
    expect(codeOf(() => f64.encode(1, target))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    expect(codeOf(() => f64.decode(target))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    expect(codeOf(() => f64.encode(1, [] as unknown as Uint8Array))).toBe('ERR_UNTORN_ARGUMENT')
  })
})

test.each([
  ['a truth value', bool, Uint8Array.of(2)],
  ['a text beyond its bound', text(2), Uint8Array.of(3, 0, 65, 65)],
  ['JSON beyond its bytes', json({ bytesMax: 4 }), Uint8Array.of(5, 0, 0, 0, 49, 50, 51, 52)],
  ['JSON without its length', json({ bytesMax: 4 }), Uint8Array.of(1, 0, 0)],
] as readonly (readonly [string, Codec<unknown>, Uint8Array])[])(
  'bytes that are no value: %s',
  (_, codec, garbage) => {
    expect(codeOf(() => codec.decode(garbage))).toBe('ERR_UNTORN_DECODE')
  },
)

test('broken UTF-8 and broken JSON are told', () => {
  expect(() => text(2).decode(Uint8Array.of(1, 0, 0xff, 0))).toThrow(TypeError)
  expect(() => json({ bytesMax: 4 }).decode(Uint8Array.of(1, 0, 0, 0, 123))).toThrow(SyntaxError)
})

test('JSON takes the length of its value, and is checked', () => {
  const codec = json<{ id: number }>({
    bytesMax: 64,
    check: (parsed) => {
      const { id } = parsed as { id?: unknown }
      if (typeof id !== 'number') throw new TypeError('no id')
      return { id }
    },
  })
  const stored = encoded(codec, { id: 7 })
  expect(stored).toHaveLength(4 + '{"id":7}'.length)
  expect(codec.decode(stored)).toEqual({ id: 7 })
  const other = encoded(json<unknown>({ bytesMax: 64 }), { no: 1 })
  expect(() => codec.decode(other)).toThrow('no id')
})

test.each([
  ['no fields', () => struct({})],
  ['an integer as a name', () => struct({ 1: u8 })],
  ['a name that objects have', () => struct(JSON.parse('{"__proto__": 1}') as { a: typeof u8 })],
  ['no codec', () => struct({ a: 8 as unknown as typeof u8 })],
  ['a codec of no fixed size', () => struct({ a: json({ bytesMax: 4 }) as typeof u8 })],
  ['no length', () => array(u8, 0)],
  ['an array of nothing', () => array(undefined as unknown as typeof u8, 1)],
  ['no room for text', () => text(0)],
  ['too much text', () => text(65536)],
  ['no bytes', () => bytes(0)],
  ['no JSON', () => json({ bytesMax: 0 })],
  ['no options', () => json(undefined as unknown as { bytesMax: number })],
] as const)('codecs that make no sense are refused: %s', (_, make: () => unknown) => {
  expect(codeOf(make)).toBe('ERR_UNTORN_ARGUMENT')
})
