// What the typed owners of every protocol are: a codec over a raw handle. Invariant: a value that the
// codec refuses leaves the region as it was.
import type { Codec } from '../../codecs/codec.ts'
import { argumentTypeError } from '../../errors.ts'
import type { OwnerHandle } from '../contract.ts'
import type { OwnerStatistics, RegionOwner, RegionWriter } from '../region-owner.ts'
import { decodeValue } from './decode-value.ts'
import { encodeValue } from './encode-value.ts'

/** An owner of payloads of a fixed size. */
export interface PayloadOwner extends RegionOwner<RegionWriter> {
  update(change: (payload: Uint8Array) => void): number
}

export abstract class TypedOwner<V, Raw extends PayloadOwner>
  implements OwnerHandle, AsyncDisposable
{
  /** The handle beneath, which writes bytes: for what values cannot do, such as writes in place. */
  readonly raw: Raw
  readonly codec: Codec<V>
  readonly #scratch: Uint8Array

  /** @internal Made when the region is published. */
  constructor(codec: Codec<V>, raw: Raw) {
    this.codec = codec
    this.raw = raw
    this.#scratch = new Uint8Array(raw.byteLength)
  }

  get name(): string {
    return this.raw.name
  }

  get generation(): number {
    return this.raw.generation
  }

  /** The version published last. */
  get version(): number {
    return this.raw.version
  }

  get closed(): boolean {
    return this.raw.closed
  }

  get statistics(): OwnerStatistics {
    return this.raw.statistics
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

  /** Ends the region, as the raw handle's `close`. Idempotent. */
  close(): Promise<void> {
    return this.raw.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** A whole payload with the value; valid until the next call. */
  protected encoded(value: V): Uint8Array {
    encodeValue(this.codec, value, this.#scratch)
    return this.#scratch
  }
}
