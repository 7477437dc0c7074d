// Numbers and truth values. Invariant: a number that the field does not hold exactly is refused, and
// not cut to size; only `f32` rounds, as its name says.
import { UntornError, argumentRangeError, argumentTypeError, shown } from '../errors.ts'
import type { FixedCodec } from './codec.ts'
import { fixedCodec } from './fixed-codec.ts'

type Load<V> = (view: DataView, offset: number) => V
type Store<V> = (view: DataView, offset: number, value: V) => void

function integer(
  fingerprint: string,
  byteLength: number,
  read: Load<number>,
  store: Store<number>,
): FixedCodec<number> {
  const unsigned = fingerprint.startsWith('u')
  const max = 2 ** (8 * byteLength - (unsigned ? 0 : 1)) - 1
  const min = unsigned ? 0 : -max - 1
  const write: Store<number> = (view, offset, value) => {
    if (!(Number.isInteger(value) && value >= min && value <= max)) {
      throw argumentRangeError(
        `${fingerprint} is an integer from ${min} to ${max}; got ${shown(value)}`,
      )
    }
    store(view, offset, value)
  }
  return fixedCodec({ byteLength, alignment: byteLength, fingerprint, read, write })
}

function wide(
  fingerprint: 'u64' | 'i64',
  read: Load<bigint>,
  store: Store<bigint>,
): FixedCodec<bigint> {
  const cut = (value: bigint): bigint =>
    fingerprint === 'u64' ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)
  const write: Store<bigint> = (view, offset, value) => {
    if (typeof value !== 'bigint') {
      throw argumentTypeError(`${fingerprint} is a bigint; got ${shown(value)}`)
    }
    if (cut(value) !== value) throw argumentRangeError(`${value} does not fit ${fingerprint}`)
    store(view, offset, value)
  }
  return fixedCodec({ byteLength: 8, alignment: 8, fingerprint, read, write })
}

function float(
  fingerprint: string,
  byteLength: number,
  read: Load<number>,
  store: Store<number>,
): FixedCodec<number> {
  const write: Store<number> = (view, offset, value) => {
    if (typeof value !== 'number') {
      throw argumentTypeError(`${fingerprint} is a number; got ${shown(value)}`)
    }
    store(view, offset, value)
  }
  return fixedCodec({ byteLength, alignment: byteLength, fingerprint, read, write })
}

/** Integers from 0 to 255. */
export const u8: FixedCodec<number> = integer(
  'u8',
  1,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint8(at, value),
)

/** Integers of 16 bits, from 0 up. */
export const u16: FixedCodec<number> = integer(
  'u16',
  2,
  (view, at) => view.getUint16(at, true),
  (view, at, value) => view.setUint16(at, value, true),
)

/** Integers of 32 bits, from 0 up. */
export const u32: FixedCodec<number> = integer(
  'u32',
  4,
  (view, at) => view.getUint32(at, true),
  (view, at, value) => view.setUint32(at, value, true),
)

/** Integers from -128 to 127. */
export const i8: FixedCodec<number> = integer(
  'i8',
  1,
  (view, at) => view.getInt8(at),
  (view, at, value) => view.setInt8(at, value),
)

/** Signed integers of 16 bits. */
export const i16: FixedCodec<number> = integer(
  'i16',
  2,
  (view, at) => view.getInt16(at, true),
  (view, at, value) => view.setInt16(at, value, true),
)

/** Signed integers of 32 bits. */
export const i32: FixedCodec<number> = integer(
  'i32',
  4,
  (view, at) => view.getInt32(at, true),
  (view, at, value) => view.setInt32(at, value, true),
)

/** Integers of 64 bits, from 0 up: bigints. */
export const u64: FixedCodec<bigint> = wide(
  'u64',
  (view, at) => view.getBigUint64(at, true),
  (view, at, value) => view.setBigUint64(at, value, true),
)

/** Signed integers of 64 bits: bigints. */
export const i64: FixedCodec<bigint> = wide(
  'i64',
  (view, at) => view.getBigInt64(at, true),
  (view, at, value) => view.setBigInt64(at, value, true),
)

/** Numbers, rounded to single precision. */
export const f32: FixedCodec<number> = float(
  'f32',
  4,
  (view, at) => view.getFloat32(at, true),
  (view, at, value) => view.setFloat32(at, value, true),
)

/** Numbers, as they are. */
export const f64: FixedCodec<number> = float(
  'f64',
  8,
  (view, at) => view.getFloat64(at, true),
  (view, at, value) => view.setFloat64(at, value, true),
)

/** True or false, in one byte that is 1 or 0; another byte is no value. */
export const bool: FixedCodec<boolean> = fixedCodec({
  byteLength: 1,
  alignment: 1,
  fingerprint: 'bool',
  read: (view, at) => {
    const byte = view.getUint8(at)
    if (byte > 1) throw new UntornError('ERR_UNTORN_DECODE', `${byte} is neither true nor false`)
    return byte === 1
  },
  write: (view, at, value) => {
    if (typeof value !== 'boolean')
      throw argumentTypeError(`bool is a boolean; got ${shown(value)}`)
    view.setUint8(at, value ? 1 : 0)
  },
})
