// The word of a locked region as its owner's CPU sees it: for telling, never for deciding who has the lock.
import type { MemoryRegion } from '../../fabric/contract.ts'
import { Plain } from '../../protocols/seqlock/index.ts'
import { versionBitsOf } from '../../protocols/lock/word.ts'
import type { RegionWriter } from '../region-owner.ts'

export class RegionWord implements RegionWriter {
  closed = false
  readonly #region: MemoryRegion
  #lastVersion = 0

  constructor(region: MemoryRegion) {
    this.#region = region
  }

  /** The word; 0 once the memory is gone. */
  get value(): bigint {
    const { bytes } = this.#region
    if (bytes.length === 0) return 0n
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(Plain.version, true)
  }

  /** The last version published. */
  get version(): number {
    const version = versionBitsOf(this.value)
    // While the lock is held, the version before it is the published one. Closed, the last one seen.
    if (version !== 0 && version < 2 ** 47) this.#lastVersion = version - (version % 2)
    return this.#lastVersion
  }

  close(): void {
    this.closed = true
  }
}
