// Values as JSON, of any length up to a bound: the text's length in 32 bits, then the text. Invariant:
// the length is checked against the bytes that there are, so a region of fixed size can hold it, and an
// object of its own length as well.
import { UntornError, argumentRangeError, argumentTypeError } from '../errors.ts'
import type { Codec } from './codec.ts'

export interface JsonOptions<V> {
  /** Bytes of the longest text, 1 to 2^30 - 4. */
  readonly bytesMax: number
  /** Part of the fingerprint: name what the values are, and its version. Default empty. */
  readonly name?: string
  /** Makes a value of what was parsed, or throws. Default: what was parsed is trusted. */
  readonly check?: (parsed: unknown) => V
}

const LENGTH_BYTES = 4
const BYTES_MAX = 2 ** 30 - LENGTH_BYTES
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Values as JSON. Costs a text and its parsing for each value: `struct` is several times faster.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function json<V>(options: JsonOptions<V>): Codec<V> {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('json needs an options object { bytesMax }')
  }
  const { bytesMax, name = '', check = (parsed) => parsed as V } = options
  if (!Number.isInteger(bytesMax) || bytesMax < 1 || bytesMax > BYTES_MAX) {
    throw argumentRangeError(`bytesMax must be an integer from 1 to ${BYTES_MAX}; got ${bytesMax}`)
  }
  if (typeof name !== 'string') throw argumentTypeError('name must be a string')
  if (typeof check !== 'function') throw argumentTypeError('check must be a function')
  return {
    byteLength: LENGTH_BYTES + bytesMax,
    fingerprint: `json${JSON.stringify(name)}`,
    encode: (value, target) => {
      const encoded = JSON.stringify(value) as string | undefined
      if (encoded === undefined) throw argumentTypeError(`${typeof value} has no JSON`)
      const room = target.subarray(LENGTH_BYTES, LENGTH_BYTES + bytesMax)
      const { read, written } = encoder.encodeInto(encoded, room)
      if (read < encoded.length) {
        throw argumentRangeError(`the value takes more than ${room.length} bytes of JSON`)
      }
      new DataView(target.buffer, target.byteOffset).setUint32(0, written, true)
      return LENGTH_BYTES + written
    },
    decode: (bytes) => {
      if (bytes.length < LENGTH_BYTES) throw noText(bytes.length)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const end = LENGTH_BYTES + view.getUint32(0, true)
      if (end > bytes.length) throw noText(bytes.length)
      return check(JSON.parse(decoder.decode(bytes.subarray(LENGTH_BYTES, end))))
    },
  }
}

function noText(length: number): UntornError {
  return new UntornError('ERR_UNTORN_DECODE', `${length} bytes are no text with its length`)
}
