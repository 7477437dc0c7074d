// A region reader as the torn-read bench sees it: the cheapest synchronous read of a whole payload.
import type { PayloadReader } from '../../src/regions/payload-reader.ts'
import type { BenchReadCounts, BenchReader } from './bench-protocol.ts'

export class SnapshotReader implements BenchReader {
  readonly #reader: PayloadReader
  /** Whether a version that the reader returns claims anything, see `BenchReader.read`. */
  readonly #claims: (version: number) => boolean

  constructor(reader: PayloadReader, claims: (version: number) => boolean) {
    this.#reader = reader
    this.#claims = claims
  }

  get counts(): BenchReadCounts {
    const { attempts, reads, unchanged } = this.#reader.statistics
    return { attempts, rejected: attempts - reads - unchanged }
  }

  read(target: Uint8Array): number {
    const version = this.#reader.readIntoSync(target)
    return this.#claims(version) ? version : 0
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
