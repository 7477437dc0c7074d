// Every shape of a read of a region whose payload has a fixed size. The handles of such protocols
// extend it.
import { Verdict } from '../protocols/machine.ts'
import type { ReadEnd } from './drivers/async.ts'
import {
  type ReadOptions,
  type ReadSyncOptions,
  type Snapshot,
  assertTarget,
  assertVersion,
  lengthOf,
  offsetOf,
} from './read-options.ts'
import { RegionReader } from './region-reader.ts'
import { allocateResult } from './result-bytes.ts'
import type { RetryOptions } from './retry-policy.ts'

export class PayloadReader extends RegionReader {
  /** Result of a `readIfChanged` that found nothing new; null while a read may still fill it. */
  #changeSpare: Uint8Array | null = null

  /**
   * Reads a snapshot. Costs one to three round trips for each attempt, by protocol and strategy.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS at once
   * @throws UntornError (rejects) ERR_UNTORN_RETRIES_EXHAUSTED, ERR_UNTORN_WRITER_ACTIVE,
   *   ERR_UNTORN_STALE_GENERATION, ERR_UNTORN_CLOSED, ERR_UNTORN_REMOTE, ERR_UNTORN_PEER_LOST,
   *   ERR_UNTORN_ABORTED, ERR_UNTORN_TIMEOUT
   */
  override read(options?: ReadOptions): Promise<Snapshot> {
    return this.readAt(0, options, snapshotOf)
  }

  /**
   * The same, spinning until it ends, for the lowest latency. Blocks the event loop: an owner in
   * this very thread cannot end its write meanwhile, and other reads cannot proceed.
   * @throws as `read`, all at once; ERR_UNTORN_BUSY while operations of timed-out reads hold all slots
   */
  override readSync(options?: ReadSyncOptions): Snapshot {
    const offset = offsetOf(options, this.byteLength)
    const bytes = this.sync.spare(lengthOf(options, offset, this.byteLength))
    this.sync.read(bytes, offset, bytes.length, 0, 0, options)
    this.sync.used()
    return { version: this.context.version, bytes }
  }

  /**
   * Reads into the caller's memory; resolves to the version. `target` may be longer than the read,
   * bytes beyond it are untouched; its contents are undefined until the promise resolves, and
   * after a failure.
   * @throws as `read`; RangeError ERR_UNTORN_OUT_OF_BOUNDS when `target` is too short
   */
  readInto(target: Uint8Array, options?: ReadOptions): Promise<number> {
    const offset = offsetOf(options, this.byteLength)
    const lengthBytes = lengthOf(options, offset, this.byteLength)
    assertTarget(target, lengthBytes)
    const order = { target, offset, lengthBytes, knownVersion: 0, wantedVersion: 0, receive: null }
    return this.async.read(order, options, versionOf)
  }

  /**
   * The same, spinning. Allocates nothing (strategy `hash`: two bigints).
   * @throws as `readSync`; RangeError ERR_UNTORN_OUT_OF_BOUNDS when `target` is too short
   */
  readIntoSync(target: Uint8Array, options?: ReadSyncOptions): number {
    const offset = offsetOf(options, this.byteLength)
    const length = lengthOf(options, offset, this.byteLength)
    assertTarget(target, length)
    this.sync.read(target, offset, length, 0, 0, options)
    return this.context.version
  }

  /**
   * The whole payload without a copy: `bytes` is where it landed, and this reader's next synchronous
   * read overwrites it (strategies `words` and `lines` land interleaved, and copy all the same).
   * @throws as `readSync`
   */
  borrowSync(options?: RetryOptions): Snapshot {
    const bytes = this.sync.slot().payload(this.byteLength)
    this.sync.read(bytes, 0, bytes.length, 0, 0, options)
    return { version: this.context.version, bytes }
  }

  /**
   * Reads unless the region still has `version`: then it costs one READ of 8 bytes and resolves to
   * undefined (a seqlock with strategy `hash`: a whole READ the first time, 8 bytes from then on).
   * `version` comes from an earlier snapshot; 0 reads in any case.
   * @throws as `read`
   */
  override readIfChanged(version: number, options?: ReadOptions): Promise<Snapshot | undefined> {
    assertVersion(version)
    const offset = offsetOf(options, this.byteLength)
    const lengthBytes = lengthOf(options, offset, this.byteLength)
    const spare = this.#changeSpare
    const target = spare?.length === lengthBytes ? spare : allocateResult(lengthBytes)
    this.#changeSpare = null
    const order = {
      target,
      offset,
      lengthBytes,
      knownVersion: version,
      wantedVersion: 0,
      receive: null,
    }
    return this.async.read(order, options, this.#changeOf)
  }

  /**
   * The same, spinning. Allocates nothing while the region is unchanged.
   * @throws as `readSync`
   */
  override readIfChangedSync(version: number, options?: ReadSyncOptions): Snapshot | undefined {
    assertVersion(version)
    const offset = offsetOf(options, this.byteLength)
    const bytes = this.sync.spare(lengthOf(options, offset, this.byteLength))
    const verdict = this.sync.read(bytes, offset, bytes.length, version, 0, options)
    if (verdict === Verdict.Unchanged) return undefined
    this.sync.used()
    return { version: this.context.version, bytes }
  }

  /** An asynchronous read of one version into fresh memory; 0 is the present one. */
  protected readAt<T>(
    wantedVersion: number,
    options: ReadOptions | undefined,
    resultOf: (end: ReadEnd) => T,
  ): Promise<T> {
    const offset = offsetOf(options, this.byteLength)
    const lengthBytes = lengthOf(options, offset, this.byteLength)
    const target = allocateResult(lengthBytes)
    const order = { target, offset, lengthBytes, knownVersion: 0, wantedVersion, receive: null }
    return this.async.read(order, options, resultOf)
  }

  protected override async closeOnce(): Promise<void> {
    this.#changeSpare = null
    await super.closeOnce()
  }

  readonly #changeOf = (end: ReadEnd): Snapshot | undefined => {
    if (end.verdict !== Verdict.Unchanged) return snapshotOf(end)
    this.#changeSpare = end.bytes
    return undefined
  }
}

function snapshotOf(end: ReadEnd): Snapshot {
  return { version: end.version, bytes: end.bytes }
}

function versionOf(end: ReadEnd): number {
  return end.version
}
