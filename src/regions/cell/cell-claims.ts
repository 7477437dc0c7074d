// What the owner of an RCU cell grants: rows to pin objects by, places to write objects into.
//
// Invariant: a peer can WRITE its own row, or its own grant, and swap the word, through windows that are
// closed before the row or the place is given to anybody else; both are taken back only when nothing of
// their claim can land any more.
import type { MemoryRegion, RegionWindow } from '../../fabric/contract.ts'
import {
  type CellOwner,
  GRANT_OBJECTS,
  UNIT_BYTES,
  grantBytes,
  grantUnit,
  rowOffset,
  unitOffset,
} from '../../protocols/cell/index.ts'
import type { ClaimHandler, ClaimHolder, Grant } from '../contract.ts'

/** What each of the two kinds knows. */
interface Held {
  readonly index: number
  readonly holder: ClaimHolder
  readonly windows: readonly RegionWindow[]
}

abstract class CellClaims implements ClaimHandler {
  protected readonly cell: CellOwner
  protected readonly region: MemoryRegion
  readonly #held = new Map<number, Held>()
  readonly #onChange: () => void

  /** @param onChange something is to be looked after: what a peer publishes, or leaves behind */
  constructor(cell: CellOwner, region: MemoryRegion, onChange: () => void) {
    this.cell = cell
    this.region = region
    this.#onChange = onChange
  }

  get count(): number {
    return this.#held.size
  }

  /** Who has a row, or a place. */
  peerOf(index: number): string | undefined {
    for (const held of this.#held.values()) if (held.index === index) return held.holder.peer
    return undefined
  }

  /** A claim of a peer. */
  holderOf(peer: string): ClaimHolder | undefined {
    for (const { holder } of this.#held.values()) if (holder.peer === peer) return holder
    return undefined
  }

  claim(holder: ClaimHolder): Grant {
    const index = this.take()
    let windows: readonly RegionWindow[]
    try {
      windows = this.open(index)
    } catch (error) {
      this.giveBack(index)
      throw error
    }
    this.#held.set(holder.id, { index, holder, windows })
    this.#onChange()
    return {
      windows: windows.map(({ offset, descriptor }) => ({ offset, region: descriptor })),
      parameters: this.parameters(index),
    }
  }

  ended(holder: ClaimHolder): void {
    const held = this.#held.get(holder.id)
    if (held === undefined) return
    this.#held.delete(holder.id)
    // With the region, its windows and all that they protected have gone.
    if (this.region.closed) return
    for (const window of held.windows) window.close()
    this.giveBack(held.index)
    this.#onChange()
  }

  protected abstract take(): number
  protected abstract open(index: number): readonly RegionWindow[]
  protected abstract giveBack(index: number): void
  protected abstract parameters(index: number): Readonly<Record<string, number>>
}

/** Grants rows of the reader table. */
export class PinClaims extends CellClaims {
  protected override take(): number {
    return this.cell.readers.grant()
  }

  protected override open(row: number): readonly RegionWindow[] {
    return [this.region.window(rowOffset(row), UNIT_BYTES, { remoteWrite: true })]
  }

  protected override giveBack(row: number): void {
    this.cell.readers.revoke(row)
  }

  protected override parameters(row: number): Readonly<Record<string, number>> {
    return { row, leaseMs: this.cell.readers.leaseMs }
  }
}

/** Grants room for objects, and the right to swap the word. */
export class WriteClaims extends CellClaims {
  readonly #settle: () => void

  /** @param settle learns what was published by those whose claims have ended; may throw */
  constructor(cell: CellOwner, region: MemoryRegion, onEnded: () => void, settle: () => void) {
    super(cell, region, onEnded)
    this.#settle = settle
  }

  protected override take(): number {
    // A writer that comes back finds its place free.
    if (this.cell.writers.unsettled) this.#settle()
    return this.cell.writers.grant()
  }

  protected override open(writer: number): readonly RegionWindow[] {
    const { shape } = this.cell
    const start = unitOffset(shape, grantUnit(shape, writer, 0))
    const word = this.region.window(0, UNIT_BYTES, { remoteRead: true, remoteAtomic: true })
    try {
      return [word, this.region.window(start, grantBytes(shape), { remoteWrite: true })]
    } catch (error) {
      word.close()
      throw error
    }
  }

  protected override giveBack(writer: number): void {
    this.cell.writers.end(writer)
  }

  protected override parameters(writer: number): Readonly<Record<string, number>> {
    return { writer, objects: GRANT_OBJECTS }
  }
}
