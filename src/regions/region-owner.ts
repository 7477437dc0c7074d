// What the owners of every protocol are: what was published, and its end. Invariants: the terminal
// mark is stored before peers are told, and the memory is deregistered after they have ended their
// reads; nothing is stored after that.
import { UntornError } from '../errors.ts'
import type { MemoryRegion } from '../fabric/contract.ts'
import { claimTable } from './claim-table.ts'
import type {
  CatalogueEntry,
  ClaimHandler,
  OwnerHandle,
  PublishContext,
  Strategy,
} from './contract.ts'
import { Watchers } from './watch/watchers.ts'

export interface OwnerStatistics {
  /** Versions published. */
  readonly writes: number
  /** Writes given up, by whoever began them or by a throwing function of `update`. */
  readonly aborts: number
}

/** The protocol's owner side. */
export interface RegionWriter {
  readonly version: number
  readonly closed: boolean
  /** Stores the terminal mark. */
  close(): void
}

/** What a handle is made of. */
export interface OwnerParts<Writer extends RegionWriter> {
  readonly entry: CatalogueEntry
  readonly writer: Writer
  readonly region: MemoryRegion
  readonly context: PublishContext
  /** Why the region has its strategy. */
  readonly explain: string
}

export abstract class RegionOwner<Writer extends RegionWriter>
  implements OwnerHandle, AsyncDisposable
{
  /** Why the region has its strategy, a line for each that was considered. */
  readonly explain: string
  protected readonly entry: CatalogueEntry
  protected readonly counters: { writes: number; aborts: number } = { writes: 0, aborts: 0 }
  protected readonly watchers: Watchers = new Watchers()
  readonly #writer: Writer
  readonly #region: MemoryRegion
  readonly #context: PublishContext
  #closing: Promise<void> | undefined

  /** @internal Made when the region is published. */
  constructor(parts: OwnerParts<Writer>) {
    this.entry = parts.entry
    this.explain = parts.explain
    this.#writer = parts.writer
    this.#region = parts.region
    this.#context = parts.context
  }

  /** @internal For whoever publishes the region. */
  static claimsOf(owner: RegionOwner<RegionWriter>): ClaimHandler {
    return owner.claims()
  }

  get name(): string {
    return this.entry.name
  }

  get strategy(): Strategy {
    return this.entry.strategy
  }

  /** Payload bytes. */
  get byteLength(): number {
    return this.entry.capacityBytes
  }

  get generation(): number {
    return this.entry.generation
  }

  /** The version published last. */
  get version(): number {
    return this.#writer.version
  }

  get closed(): boolean {
    return this.#writer.closed || this.#region.closed
  }

  get statistics(): OwnerStatistics {
    return { ...this.counters }
  }

  /**
   * Ends the region: every later read fails with ERR_UNTORN_CLOSED or, once peers have heard of it,
   * ERR_UNTORN_STALE_GENERATION. Waits until they have, bounded. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when operations of this process still use the memory; may
   *   be called again
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

  /** The writer, while there is memory to write to: a device that is closed takes it away. */
  protected writer(): Writer {
    if (this.#region.closed && !this.#writer.closed) {
      throw new UntornError('ERR_UNTORN_CLOSED', `the device of region "${this.name}" is closed`)
    }
    return this.#writer
  }

  /** Counts what `change` publishes, or that it threw after it had been entered. */
  protected counted(update: (entered: () => void) => number): number {
    let entered = false
    let version: number
    try {
      version = update(() => {
        entered = true
      })
    } catch (error) {
      if (entered) this.counters.aborts += 1
      throw error
    }
    this.published()
    return version
  }

  /** A version has been published: to be called after each. */
  protected published(): void {
    this.counters.writes += 1
    this.watchers.published()
  }

  /** What peers may claim; a protocol that grants more than `watch` adds its handlers. */
  protected claims(): ClaimHandler {
    return claimTable({ watch: this.watchers })
  }

  /** What `close` does; a protocol that has more to end does so first. */
  protected async closeOnce(): Promise<void> {
    // A device that was closed first has taken the memory: there is nothing left to mark.
    if (!this.#region.closed && this.#region.byteLength > 0) this.#writer.close()
    this.watchers.close()
    await this.#context.withdraw()
    await this.#region.close()
    this.#context.onClosed()
  }
}
