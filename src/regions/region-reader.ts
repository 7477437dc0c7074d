// What the readers of every protocol are: bound to one incarnation of one region, counted, closed.
// The shapes of a read are in `payload-reader.ts`, for payloads of a fixed size, and in
// `object-reader.ts`, for objects whose size the owner decides; a protocol adds what it alone can
// do. Invariants: what is returned is of one version, whole; a read that begins after `close` fails.
import { AsyncReads } from './async-reads.ts'
import type { Strategy } from './contract.ts'
import type { ReadContext } from './read-context.ts'
import type { Snapshot, WholeReadOptions } from './read-options.ts'
import type { ReaderStatistics } from './read-statistics.ts'
import type { RetryOptions, RetryPolicy } from './retry-policy.ts'
import { SyncReads } from './sync-reads.ts'
import type { WatchOptions } from './watch/watch-options.ts'
import { Watch } from './watch/watch.ts'

export abstract class RegionReader implements AsyncDisposable {
  /** Bytes of a payload; where the owner decides how long it is, the most it may have. */
  readonly byteLength: number
  protected readonly context: ReadContext
  protected readonly sync: SyncReads
  protected readonly async: AsyncReads
  #closing: Promise<void> | undefined

  /** @internal Made by the openers. */
  constructor(context: ReadContext, policy: RetryPolicy) {
    this.byteLength = context.entry.capacityBytes
    this.context = context
    this.sync = new SyncReads(context, policy)
    this.async = new AsyncReads(context, policy)
  }

  /** @internal For what works on readers of any protocol, such as watching and groups. */
  static contextOf(reader: RegionReader): ReadContext {
    return reader.context
  }

  get name(): string {
    return this.context.entry.name
  }

  get strategy(): Strategy {
    return this.context.entry.strategy
  }

  get generation(): number {
    return this.context.entry.generation
  }

  /** Version of the last read of the present version that ended well, 0 before the first. */
  get version(): number {
    return this.context.version
  }

  get statistics(): ReaderStatistics {
    return this.context.counters.snapshot()
  }

  get closed(): boolean {
    return this.context.closed
  }

  /** Reads the present version, whole. */
  abstract read(options?: WholeReadOptions): Promise<Snapshot>
  /** The same, spinning until it ends. */
  abstract readSync(options?: RetryOptions): Snapshot
  /** Reads unless the region still has `version`; 0 reads in any case. */
  abstract readIfChanged(version: number, options?: WholeReadOptions): Promise<Snapshot | undefined>
  /** The same, spinning until it ends. */
  abstract readIfChangedSync(version: number, options?: RetryOptions): Snapshot | undefined

  /**
   * The versions of the region as they come, the present one first: an asynchronous iterator. A slow
   * consumer gets the newest, never a queue. A look costs one READ of 8 bytes, and looks are taken less
   * often while nothing changes; with `notify` the owner wakes it instead. Done when the region closes.
   * Its `next` fails as `readIfChanged` does, and that ends it.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   */
  watch(options?: WatchOptions): Watch<Snapshot> {
    const look = (version: number, how: WholeReadOptions): Promise<Snapshot | undefined> =>
      this.readIfChanged(version, how)
    return new Watch(this.context, look, options)
  }

  /**
   * Ends reads in progress with ERR_UNTORN_CLOSED, waits for their operations, gives back the
   * landing memory. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when operations in flight do not end; may be called again
   */
  close(): Promise<void> {
    this.#closing ??= this.closeOnce().catch((error: unknown) => {
      this.#closing = undefined
      throw error
    })
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What `close` does; a protocol that holds more than memory ends that first. */
  protected async closeOnce(): Promise<void> {
    const { context } = this
    context.closed = true
    this.sync.used()
    for (const cancel of context.cancellations) cancel(context.closedError())
    try {
      await context.pool.close()
    } finally {
      context.source.release()
    }
  }
}
