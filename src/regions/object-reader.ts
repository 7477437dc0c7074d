// Every shape of a read of a region whose owner decides how long each version is. Objects are read
// whole: where they land there is room for the longest, and what is handed out is as long as the
// object. The handles of such protocols extend it.
import { UntornError, argumentRangeError, argumentTypeError } from '../errors.ts'
import { Verdict } from '../protocols/machine.ts'
import type { ReadEnd, ReadOrder } from './drivers/async.ts'
import { type Snapshot, type WholeReadOptions, assertVersion } from './read-options.ts'
import { RegionReader } from './region-reader.ts'
import { allocateResult } from './result-bytes.ts'
import type { RetryOptions } from './retry-policy.ts'

const NO_BYTES = new Uint8Array(0)

export class ObjectReader extends RegionReader {
  /**
   * Reads the present object into fresh memory of its length.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT at once
   * @throws UntornError (rejects) ERR_UNTORN_RETRIES_EXHAUSTED, ERR_UNTORN_STALE_GENERATION,
   *   ERR_UNTORN_CLOSED, ERR_UNTORN_REMOTE, ERR_UNTORN_PEER_LOST, ERR_UNTORN_ABORTED,
   *   ERR_UNTORN_TIMEOUT
   */
  override read(options?: WholeReadOptions): Promise<Snapshot> {
    assertWhole(options)
    return this.async.read(this.order(0, copyOf), options, snapshotOf)
  }

  /**
   * The same, spinning until it ends. Blocks the event loop.
   * @throws as `read`, all at once; ERR_UNTORN_BUSY while operations of timed-out reads hold all slots
   */
  override readSync(options?: RetryOptions): Snapshot {
    const { version, bytes } = this.borrowSync(options)
    return { version, bytes: copyOf(bytes) }
  }

  /**
   * Reads into the caller's memory; `bytes` of what it resolves to is the part of `target` that the
   * object takes.
   * @throws as `read`; UntornError ERR_UNTORN_OUT_OF_BOUNDS when `target` is too short
   */
  readInto(target: Uint8Array, options?: WholeReadOptions): Promise<Snapshot> {
    assertWhole(options)
    assertBytes(target)
    return this.async.read(
      this.order(0, (landed) => copyInto(target, landed)),
      options,
      snapshotOf,
    )
  }

  /**
   * The same, spinning.
   * @throws as `readSync`; UntornError ERR_UNTORN_OUT_OF_BOUNDS when `target` is too short
   */
  readIntoSync(target: Uint8Array, options?: RetryOptions): Snapshot {
    assertBytes(target)
    const { version, bytes } = this.borrowSync(options)
    return { version, bytes: copyInto(target, bytes) }
  }

  /**
   * The object without a copy: `bytes` is where it landed, and this reader's next synchronous read
   * overwrites it.
   * @throws as `readSync`
   */
  borrowSync(options?: RetryOptions): Snapshot {
    assertWhole(options)
    this.#spin(0, options)
    return { version: this.context.version, bytes: this.sync.slot().landed() }
  }

  /**
   * Reads unless the region still has `version`: then it costs one READ of 8 bytes and resolves to
   * undefined. `version` comes from an earlier snapshot; 0 reads in any case.
   * @throws as `read`
   */
  override readIfChanged(
    version: number,
    options?: WholeReadOptions,
  ): Promise<Snapshot | undefined> {
    assertVersion(version)
    assertWhole(options)
    return this.async.read(this.order(version, copyOf), options, changeOf)
  }

  /**
   * The same, spinning. Allocates nothing while the region is unchanged.
   * @throws as `readSync`
   */
  override readIfChangedSync(version: number, options?: RetryOptions): Snapshot | undefined {
    assertVersion(version)
    assertWhole(options)
    if (this.#spin(version, options) === Verdict.Unchanged) return undefined
    return { version: this.context.version, bytes: copyOf(this.sync.slot().landed()) }
  }

  /** The order of a whole read; `receive` is called with the object where it landed. */
  protected order(knownVersion: number, receive: (landed: Uint8Array) => Uint8Array): ReadOrder {
    const lengthBytes = this.byteLength
    return { target: NO_BYTES, offset: 0, lengthBytes, knownVersion, wantedVersion: 0, receive }
  }

  #spin(knownVersion: number, options: RetryOptions | undefined): number {
    const bytes = this.sync.slot().payload(this.byteLength)
    return this.sync.read(bytes, 0, bytes.length, knownVersion, 0, options)
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocateResult(bytes.length)
  copy.set(bytes)
  return copy
}

function copyInto(target: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (target.length < bytes.length) {
    throw new UntornError(
      'ERR_UNTORN_OUT_OF_BOUNDS',
      `the object has ${bytes.length} bytes, target only ${target.length}`,
    )
  }
  target.set(bytes)
  return target.subarray(0, bytes.length)
}

function snapshotOf(end: ReadEnd): Snapshot {
  return { version: end.version, bytes: end.bytes }
}

function changeOf(end: ReadEnd): Snapshot | undefined {
  return end.verdict === Verdict.Unchanged ? undefined : snapshotOf(end)
}

function assertBytes(target: unknown): asserts target is Uint8Array {
  if (!(target instanceof Uint8Array)) throw argumentTypeError('target must be a Uint8Array')
}

/** Callers that come from a payload of fixed size may well ask for parts. */
function assertWhole(options: object | undefined): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options must be an object')
  }
  if ('offset' in options || 'length' in options) {
    throw argumentRangeError('objects are read whole: neither offset nor length can be given')
  }
}
