// What the typed owners of payloads of a fixed size share: the present value, changed.
import type { Codec } from '../../codecs/codec.ts'
import { argumentTypeError } from '../../errors.ts'
import type { RegionOwner, RegionWriter } from '../region-owner.ts'
import { decodeValue } from './decode-value.ts'
import { encodeValue } from './encode-value.ts'
import { TypedOwner } from './typed-owner.ts'

/** An owner of payloads of a fixed size. */
export interface PayloadOwner extends RegionOwner<RegionWriter> {
  update(change: (payload: Uint8Array) => void): number
}

export abstract class TypedPayloadOwner<V, Raw extends PayloadOwner> extends TypedOwner<V, Raw> {
  readonly #scratch: Uint8Array

  /** @internal Made when the region is published. */
  constructor(codec: Codec<V>, raw: Raw) {
    super(codec, raw)
    this.#scratch = new Uint8Array(raw.byteLength)
  }

  /**
   * Publishes the value that `change` makes of the present one; returns its version. When it throws,
   * nothing was stored.
   * @throws whatever `change` throws; TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError ERR_UNTORN_DECODE when the present bytes are no value; ERR_UNTORN_BUSY,
   *   ERR_UNTORN_CLOSED
   */
  update(change: (value: V) => V): number {
    if (typeof change !== 'function') throw argumentTypeError('update needs a function')
    return this.raw.update((payload) => {
      const next = change(decodeValue(this.codec, payload, this.version))
      if (next instanceof Promise) throw argumentTypeError('update needs a function of a value')
      encodeValue(this.codec, next, payload)
    })
  }

  /** A whole payload with the value; valid until the next call. */
  protected encoded(value: V): Uint8Array {
    encodeValue(this.codec, value, this.#scratch)
    return this.#scratch
  }
}
