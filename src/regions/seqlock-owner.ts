// The owner's handle of a published seqlock region. Invariants: the terminal mark is stored before
// peers are told, and the memory is deregistered after they have ended their reads; nothing is
// stored after that.
import { UntornError, argumentTypeError } from '../errors.ts'
import type { MemoryRegion } from '../fabric/contract.ts'
import type { SeqlockOwner as Writer, SeqlockWriteToken } from '../protocols/seqlock/index.ts'
import type { CatalogueEntry, OwnerHandle, PublishContext, Strategy } from './contract.ts'

export interface OwnerStatistics {
  /** Versions published by `write`, `update` and `writeEnd`. */
  readonly writes: number
  /** Writes given up by `writeAbort`, or by a throwing function of `update`. */
  readonly aborts: number
}

export class SeqlockOwner implements OwnerHandle, AsyncDisposable {
  /** Why the region has its strategy, a line for each that was considered. */
  readonly explain: string
  readonly #entry: CatalogueEntry
  readonly #writer: Writer
  readonly #region: MemoryRegion
  readonly #context: PublishContext
  readonly #counters = { writes: 0, aborts: 0 }
  #closing: Promise<void> | undefined

  /** @internal Made by `seqlock(…).publish`. */
  constructor(
    entry: CatalogueEntry,
    writer: Writer,
    region: MemoryRegion,
    context: PublishContext,
    explain: string,
  ) {
    this.#entry = entry
    this.#writer = writer
    this.#region = region
    this.#context = context
    this.explain = explain
  }

  get name(): string {
    return this.#entry.name
  }

  get strategy(): Strategy {
    return this.#entry.strategy
  }

  /** Payload bytes. */
  get byteLength(): number {
    return this.#entry.capacityBytes
  }

  get generation(): number {
    return this.#entry.generation
  }

  /** The version published last: even, 2 after publication. */
  get version(): number {
    return this.#writer.version
  }

  get closed(): boolean {
    return this.#writer.closed || this.#region.closed
  }

  get statistics(): OwnerStatistics {
    return { ...this.#counters }
  }

  /**
   * Publishes a whole payload of exactly `byteLength` bytes; returns its version. Local stores only.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY while another write is in progress, ERR_UNTORN_CLOSED
   */
  write(bytes: Uint8Array): number {
    const version = this.#open().write(bytes)
    this.#counters.writes += 1
    return version
  }

  /**
   * Computes the next payload from the present one: `change` gets a private copy, valid during the
   * call, and what it leaves there is published. When it throws, nothing was stored.
   * @throws whatever `change` throws; TypeError ERR_UNTORN_ARGUMENT when it returns a promise
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  update(change: (payload: Uint8Array) => void): number {
    if (typeof change !== 'function') {
      throw argumentTypeError('update needs a function')
    }
    let entered = false
    let version: number
    try {
      version = this.#open().update((payload) => {
        entered = true
        return change(payload)
      })
    } catch (error) {
      if (entered) this.#counters.aborts += 1
      throw error
    }
    this.#counters.writes += 1
    return version
  }

  /**
   * Begins a write in place; its token takes the stores (`token.copyIn(offset, bytes)`) and is
   * ended once, by `writeEnd` or `writeAbort`. Readers retry meanwhile, so keep it short.
   * @throws UntornError ERR_UNTORN_BUSY when a token is out already, ERR_UNTORN_CLOSED
   */
  writeBegin(): SeqlockWriteToken {
    return this.#open().writeBegin()
  }

  /**
   * Publishes what the token stored; returns the version.
   * @throws UntornError ERR_UNTORN_CLOSED when the token has ended
   */
  writeEnd(token: SeqlockWriteToken): number {
    const version = this.#open().writeEnd(token)
    this.#counters.writes += 1
    return version
  }

  /**
   * Ends the token's write without its effect. Strategies that write in place publish the old
   * payload again, under a new version.
   * @throws UntornError ERR_UNTORN_CLOSED when the token has ended
   */
  writeAbort(token: SeqlockWriteToken): void {
    this.#open().writeAbort(token)
    this.#counters.aborts += 1
  }

  /**
   * Ends the region: every later read fails with ERR_UNTORN_CLOSED or, once peers have heard of it,
   * ERR_UNTORN_STALE_GENERATION. Waits until they have, bounded. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when operations of this process still use the memory; may
   *   be called again
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      this.#closing = undefined
      throw error
    })
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The writer, while there is memory to write to: a device that is closed takes it away. */
  #open(): Writer {
    if (this.#region.closed && !this.#writer.closed) {
      throw new UntornError('ERR_UNTORN_CLOSED', `the device of region "${this.name}" is closed`)
    }
    return this.#writer
  }

  async #close(): Promise<void> {
    // A device that was closed first has taken the memory: there is nothing left to mark.
    if (!this.#region.closed && this.#region.byteLength > 0) this.#writer.close()
    await this.#context.withdraw()
    await this.#region.close()
    this.#context.onClosed()
  }
}
