// Bytes as they are, of one length.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { FixedCodec } from './codec.ts'
import { fixedCodec } from './fixed-codec.ts'

const LENGTH_MAX = 2 ** 30

/**
 * Exactly `length` bytes; what is decoded is a copy.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function bytes(length: number): FixedCodec<Uint8Array> {
  if (!Number.isInteger(length) || length < 1 || length > LENGTH_MAX) {
    throw argumentRangeError(`length must be an integer from 1 to ${LENGTH_MAX}; got ${length}`)
  }
  return fixedCodec<Uint8Array>({
    byteLength: length,
    alignment: 1,
    fingerprint: `bytes${length}`,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, length).slice(),
    write: (view, at, value) => {
      if (!(value instanceof Uint8Array)) throw argumentTypeError('bytes are a Uint8Array')
      if (value.length !== length) {
        throw argumentRangeError(`there are ${value.length} bytes, not ${length}`)
      }
      new Uint8Array(view.buffer, view.byteOffset + at, length).set(value)
    },
  })
}
