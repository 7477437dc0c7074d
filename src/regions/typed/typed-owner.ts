// What the typed owners of every protocol are: a codec over a raw handle. Invariant: a value that the
// codec refuses leaves the region as it was.
import type { Codec } from '../../codecs/codec.ts'
import type { OwnerHandle } from '../contract.ts'
import type { OwnerStatistics, RegionOwner, RegionWriter } from '../region-owner.ts'

export abstract class TypedOwner<V, Raw extends RegionOwner<RegionWriter>>
  implements OwnerHandle, AsyncDisposable
{
  /** The handle beneath, which writes bytes: for what values cannot do, such as writes in place. */
  readonly raw: Raw
  readonly codec: Codec<V>

  /** @internal Made when the region is published. */
  constructor(codec: Codec<V>, raw: Raw) {
    this.codec = codec
    this.raw = raw
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

  /** Ends the region, as the raw handle's `close`. Idempotent. */
  close(): Promise<void> {
    return this.raw.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
