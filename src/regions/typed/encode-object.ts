// A value as an object of the length that it takes.
import type { Codec } from '../../codecs/codec.ts'
import { argumentTypeError } from '../../errors.ts'
import { encodeValue } from './encode-value.ts'

/** One value at a time passes through it. */
const scratches = new WeakMap<object, Uint8Array>()

/**
 * Fresh bytes of the value.
 * @throws what the codec throws; TypeError ERR_UNTORN_ARGUMENT for a promise of a value
 */
export function encodeObject<V>(codec: Codec<V>, value: V): Uint8Array {
  if (value instanceof Promise) throw argumentTypeError('a value is needed, not a promise of one')
  let scratch = scratches.get(codec)
  if (scratch === undefined) {
    scratch = new Uint8Array(codec.byteLength)
    scratches.set(codec, scratch)
  }
  return scratch.slice(0, encodeValue(codec, value, scratch))
}
