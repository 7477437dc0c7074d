// What a read takes and gives, and the checks of it. Invariant: whatever passed here is inside the
// payload, so that nothing a caller says reaches a machine unchecked.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { RetryOptions } from './retry-policy.ts'

export interface ReadSyncOptions extends RetryOptions {
  /** First payload byte wanted. Default 0. */
  readonly offset?: number
  /** Payload bytes wanted, all of one version. Default: from `offset` to the end. */
  readonly length?: number
}

export interface ReadOptions extends ReadSyncOptions {
  /** Ends the read with ERR_UNTORN_ABORTED. */
  readonly signal?: AbortSignal
}

/** Options of reads that are whole, whatever they read. */
export interface WholeReadOptions extends RetryOptions {
  /** Ends the read with ERR_UNTORN_ABORTED. */
  readonly signal?: AbortSignal
}

/** Bytes that were all of one version. */
export interface Snapshot {
  /** Grows: a later write has a greater one. In regions that are written in place it is even. */
  readonly version: number
  /**
   * Freshly allocated. Results of 65 to 4096 bytes may share an ArrayBuffer with others, never
   * overlapping them: do not transfer `bytes.buffer`; `bytes.slice()` is a copy of one's own.
   */
  readonly bytes: Uint8Array
}

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS */
export function offsetOf(options: ReadSyncOptions | undefined, byteLength: number): number {
  if (options === undefined) return 0
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options must be an object')
  }
  const { offset = 0 } = options
  if (Number.isInteger(offset) && offset >= 0 && offset < byteLength) return offset
  throw argumentRangeError(
    `offset must be an integer from 0 to ${byteLength - 1}; got ${offset}`,
    'ERR_UNTORN_OUT_OF_BOUNDS',
  )
}

/** @throws RangeError ERR_UNTORN_OUT_OF_BOUNDS */
export function lengthOf(
  options: ReadSyncOptions | undefined,
  offset: number,
  byteLength: number,
): number {
  const max = byteLength - offset
  const length = options?.length ?? max
  if (length === max) return length
  if (Number.isInteger(length) && length >= 1 && length <= max) return length
  throw argumentRangeError(
    `length must be an integer from 1 to ${max} at offset ${offset}; got ${length}`,
    'ERR_UNTORN_OUT_OF_BOUNDS',
  )
}

/** @throws TypeError ERR_UNTORN_ARGUMENT, RangeError ERR_UNTORN_OUT_OF_BOUNDS */
export function assertTarget(target: unknown, length: number): asserts target is Uint8Array {
  if (!(target instanceof Uint8Array)) throw argumentTypeError('target must be a Uint8Array')
  if (target.length < length) {
    throw argumentRangeError(
      `target has ${target.length} bytes, the read needs ${length}`,
      'ERR_UNTORN_OUT_OF_BOUNDS',
    )
  }
}

/** @throws RangeError ERR_UNTORN_ARGUMENT */
export function assertVersion(version: unknown, min: number = 0): asserts version is number {
  if (Number.isSafeInteger(version) && (version as number) >= min) return
  throw argumentRangeError(`version must be a safe integer from ${min} up; got ${String(version)}`)
}
