// A codec over the reader of any protocol. Invariants: a value is decoded from bytes that were proven to
// be of one version; a codec that throws fails that read, and nothing else.
import type { Codec } from '../../codecs/codec.ts'
import { argumentTypeError } from '../../errors.ts'
import type { Snapshot, WholeReadOptions } from '../read-options.ts'
import type { ReaderStatistics } from '../read-statistics.ts'
import { RegionReader } from '../region-reader.ts'
import type { RetryOptions } from '../retry-policy.ts'
import type { WatchOptions } from '../watch/watch-options.ts'
import { Watch } from '../watch/watch.ts'
import { decodeValue } from './decode-value.ts'
import type { TypedSnapshot } from './typed-snapshot.ts'

/** A reader that shows where a payload landed. */
export interface LandedReader extends RegionReader {
  borrowSync(options?: RetryOptions): Snapshot
}

export class TypedReader<V, Raw extends LandedReader> implements AsyncDisposable {
  /** The handle beneath, which reads bytes: for parts of a payload, earlier versions, claims. */
  readonly raw: Raw
  readonly codec: Codec<V>

  /** @internal Made by the openers. */
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

  /** Version of the last read of the present version that ended well, 0 before the first. */
  get version(): number {
    return this.raw.version
  }

  get statistics(): ReaderStatistics {
    return this.raw.statistics
  }

  get closed(): boolean {
    return this.raw.closed
  }

  /**
   * Reads the present value.
   * @throws as the raw handle's `read`; UntornError (rejects) ERR_UNTORN_DECODE
   */
  async read(options?: WholeReadOptions): Promise<TypedSnapshot<V>> {
    return this.decode(await this.raw.read(options))
  }

  /**
   * The same, spinning until it ends. Decodes where the payload landed.
   * @throws as the raw handle's `readSync`; UntornError ERR_UNTORN_DECODE
   */
  readSync(options?: RetryOptions): TypedSnapshot<V> {
    return this.decode(this.raw.borrowSync(options))
  }

  /**
   * Reads unless the region still has `version`: then it resolves to undefined.
   * @throws as the raw handle's `readIfChanged`; UntornError (rejects) ERR_UNTORN_DECODE
   */
  async readIfChanged(
    version: number,
    options?: WholeReadOptions,
  ): Promise<TypedSnapshot<V> | undefined> {
    const snapshot = await this.raw.readIfChanged(version, options)
    return snapshot === undefined ? undefined : this.decode(snapshot)
  }

  /**
   * The same, spinning until it ends.
   * @throws as the raw handle's `readIfChangedSync`; UntornError ERR_UNTORN_DECODE
   */
  readIfChangedSync(version: number, options?: RetryOptions): TypedSnapshot<V> | undefined {
    const snapshot = this.raw.readIfChangedSync(version, options)
    return snapshot === undefined ? undefined : this.decode(snapshot)
  }

  /**
   * The values of the region as they come: as the raw handle's `watch`.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   */
  watch(options?: WatchOptions): Watch<TypedSnapshot<V>> {
    const look = (version: number, how: WholeReadOptions): Promise<TypedSnapshot<V> | undefined> =>
      this.readIfChanged(version, how)
    return new Watch(RegionReader.contextOf(this.raw), look, options)
  }

  /**
   * The value of a whole snapshot of the raw handle, such as an earlier version.
   * @throws TypeError ERR_UNTORN_ARGUMENT; UntornError ERR_UNTORN_DECODE
   */
  decode(snapshot: Snapshot): TypedSnapshot<V> {
    const { version, bytes }: Partial<Snapshot> = snapshot ?? {}
    if (version === undefined || !(bytes instanceof Uint8Array)) {
      throw argumentTypeError('decode needs a snapshot { version, bytes }')
    }
    return { version, value: decodeValue(this.codec, bytes, version) }
  }

  /** As the raw handle's `close`. Idempotent. */
  close(): Promise<void> {
    return this.raw.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
