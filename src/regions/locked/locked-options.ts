// Options of locked regions and their bounds.
import { argumentRangeError, argumentTypeError, shown } from '../../errors.ts'
import type { LockStrategyName } from '../../protocols/lock/index.ts'
import { PAYLOAD_BYTES_MAX } from '../../protocols/seqlock/index.ts'

export type LockedStrategy = LockStrategyName

export const lockedStrategies: readonly LockedStrategy[] = ['fenced', 'hash']

/** Timers count milliseconds in 31 bits. */
export const LEASE_MS_MAX: number = 2 ** 31 - 1
export const HOLDERS_MAX = 4096

export interface LockedRegionOptions {
  /** Payload bytes, 1 to 2^30. */
  readonly bytes: number
  /**
   * Milliseconds that one holder may hold the lock while others wait or not; then the owner takes it
   * back. Default 10000; 0: for ever, until its connection is lost or `evict` is called.
   */
  readonly leaseMs?: number
  /**
   * Peers that may take the lock, at a time: 1 to 4096. Default 64. Each costs the owner a window, as the
   * owner itself does: a region on shared memory has 120 (ERR_UNTORN_SYSTEM beyond that).
   */
  readonly holdersMax?: number
  /** How readers prove what they read. Default: the cheaper that is sound on the device. */
  readonly strategy?: LockedStrategy
  /** The first payload, `bytes` long. Default zeros. */
  readonly initial?: Uint8Array
  /** Back the region with huge pages. */
  readonly hugePages?: boolean
}

/** Options with nothing left open but the strategy. */
export interface LockedSettings {
  readonly bytes: number
  readonly leaseMs: number
  readonly holdersMax: number
  readonly strategy: LockedStrategy | undefined
  readonly initial: Uint8Array | undefined
  readonly hugePages: boolean
}

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT */
export function lockedSettings(options: LockedRegionOptions): LockedSettings {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('lockedRegion needs an options object { bytes }')
  }
  const { bytes, leaseMs = 10_000, holdersMax = 64, strategy, initial, hugePages = false } = options
  assertInteger('bytes', bytes, 1, PAYLOAD_BYTES_MAX)
  assertInteger('leaseMs', leaseMs, 0, LEASE_MS_MAX)
  assertInteger('holdersMax', holdersMax, 1, HOLDERS_MAX)
  if (strategy !== undefined && !lockedStrategies.includes(strategy)) {
    const given = JSON.stringify(strategy)
    throw argumentRangeError(`strategy must be one of ${lockedStrategies.join(', ')}; got ${given}`)
  }
  if (typeof hugePages !== 'boolean') throw argumentTypeError('hugePages must be a boolean')
  if (initial !== undefined) {
    if (!(initial instanceof Uint8Array)) throw argumentTypeError('initial must be a Uint8Array')
    if (initial.length !== bytes) {
      throw argumentRangeError(`initial must have ${bytes} bytes; it has ${initial.length}`)
    }
  }
  return { bytes, leaseMs, holdersMax, strategy, initial, hugePages }
}

function assertInteger(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return
  throw argumentRangeError(`${name} must be an integer from ${low} to ${high}; got ${shown(value)}`)
}
