// Text of bounded length: its UTF-8 length in 16 bits, its bytes, and zeros up to the bound.
import { UntornError, argumentRangeError, argumentTypeError } from '../errors.ts'
import type { FixedCodec } from './codec.ts'
import { fixedCodec } from './fixed-codec.ts'

const LENGTH_BYTES = 2
const BYTES_MAX = 0xffff
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Texts of at most `bytesMax` bytes of UTF-8.
 * @param bytesMax 1 to 65535
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function text(bytesMax: number): FixedCodec<string> {
  if (!Number.isInteger(bytesMax) || bytesMax < 1 || bytesMax > BYTES_MAX) {
    throw argumentRangeError(`bytesMax must be an integer from 1 to ${BYTES_MAX}; got ${bytesMax}`)
  }
  const byteLength = LENGTH_BYTES + bytesMax + (bytesMax % LENGTH_BYTES)
  return fixedCodec({
    byteLength,
    alignment: LENGTH_BYTES,
    fingerprint: `text${bytesMax}`,
    read: (view, at) => {
      const length = view.getUint16(at, true)
      if (length > bytesMax) {
        throw new UntornError('ERR_UNTORN_DECODE', `a text of ${length} bytes, beyond ${bytesMax}`)
      }
      return decoder.decode(bytesOf(view, at, length))
    },
    write: (view, at, value) => {
      if (typeof value !== 'string') throw argumentTypeError('a text is a string')
      if (/\p{Cs}/u.test(value)) throw argumentRangeError('half a surrogate pair is no text')
      const target = bytesOf(view, at, byteLength - LENGTH_BYTES)
      const { read, written } = encoder.encodeInto(value, target.subarray(0, bytesMax))
      if (read < value.length) {
        throw argumentRangeError(`the text takes more than ${bytesMax} bytes of UTF-8`)
      }
      view.setUint16(at, written, true)
      target.fill(0, written)
    },
  })
}

/** The bytes after the length. */
function bytesOf(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at + LENGTH_BYTES, length)
}
