// The owner's handle of a published RCU cell. Invariants: whatever it is called for, no reader holds a
// publication up, unless the heap is full of what readers pin; what is retired is looked after until it
// is reclaimed, whether or not the owner publishes again.
import {
  RetriesExhausted,
  UntornError,
  argumentRangeError,
  argumentTypeError,
} from '../../errors.ts'
import type { CellOwner as Cell } from '../../protocols/cell/index.ts'
import { claimTable } from '../claim-table.ts'
import type { ClaimHandler } from '../contract.ts'
import { type Snapshot, assertVersion } from '../read-options.ts'
import { type OwnerParts, RegionOwner } from '../region-owner.ts'
import { PinClaims, WriteClaims } from './cell-claims.ts'
import { type CellOwnerStatistics, cellStatistics } from './cell-statistics.ts'
import { GraceWaiters } from './grace-waiters.ts'
import { Housekeeping, Housework, type HouseworkCode } from './housekeeping.ts'
import { OwnerLoopback } from './owner-loopback.ts'

/** Publications between two scans while somebody pins: a scan looks at each row. */
const RETIRED_PER_SCAN = 16
/** Each attempt that fails is one in which some peer's succeeded. */
const ATTEMPTS_MAX = 10_000
/** Longest pause between two looks at what is retired, milliseconds. */
const PAUSE_MS_MAX = 20

const clock = (): number => performance.now()

/** Publishes objects of any size up to `byteLength` as versions 1, 2, 3 … */
export class RcuCellOwner extends RegionOwner<Cell> {
  readonly #cell: Cell
  readonly #pins: PinClaims
  readonly #writers: WriteClaims
  readonly #waiters: GraceWaiters
  readonly #housekeeping: Housekeeping
  readonly #loopback: OwnerLoopback | null

  /** @internal Made when the region is published. */
  constructor(parts: OwnerParts<Cell>) {
    super(parts)
    const { writer: cell, region, context } = parts
    this.#cell = cell
    this.#loopback = cell.shape.writers === 0 ? null : new OwnerLoopback(cell, region, context)
    const wake = (): void => this.#housekeeping.hurry()
    this.#pins = new PinClaims(cell, region, wake)
    this.#writers = new WriteClaims(cell, region, wake, () => this.#learn())
    this.#waiters = new GraceWaiters(cell.grace)
    const pauseMs = Math.min(PAUSE_MS_MAX, cell.readers.leaseMs / 4)
    this.#housekeeping = new Housekeeping(() => this.#keepHouse(), pauseMs)
  }

  /** What there is at this moment: it looks at every row, and reclaims what nobody pins. */
  override get statistics(): CellOwnerStatistics {
    if (!this.closed) this.#scan()
    return cellStatistics(this.#cell, this.#pins, this.#writers.count, super.statistics, clock())
  }

  /**
   * A copy of the present object.
   * @throws UntornError ERR_UNTORN_CLOSED, and as `store` in a cell that peers write to
   */
  load(): Snapshot {
    this.#learn()
    return { version: this.#cell.version, bytes: this.writer().load() }
  }

  /**
   * Publishes an object as the next version, which is returned; the bytes are copied. Local stores
   * only, and a swap through the device where peers write, too.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; nothing was changed
   * @throws UntornError ERR_UNTORN_HEAP_EXHAUSTED, ERR_UNTORN_CLOSED; nothing was changed. Where peers
   *   write, too: ERR_UNTORN_UNKNOWN_OUTCOME, ERR_UNTORN_NOT_CONNECTED, ERR_UNTORN_REMOTE, and
   *   ERR_UNTORN_BROKEN_PROTOCOL when one of them does not keep the protocol; ERR_UNTORN_RETRIES_EXHAUSTED
   *   when they were quicker ten thousand times
   */
  store(bytes: Uint8Array): number {
    return this.#publish(bytes, 0)
  }

  /**
   * As `store`; the object that was replaced, and its version.
   * @throws as `store`
   */
  swap(bytes: Uint8Array): Snapshot {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const before = this.load()
      if (this.#publish(bytes, before.version) !== 0) return before
    }
    throw new RetriesExhausted(ATTEMPTS_MAX, this.#cell.version)
  }

  /**
   * As `store`, if `expectedVersion` is the present one; otherwise undefined, and nothing was changed.
   * @throws as `store`
   */
  compareAndSwap(expectedVersion: number, bytes: Uint8Array): number | undefined {
    assertVersion(expectedVersion, 1)
    const version = this.#publish(bytes, expectedVersion)
    return version === 0 ? undefined : version
  }

  /**
   * Publishes what `change` makes of the present object, whose bytes it gets as a copy; where peers
   * write, too, it may be called several times. When it throws, nothing is published.
   * @throws whatever `change` throws, and as `store`
   */
  update(change: (bytes: Uint8Array) => Uint8Array): number {
    if (typeof change !== 'function') throw argumentTypeError('update needs a function')
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { version, bytes } = this.load()
      let next: Uint8Array
      try {
        next = change(bytes)
      } catch (error) {
        this.counters.aborts += 1
        throw error
      }
      if (this.#cell.version !== version && this.#loopback === null) {
        const message = 'the cell was stored to while it was being updated'
        throw new UntornError('ERR_UNTORN_BUSY', message)
      }
      const published = this.#publish(next, version)
      if (published !== 0) return published
    }
    throw new RetriesExhausted(ATTEMPTS_MAX, this.#cell.version)
  }

  /**
   * Resolves when every guard that may show an object replaced before this call is gone: dropped,
   * expired, or its reader gone.
   * @throws TypeError ERR_UNTORN_ARGUMENT
   * @throws UntornError ERR_UNTORN_ABORTED, and as `load`
   */
  async synchronize(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (typeof options !== 'object' || options === null) {
      throw argumentTypeError('options must be an object')
    }
    const { signal } = options
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw argumentTypeError('signal must be an AbortSignal')
    }
    if (!this.closed) this.#learn()
    const ended = this.#waiters.synchronize(signal)
    this.#attend()
    await ended
  }

  /** A cookie for `poll`: it stands for the grace period that begins now. */
  startPoll(): number {
    this.#learn()
    return this.#cell.grace.startPoll()
  }

  /** Whether the grace period of a cookie has ended: what `synchronize` waits for. Never waits. */
  poll(cookie: number): boolean {
    if (!Number.isSafeInteger(cookie) || cookie < 0 || cookie > this.#cell.version) {
      throw argumentRangeError(`cookie must come from startPoll; got ${String(cookie)}`)
    }
    if (!this.#cell.grace.poll(cookie) && !this.closed) this.#scan()
    return this.closed || this.#cell.grace.poll(cookie)
  }

  /** Has a function called once, after a grace period that begins now; in the order of the calls. */
  call(work: () => void): void {
    if (typeof work !== 'function') throw argumentTypeError('call needs a function')
    this.#waiters.call(work)
    this.#attend()
  }

  /** Resolves when the functions of all calls so far have been called. */
  barrier(): Promise<void> {
    return new Promise((resolve) => this.call(resolve))
  }

  /**
   * Takes back what a peer was granted, here and in other regions of the host, by destroying its queue
   * pair: what it pinned can be reclaimed at once. It is told, and may connect a new one. Resolves to
   * false when it has been granted nothing here.
   * @param peer as in `statistics`
   * @throws UntornError ERR_UNTORN_BUSY when the peer was stopped amid an operation; it is tried again
   *   until that ends
   */
  async evict(peer: string, why: string = 'the owner of a cell evicted it'): Promise<boolean> {
    if (typeof peer !== 'string') throw argumentTypeError('peer must be a string')
    if (typeof why !== 'string') throw argumentTypeError('why must be a string')
    const holder = this.#pins.holderOf(peer) ?? this.#writers.holderOf(peer)
    await holder?.evict(why)
    return holder !== undefined
  }

  protected override claims(): ClaimHandler {
    const { writers, readers } = this.#cell.shape
    return claimTable({
      watch: this.watchers,
      ...(readers === 0 ? {} : { pin: this.#pins }),
      ...(writers === 0 ? {} : { write: this.#writers }),
    })
  }

  protected override async closeOnce(): Promise<void> {
    this.#housekeeping.stop()
    // A loopback that is broken, or a device that is gone, must not keep the memory.
    if (!this.closed) this.#attemptMark()
    await this.#loopback?.close().catch(() => undefined)
    await super.closeOnce()
    this.#waiters.close()
  }

  #publish(bytes: Uint8Array, expectedVersion: number): number {
    const cell = this.writer()
    if (expectedVersion !== 0 && this.#loopback === null && expectedVersion !== cell.version) {
      return 0
    }
    this.#makeRoom(bytes)
    let version: number
    if (this.#loopback === null) version = cell.store(bytes)
    else version = this.#loopback.publish(cell.draft(bytes), expectedVersion)
    if (version === 0) return 0
    this.published()
    if (this.#pins.count === 0 || cell.reclaimer.waiting >= RETIRED_PER_SCAN) this.#scan()
    if (this.#isPending()) this.#housekeeping.wake()
    return version
  }

  /** A scan before there is no room: what was replaced, and nobody pins any more, is room. */
  #makeRoom(bytes: unknown): void {
    if (!(bytes instanceof Uint8Array) || bytes.length > this.byteLength) return
    if (this.#cell.hasRoom(bytes.length)) return
    this.#learn()
    this.#scan()
  }

  #learn(): void {
    if (this.#loopback === null) return
    const before = this.#cell.version
    this.writer()
    this.#loopback.learn()
    if (this.#cell.version !== before) this.watchers.published()
  }

  #scan(): number {
    const reclaimed = this.#cell.reclaimer.scan(clock)
    this.#waiters.tell()
    return reclaimed
  }

  /** Something waits for a grace period: often nobody has pinned anything. */
  #attend(): void {
    if (this.closed) return
    this.#scan()
    if (this.#isPending()) this.#housekeeping.hurry()
  }

  #isPending(): boolean {
    const { reclaimer, writers } = this.#cell
    const owed = reclaimer.waiting > 0 || this.#waiters.waiting > 0
    return owed || this.#writers.count > 0 || writers.unsettled
  }

  #keepHouse(): HouseworkCode {
    if (this.closed) return Housework.Done
    const before = this.#cell.version
    try {
      if (this.#writers.count > 0 || this.#cell.writers.unsettled) this.#learn()
    } catch {
      // A broken loopback is being replaced; a broken protocol is told at the next publication.
    }
    const progress = this.#scan() > 0 || this.#cell.version !== before
    if (!this.#isPending()) return Housework.Done
    return progress ? Housework.Progress : Housework.Waiting
  }

  #attemptMark(): void {
    try {
      this.#loopback?.mark()
    } catch {
      // Readers hear of the withdrawal instead.
      this.#cell.closedBySwap()
    }
  }
}
