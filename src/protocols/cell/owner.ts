// The owner of an RCU cell. Without remote writers it is the only one who stores to the cell and
// publishes by a plain store; with them it swaps the word through the NIC as they do (owner-swap.ts),
// and this file learns what they published.
//
// Invariants: objects of published versions are not stored to before they are reclaimed; versions grow
// by one; each object that exists is the present one, or retired, or a draft.
import { UntornError, argumentRangeError, argumentTypeError } from '../../errors.ts'
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import { type ChainEntry, walkBack } from './catch-up.ts'
import { WriterGrants } from './grants.ts'
import { GracePeriods } from './grace-periods.ts'
import { heapExhausted } from './heap-exhausted.ts'
import { CellHeap, type HeapStatistics } from './heap.ts'
import {
  CELL_VERSION_MAX,
  CellObject,
  type CellShape,
  GRANT_OBJECTS,
  cellFirstVersionOf,
  cellRegionBytes,
  checkCellShape,
  classFor,
  classUnits,
  ownerUnits,
  spanUnits,
} from './layout.ts'
import { CellPlacement } from './placement.ts'
import { type LeaseTerms, leaseTerms } from './lease-terms.ts'
import { ReaderTable } from './reader-table.ts'
import { Reclaimer } from './reclaimer.ts'

export interface CellOwnerOptions extends Partial<LeaseTerms> {
  /** Fill reclaimed objects with 0xd7, so that whoever reads one without right notices. */
  readonly poison?: boolean
  /** Objects to be reclaimed after one before its room is used again. Default 0. */
  readonly quarantine?: number
}

/** What an owner is made of; negative controls change one part. */
export interface CellOwnerParts {
  readonly placement?: (
    memory: LocalMemory,
    shape: CellShape,
    kernels: MemoryKernels,
  ) => CellPlacement
  readonly readers?: (memory: LocalMemory, shape: CellShape, terms: LeaseTerms) => ReaderTable
  readonly reclaimer?: (...args: ConstructorParameters<typeof Reclaimer>) => Reclaimer
}

/** An object that is filled, and not published. */
export interface CellDraft {
  readonly unit: number
  readonly sizeClass: number
  readonly lengthBytes: number
}

/** How much a cell holds. */
export interface CellStatistics {
  readonly version: number
  /** Objects that wait to be reclaimed. */
  readonly retired: number
  /** Objects reclaimed so far. */
  readonly reclaimed: number
  /** Pins that were ignored because their lease had run out. */
  readonly expirations: number
  readonly heap: HeapStatistics
}

const NOTHING: ChainEntry = { unit: -1, lengthBytes: 0, version: 0, low: 0, high: 0 }

/** Owner's side of an RCU cell. */
export class CellOwner {
  readonly shape: CellShape
  readonly memory: LocalMemory
  /** The rows of readers. */
  readonly readers: ReaderTable
  /** The places of remote writers. */
  readonly writers: WriterGrants
  readonly reclaimer: Reclaimer
  readonly grace: GracePeriods
  readonly placement: CellPlacement
  readonly #heap: CellHeap
  readonly #poison: boolean
  /** The newest version that this owner knows to be published. */
  #present: ChainEntry = NOTHING
  #closed = false
  /** Drafts of which nobody knows whether they were published. */
  #doubtful: CellDraft[] = []
  #broken: UntornError | null = null

  /**
   * Takes over a region's memory without storing anything; `format` comes first.
   * @throws RangeError ERR_UNTORN_ARGUMENT for the shape or the options
   * @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS when the memory is too short for the layout
   */
  constructor(
    memory: LocalMemory,
    shape: CellShape,
    kernels: MemoryKernels,
    options: CellOwnerOptions = {},
    parts: CellOwnerParts = {},
  ) {
    checkCellShape(shape)
    const needed = cellRegionBytes(shape)
    if (memory.lengthBytes < needed) {
      throw argumentRangeError(
        `the cell needs a region of ${needed} bytes, not ${memory.lengthBytes}`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    const terms = leaseTerms(options)
    const { quarantine = 0 } = options
    if (!Number.isSafeInteger(quarantine) || quarantine < 0) {
      throw argumentRangeError(`quarantine must be an integer from 0 up, not ${quarantine}`)
    }
    this.shape = shape
    this.memory = memory
    this.#poison = options.poison ?? false
    this.#heap = new CellHeap(shape.spanCount, spanUnits(shape))
    this.placement =
      parts.placement?.(memory, shape, kernels) ?? new CellPlacement(memory, shape, kernels)
    this.readers = parts.readers?.(memory, shape, terms) ?? new ReaderTable(memory, shape, terms)
    this.writers = new WriterGrants(shape, this.placement)
    const retired = {
      version: (): number => this.version,
      reclaimed: (unit: number): void => this.#reclaimed(unit),
      free: (unit: number): void => this.#free(unit),
    }
    this.reclaimer =
      parts.reclaimer?.(memory, this.readers, retired, quarantine) ??
      new Reclaimer(memory, this.readers, retired, quarantine)
    const version = retired.version
    const graceVersion = (): number => this.reclaimer.graceVersion
    this.grace = new GracePeriods({ version, graceVersion })
  }

  /** The newest version that this owner knows to be published; 0 before formatting. */
  get version(): number {
    return this.#present.version
  }

  /** Payload bytes of that version's object. */
  get lengthBytes(): number {
    return this.#present.lengthBytes
  }

  /** The word of that version, as it stands in memory. */
  get word(): { readonly low: number; readonly high: number } {
    return this.#present
  }

  get closed(): boolean {
    return this.#closed
  }

  get statistics(): CellStatistics {
    const { reclaimer, readers } = this
    return {
      version: this.version,
      retired: reclaimer.waiting,
      reclaimed: reclaimer.reclaimed,
      expirations: readers.expirations,
      heap: this.#heap.statistics,
    }
  }

  /**
   * Publishes the first object. Once, before any peer knows the region.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError ERR_UNTORN_BUSY when formatted already, ERR_UNTORN_CLOSED
   */
  format(initial: Uint8Array = new Uint8Array(0)): void {
    if (this.#closed) throw closedError()
    if (this.version !== 0) {
      throw new UntornError('ERR_UNTORN_BUSY', 'the cell is formatted already and in use')
    }
    this.#check(initial)
    this.placement.format()
    const draft = this.#fill(initial)
    this.prepare(draft, cellFirstVersionOf(this.shape))
    this.#publish(draft)
  }

  /** The present object where it lies: its bytes stay until it has been replaced and a scan has ended. */
  view(): Uint8Array {
    this.#checkReady()
    const { unit, lengthBytes } = this.#present
    return this.placement.view(unit, CellObject.payload + lengthBytes).subarray(CellObject.payload)
  }

  /** A copy of the present object. */
  load(): Uint8Array {
    return Uint8Array.from(this.view())
  }

  /** Whether there is room for an object; where there is none, scan, or wait for readers. */
  hasRoom(lengthBytes: number): boolean {
    return lengthBytes <= this.shape.objectBytesMax && this.#heap.hasRoom(classFor(lengthBytes))
  }

  /**
   * Publishes an object as the next version, which is returned. Not for cells with remote writers.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; nothing was changed
   * @throws UntornError ERR_UNTORN_HEAP_EXHAUSTED, ERR_UNTORN_CLOSED; nothing was changed
   */
  store(bytes: Uint8Array): number {
    this.#checkAlone()
    const draft = this.draft(bytes)
    this.prepare(draft)
    return this.#publish(draft)
  }

  /** As `store`; a copy of the object that was replaced. */
  swap(bytes: Uint8Array): Uint8Array {
    this.#checkAlone()
    this.#check(bytes)
    const before = this.load()
    this.store(bytes)
    return before
  }

  /** As `store` if `expectedVersion` is the present one; else 0, and nothing was changed. */
  compareAndSwap(expectedVersion: number, bytes: Uint8Array): number {
    this.#checkAlone()
    this.#check(bytes)
    return expectedVersion === this.version ? this.store(bytes) : 0
  }

  /**
   * As `store`, of what `change` makes of the present object. When it throws, nothing is published.
   * @param change synchronous; gets a copy
   */
  update(change: (bytes: Uint8Array) => Uint8Array): number {
    this.#checkAlone()
    const version = this.version
    const bytes = change(this.load())
    if (this.version !== version) {
      throw new UntornError('ERR_UNTORN_BUSY', 'the cell was stored to while it was being updated')
    }
    return this.store(bytes)
  }

  /** Stores the terminal mark: every later read ends with Closed. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#checkAlone()
    this.#closed = true
    this.placement.code.encodeClosed()
    this.placement.publish(this.placement.code.low, this.placement.code.high)
  }

  /**
   * Step (1) of a publication (placement.ts), but for the header: an object filled with bytes. To be
   * published, or discarded.
   * @throws as `store`
   */
  draft(bytes: Uint8Array): CellDraft {
    this.#checkReady()
    this.#check(bytes)
    if (this.version >= CELL_VERSION_MAX) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'the versions are used up: publish a new cell')
    }
    return this.#fill(bytes)
  }

  /** Gives back a draft that was not published. */
  discard(draft: CellDraft): void {
    this.#heap.free(draft.unit)
  }

  /** Stores a draft's header, for the version after the present one; `placement.code` has its word. */
  prepare(draft: CellDraft, version: number = this.version + 1): void {
    const { unit, sizeClass, lengthBytes } = draft
    this.placement.code.encode(version, sizeClass, unit)
    this.placement.header(unit, version, lengthBytes, this.#present)
  }

  /** The word `low`, `high` of a prepared draft has replaced the present one; the version. */
  published(draft: CellDraft, low: number, high: number): number {
    const before = this.#present
    const version = before === NOTHING ? cellFirstVersionOf(this.shape) : before.version + 1
    this.#present = { unit: draft.unit, lengthBytes: draft.lengthBytes, version, low, high }
    if (before !== NOTHING) this.reclaimer.retire(before.unit, version)
    return version
  }

  /** Nobody knows whether a draft's swap was executed; the next `catchUp` tells. */
  doubt(draft: CellDraft): void {
    this.#doubtful.push(draft)
  }

  /**
   * Learns what remote writers have published, from a word of the cell.
   * @param ticket `writers.endings` as it was before the word was sampled
   * @throws UntornError ERR_UNTORN_BROKEN_PROTOCOL: a writer keeps no protocol. Nothing was changed,
   *   nothing is freed, and nothing is published any more
   */
  catchUp(low: number, high: number, ticket: number): void {
    this.#checkReady()
    const chain = this.#walk(low, high)
    for (const entry of chain) {
      if (!this.#isDoubtful(entry.unit)) this.writers.published(entry.unit)
      this.reclaimer.retire(this.#present.unit, entry.version)
      this.#present = entry
    }
    for (const draft of this.#doubtful.splice(0)) {
      if (!chain.some(({ unit }) => unit === draft.unit)) this.discard(draft)
    }
    this.writers.settle(ticket)
  }

  /** The word was seen to be the terminal mark. */
  closedBySwap(): void {
    this.#closed = true
  }

  #walk(low: number, high: number): ChainEntry[] {
    // What lies behind a word that was just found was WRITTEN by peers: loads of it come after the swap
    // that found the word, which they would not on a weak CPU.
    if (low !== this.#present.low || high !== this.#present.high) this.placement.drain()
    try {
      return walkBack({ low, high }, this.#present, {
        code: this.placement.code,
        header: (unit) => this.placement.view(unit, CellObject.payload),
        isExpected: (unit) => this.writers.mayBePublished(unit) || this.#isDoubtful(unit),
        lengthMax: this.shape.writers * GRANT_OBJECTS + 1,
      })
    } catch (error) {
      if (error instanceof UntornError) this.#broken = error
      throw error
    }
  }

  #isDoubtful(unit: number): boolean {
    return this.#doubtful.some((draft) => draft.unit === unit)
  }

  #publish(draft: CellDraft): number {
    const { low, high } = this.placement.code
    this.placement.publish(low, high)
    return this.published(draft, low, high)
  }

  #fill(bytes: Uint8Array): CellDraft {
    const sizeClass = classFor(bytes.length)
    const unit = this.#heap.allocate(sizeClass)
    if (unit < 0) throw heapExhausted(bytes.length, this.#heap.statistics, this.reclaimer)
    this.placement.copyIn(unit, bytes)
    return { unit, sizeClass, lengthBytes: bytes.length }
  }

  #reclaimed(unit: number): void {
    if (!this.#poison) return
    const own = unit < ownerUnits(this.shape)
    this.placement.poison(unit, own ? classUnits(this.#heap.classOf(unit)) : spanUnits(this.shape))
  }

  #free(unit: number): void {
    if (unit < ownerUnits(this.shape)) this.#heap.free(unit)
    else this.writers.release(unit)
  }

  #checkReady(): void {
    if (this.#closed) throw closedError()
    if (this.#broken !== null) throw this.#broken
    if (this.version === 0) throw argumentTypeError('format the cell before using it')
  }

  #checkAlone(): void {
    this.#checkReady()
    if (this.shape.writers === 0) return
    throw argumentTypeError('peers swap this cell by the NIC: the owner has to do so as well')
  }

  #check(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw argumentTypeError('an object is a Uint8Array')
    if (bytes.length <= this.shape.objectBytesMax) return
    throw argumentRangeError(
      `an object has at most ${this.shape.objectBytesMax} bytes, these are ${bytes.length}`,
    )
  }
}

function closedError(): UntornError {
  return new UntornError('ERR_UNTORN_CLOSED', 'the cell is closed')
}
