// A typed region out of a raw one: its payload is as long as the codec's values, its entry names their
// schema, its owner takes values.
import type { Codec } from '../../codecs/codec.ts'
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type { OwnerHandle, RegionSpec } from '../contract.ts'
import { encodeValue } from './encode-value.ts'
import { assertCodec } from './schema.ts'
import { typedSpec } from './typed-spec.ts'

/** What every typed region takes beside the options of its protocol. */
export interface TypedOptions<V> {
  /** How values are stored. Peers open the region with a codec of the same fingerprint, or as bytes. */
  readonly codec: Codec<V>
  /** Payload bytes, if more than the codec's `byteLength`. */
  readonly bytes?: number
  /** The first value. Default: the one whose bytes are zeros, if there is one. */
  readonly initial?: V
}

/** The same options in bytes. */
export interface RawOptions {
  readonly bytes: number
  readonly initial?: Uint8Array
}

/** Whether options are those of a typed region. */
export function isTyped<V>(options: object | null | undefined): options is TypedOptions<V> {
  return (options as Partial<TypedOptions<V>> | null | undefined)?.codec !== undefined
}

/**
 * A typed region.
 * @param make the raw region of the protocol
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function typedRegion<
  V,
  Options extends TypedOptions<V>,
  Raw extends OwnerHandle,
  Owner extends OwnerHandle,
>(
  options: Options,
  make: (options: Omit<Options, 'codec' | keyof RawOptions> & RawOptions) => RegionSpec<Raw>,
  own: (codec: Codec<V>, raw: Raw) => Owner,
): RegionSpec<Owner> {
  const { codec, bytes, initial, ...rest } = options
  assertCodec(codec)
  const length = bytes ?? codec.byteLength
  if (length < codec.byteLength) {
    throw argumentRangeError(
      `bytes must be ${codec.byteLength} or more for this codec; got ${bytes}`,
    )
  }
  const spec = make({ ...rest, bytes: length, ...firstPayload(codec, length, initial) })
  return typedSpec(codec, spec, own)
}

function firstPayload<V>(
  codec: Codec<V>,
  length: number,
  initial: V | undefined,
): { readonly initial?: Uint8Array } {
  // What is no length is refused by the region itself.
  if (!Number.isInteger(length) || length < 1) return {}
  if (initial !== undefined) {
    const payload = new Uint8Array(length)
    encodeValue(codec, initial, payload)
    return { initial: payload }
  }
  try {
    codec.decode(new Uint8Array(length))
  } catch (cause) {
    throw Object.assign(
      argumentTypeError('zeros are no value of this codec: give the first value as `initial`'),
      { cause },
    )
  }
  return {}
}
