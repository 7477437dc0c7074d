// What a watch takes, checked.
import { argumentRangeError, argumentTypeError, shown } from '../../errors.ts'

/** How often a watch looks. */
export interface WatchPace {
  /** Least time between two looks, milliseconds. Default 1. */
  readonly minMs?: number
  /**
   * Most time between two looks, milliseconds. Default 100; with `notify`, where looks that nobody
   * asked for only make up for notices that were lost, 1000.
   */
  readonly maxMs?: number
}

export interface WatchOptions {
  /** Ends the watch with ERR_UNTORN_ABORTED. */
  readonly signal?: AbortSignal
  readonly pace?: WatchPace
  /** Have the owner wake this watch after each publication. Default: look again and again. */
  readonly notify?: boolean
}

export interface WatchSettings {
  readonly signal: AbortSignal | undefined
  readonly minMs: number
  readonly maxMs: number
  readonly notify: boolean
}

const PACE_MS_MAX = 3_600_000
const POLLED_MAX_MS = 100
const NOTIFIED_MAX_MS = 1000

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT */
export function watchSettings(options: WatchOptions = {}): WatchSettings {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options must be an object')
  }
  const { signal, pace = {}, notify = false } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw argumentTypeError('signal must be an AbortSignal')
  }
  if (typeof notify !== 'boolean') throw argumentTypeError('notify must be a boolean')
  if (typeof pace !== 'object' || pace === null) {
    throw argumentTypeError('pace must be an object { minMs, maxMs }')
  }
  const { minMs = 1 } = pace
  assertPace('pace.minMs', minMs, 0)
  const { maxMs = Math.max(minMs, notify ? NOTIFIED_MAX_MS : POLLED_MAX_MS) } = pace
  assertPace('pace.maxMs', maxMs, minMs)
  return { signal, minMs, maxMs, notify }
}

function assertPace(name: string, value: number, min: number): void {
  if (typeof value === 'number' && value >= min && value <= PACE_MS_MAX) return
  throw argumentRangeError(
    `${name} must be a number from ${min} to ${PACE_MS_MAX}; got ${shown(value)}`,
  )
}
