// Parsers of option values. Each rejects with a message that says what is accepted; commander puts
// the option's name before it.
import { InvalidArgumentError } from 'commander'
import { PAYLOAD_BYTES_MIN } from '../../bench/support/payload-oracle.ts'
import { PAYLOAD_BYTES_MAX } from '../protocols/seqlock/index.ts'

const INTERVAL_US_MAX = 60_000_000
const DURATION_SECONDS_MAX = 86_400
const DURATION_SECONDS_MIN = 0.01
const MINUTES_MIN = 0.01
const MINUTES_MAX = 7 * 24 * 60
const ITERATIONS_MAX = 10_000_000
const SEED_MAX = 2 ** 31 - 1
/** More rows than anybody waits for; a slip of the keyboard, not a plan. */
const LIST_LENGTH_MAX = 64

const suffixes: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

function items(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.some((part) => part === '')) {
    throw new InvalidArgumentError('It must be a list without empty items, separated by commas.')
  }
  if (parts.length > LIST_LENGTH_MAX) {
    throw new InvalidArgumentError(`It may list ${LIST_LENGTH_MAX} values at most.`)
  }
  return [...new Set(parts)]
}

/** Payload sizes: `64,4096` or `64,4k`. */
export function parseSizes(text: string): readonly number[] {
  const sizes = items(text).map((item) => {
    const match = /^(\d{1,12})([kmg]?)$/i.exec(item)
    const bytes = Number(match?.[1]) * (suffixes[match?.[2]?.toLowerCase() ?? ''] ?? 1)
    if (match === null || bytes < PAYLOAD_BYTES_MIN || bytes > PAYLOAD_BYTES_MAX) {
      throw new InvalidArgumentError(
        `Sizes are whole numbers of bytes from ${PAYLOAD_BYTES_MIN} to ${PAYLOAD_BYTES_MAX} ` +
          `(suffixes k, m, g), separated by commas; "${item}" is none.`,
      )
    }
    return bytes
  })
  return [...new Set(sizes)]
}

/** Pauses between the starts of two writes: `0,100,1000`. */
export function parseIntervals(text: string): readonly number[] {
  const intervals = items(text).map((item) => {
    const value = /^\d+(\.\d+)?$/.test(item) ? Number(item) : Number.NaN
    if (!(value >= 0 && value <= INTERVAL_US_MAX)) {
      throw new InvalidArgumentError(
        `Intervals are microseconds from 0 (flat out) to ${INTERVAL_US_MAX}, separated by ` +
          `commas; "${item}" is none.`,
      )
    }
    return value
  })
  return [...new Set(intervals)]
}

/** A list out of `accepted`. */
export function parseNames(text: string, accepted: readonly string[]): readonly string[] {
  return items(text).map((item) => {
    if (accepted.includes(item)) return item
    throw new InvalidArgumentError(`"${item}" is none of ${accepted.join(', ')}.`)
  })
}

export function parseDuration(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= DURATION_SECONDS_MIN && seconds <= DURATION_SECONDS_MAX) return seconds
  throw new InvalidArgumentError(
    `It must be seconds from ${DURATION_SECONDS_MIN} to ${DURATION_SECONDS_MAX}.`,
  )
}

/** How long a soak goes on. */
export function parseMinutes(text: string): number {
  const minutes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (minutes >= MINUTES_MIN && minutes <= MINUTES_MAX) return minutes
  throw new InvalidArgumentError(`It must be minutes from ${MINUTES_MIN} to ${MINUTES_MAX}.`)
}

export function parseIterations(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (count >= 1 && count <= ITERATIONS_MAX) return count
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${ITERATIONS_MAX}.`)
}

/** A seed: a whole number. */
export function parseSeed(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (seed <= SEED_MAX) return seed
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${SEED_MAX}.`)
}

export function parseName(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('It must not be empty.')
}
