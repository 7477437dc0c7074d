// The reader's handle of a versioned-slots region: the shapes of a read, and earlier versions.
import { Verdict } from '../../protocols/machine.ts'
import type { ReadEnd } from '../drivers/async.ts'
import { PayloadReader } from '../payload-reader.ts'
import {
  type ReadOptions,
  type ReadSyncOptions,
  type Snapshot,
  assertVersion,
  lengthOf,
  offsetOf,
} from '../read-options.ts'

/**
 * Reads of a region that keeps its latest versions, which count up by one. No writer starves them: an
 * attempt fails only when as many versions as there are slots, less one, are published during it.
 */
export class VersionedSlotsReader extends PayloadReader {
  /** Versions that the region has room for; one less stay readable while another one is written. */
  get slots(): number {
    return this.context.entry.parameters['slotCount'] ?? 0
  }

  /**
   * Reads one version, past or present; resolves to undefined when it has not been published yet.
   * The last slots - 1 versions can be read, sometimes one more. Costs one round trip (strategy
   * `fenced`: one more unless the version is one of those that a read of this handle saw as recent).
   * @param version from 1 up
   * @throws as `read`; UntornError (rejects) ERR_UNTORN_LAPPED when it has been overwritten: `missed`
   *   says how many are gone, from it on
   */
  readVersion(version: number, options?: ReadOptions): Promise<Snapshot | undefined> {
    assertVersion(version, 1)
    return this.readAt(version, options, publishedOf)
  }

  /**
   * The same, spinning.
   * @throws as `readSync`, ERR_UNTORN_LAPPED
   */
  readVersionSync(version: number, options?: ReadSyncOptions): Snapshot | undefined {
    assertVersion(version, 1)
    const offset = offsetOf(options, this.byteLength)
    const bytes = this.sync.spare(lengthOf(options, offset, this.byteLength))
    const verdict = this.sync.read(bytes, offset, bytes.length, 0, version, options)
    if (verdict === Verdict.Unchanged) return undefined
    this.sync.used()
    return { version, bytes }
  }
}

function publishedOf({ verdict, version, bytes }: ReadEnd): Snapshot | undefined {
  return verdict === Verdict.Unchanged ? undefined : { version, bytes }
}
