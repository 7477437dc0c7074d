// What turns values into the bytes of a region and back. Invariant: decode(encode(v)) equals v, and two
// codecs of one fingerprint read each other's bytes.

/** Values of one kind as bytes. */
export interface Codec<V> {
  /** Bytes of the largest value. A region that has this codec, and no other size, has so many. */
  readonly byteLength: number
  /**
   * Text that differs whenever the bytes of some value would. Regions announce its hash, and readers
   * with another one are refused.
   */
  readonly fingerprint: string
  /**
   * Stores `value` from the target's first byte on; returns how many bytes it took, `byteLength` at
   * most. The target may have held another value before: what is stored must not depend on that.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT when this is no value of the codec; what the
   *   target holds is then undefined
   */
  encode(value: V, target: Uint8Array): number
  /**
   * The value that `bytes` begin with; there may be more bytes than it takes. Must not keep `bytes`,
   * nor return a view of them: they are used again.
   * @throws anything, when they are no value
   */
  decode(bytes: Uint8Array): V
}

/** The values of a codec. */
export type ValueOf<C> = C extends Codec<infer V> ? V : never

/** A codec whose values all take `byteLength` bytes, so that it can be a field. */
export interface FixedCodec<V> extends Codec<V> {
  /** Bytes: a power of two that divides `byteLength`. A field begins at a multiple of it. */
  readonly alignment: number
  /** Stores at byte `offset`. */
  write(view: DataView, offset: number, value: V): void
  /** Loads from byte `offset`. */
  read(view: DataView, offset: number): V
}
