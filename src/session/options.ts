// Checks of the options that both sides take.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import { HANDSHAKE_TIMEOUT_MS, HEARTBEAT_MS, HEARTBEAT_MS_MAX } from './limits.ts'

/** Largest delay of a timer. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT */
export function integerOption(
  name: string,
  value: number | undefined,
  fallback: number,
  low: number,
  high: number,
): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number') throw argumentTypeError(`${name} must be a number`)
  if (!Number.isInteger(value) || value < low || value > high) {
    throw argumentRangeError(`${name} must be an integer from ${low} to ${high}, not ${value}`)
  }
  return value
}

export function timeoutOption(timeoutMs: number | undefined): number {
  return integerOption('timeoutMs', timeoutMs, HANDSHAKE_TIMEOUT_MS, 1, TIMER_MS_MAX)
}

export function heartbeatOption(heartbeatMs: number | undefined): number {
  return integerOption('heartbeatMs', heartbeatMs, HEARTBEAT_MS, 0, HEARTBEAT_MS_MAX)
}

/** @throws TypeError ERR_UNTORN_ARGUMENT */
export function assertOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw argumentTypeError('options must be an object')
}

/** @throws TypeError ERR_UNTORN_ARGUMENT */
export function assertSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return
  throw argumentTypeError('signal must be an AbortSignal')
}
