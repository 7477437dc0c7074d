// Joint reads that look right and are not. Each has to be caught by the property that the right one
// passes.
import { SnapshotGroup } from './snapshot-group.ts'

/** Reads every region, each consistently, and checks nothing: the parts are of different times. */
class ReadOnce extends SnapshotGroup {
  override found(index: number, version: number, changed: boolean): void {
    super.found(index, version, changed)
    if (this.rounds === 1) this.accepted = true
  }
}

/** Checks each region as soon as its own payload is there: the others may be read much later. */
class CheckEachAlone extends SnapshotGroup {
  readonly #unchanged = new Set<number>()

  override ask(index: number): number {
    return this.#unchanged.has(index) ? -1 : (this.versions[index] as number)
  }

  override found(index: number, version: number, changed: boolean): void {
    const first = this.versions[index] === 0
    this.versions[index] = version
    if (!changed && !first) this.#unchanged.add(index)
    this.accepted = this.#unchanged.size === this.versions.length
    this.rounds += 1
  }
}

/** Checks again only what had changed: what had not may have changed since. */
class CheckTheChanged extends SnapshotGroup {
  readonly #settled = new Set<number>()

  override ask(index: number): number {
    const version = super.ask(index)
    if (version <= 0 || !this.#settled.has(index)) return version
    super.found(index, version, false)
    return -1
  }

  override found(index: number, version: number, changed: boolean): void {
    if (changed) this.#settled.delete(index)
    else this.#settled.add(index)
    super.found(index, version, changed)
  }
}

export type GroupControlName = 'read-once' | 'check-each-alone' | 'check-the-changed'

/** All controls by name. */
export const groupControls: Readonly<
  Record<GroupControlName, new (count: number) => SnapshotGroup>
> = {
  'read-once': ReadOnce,
  'check-each-alone': CheckEachAlone,
  'check-the-changed': CheckTheChanged,
}
