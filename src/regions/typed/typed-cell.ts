// A typed RCU cell out of a raw one: its objects are the codec's values.
import type { Codec } from '../../codecs/codec.ts'
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type { RcuCellOwner } from '../cell/cell-owner.ts'
import type { RcuCellOptions } from '../cell/rcu-cell.ts'
import type { RegionSpec } from '../contract.ts'
import { encodeObject } from './encode-object.ts'
import { assertCodec } from './schema.ts'
import { TypedRcuCellOwner } from './typed-cell-owner.ts'
import { typedSpec } from './typed-spec.ts'

/** Options of a cell of values. */
export type TypedRcuCellOptions<V> = Omit<RcuCellOptions, 'objectBytesMax' | 'initial'> & {
  /** How values are stored. Peers open the region with a codec of the same fingerprint, or as bytes. */
  readonly codec: Codec<V>
  /** Payload bytes of the largest object, if more than the codec's `byteLength`. */
  readonly objectBytesMax?: number
  /** The first value. Default: the one that takes no bytes, if there is one. */
  readonly initial?: V
}

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT */
export function typedCell<V>(
  options: TypedRcuCellOptions<V>,
  make: (options: RcuCellOptions) => RegionSpec<RcuCellOwner>,
): RegionSpec<TypedRcuCellOwner<V>> {
  const { codec, objectBytesMax, initial, ...rest } = options
  assertCodec(codec)
  const length = objectBytesMax ?? codec.byteLength
  if (length < codec.byteLength) {
    const least = `${codec.byteLength} or more for this codec`
    throw argumentRangeError(`objectBytesMax must be ${least}; got ${length}`)
  }
  const first = initial === undefined ? noObject(codec) : encodeObject(codec, initial)
  const spec = make({ ...rest, objectBytesMax: length, initial: first })
  return typedSpec(codec, spec, (of, raw) => new TypedRcuCellOwner(of, raw))
}

function noObject<V>(codec: Codec<V>): Uint8Array {
  const none = new Uint8Array(0)
  try {
    codec.decode(none)
  } catch (cause) {
    const message = 'this codec has no value without bytes: give the first value as `initial`'
    throw Object.assign(argumentTypeError(message), { cause })
  }
  return none
}
