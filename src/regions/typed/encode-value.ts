// A value as bytes. Invariant: nothing of an earlier value stays behind the new one.
import type { Codec } from '../../codecs/codec.ts'
import { argumentRangeError } from '../../errors.ts'

/**
 * Stores a value, and zeros in the rest of `target`; returns the bytes that the value takes.
 * @throws what the codec throws; RangeError ERR_UNTORN_ARGUMENT when it breaks its own bound
 */
export function encodeValue<V>(codec: Codec<V>, value: V, target: Uint8Array): number {
  const used = codec.encode(value, target)
  if (!Number.isInteger(used) || used < 0 || used > Math.min(codec.byteLength, target.length)) {
    throw argumentRangeError(`a codec of ${codec.byteLength} bytes claims to have stored ${used}`)
  }
  target.fill(0, used)
  return used
}
