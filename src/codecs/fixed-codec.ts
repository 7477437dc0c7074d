// A fixed codec from what its field does. Invariant: bytes outside of the target, or too few of them,
// are refused before anything is stored.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { FixedCodec } from './codec.ts'

/**
 * Views of the memory that is encoded to and decoded from. It is used again and again, and a view of
 * it goes with it.
 */
const views = new WeakMap<Uint8Array, DataView>()

/** Completes a field, little-endian like all of them, to a codec of its own. */
export function fixedCodec<V>(
  field: Pick<FixedCodec<V>, 'byteLength' | 'alignment' | 'fingerprint' | 'read' | 'write'>,
): FixedCodec<V> {
  const { byteLength } = field
  return {
    ...field,
    encode: (value, target) => {
      field.write(viewOf(target, byteLength), 0, value)
      return byteLength
    },
    decode: (bytes) => field.read(viewOf(bytes, byteLength), 0),
  }
}

function viewOf(bytes: Uint8Array, lengthBytes: number): DataView {
  if (!(bytes instanceof Uint8Array)) throw argumentTypeError('bytes must be a Uint8Array')
  if (bytes.length < lengthBytes) {
    throw argumentRangeError(
      `a value takes ${lengthBytes} bytes; there are ${bytes.length}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }
  let view = views.get(bytes)
  if (view === undefined) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    views.set(bytes, view)
  }
  return view
}
