// A region's layout as its author names it: so many bytes, and fields in them. Names are for readers
// of reports and for `io.word('version')`; offsets do as well. Invariant: every field lies in the
// region, words on 8-byte boundaries.
import { argumentRangeError, argumentTypeError } from '../errors.ts'

/** A number: an aligned 8-byte word at that offset. Otherwise bytes. */
export type Field = number | { readonly offset: number; readonly lengthBytes: number }

export type Fields = Readonly<Record<string, Field>>

/** Offsets and lengths in bytes. */
export interface Layout<F extends Fields = Fields> {
  /** Bytes of one payload: what `publish` is given and a reader returns. */
  readonly payloadBytes: number
  /** Bytes of the region: header words, payload, whatever else. */
  readonly regionBytes: number
  /** Names for parts of the region. */
  readonly fields?: F
}

export const wordBytes = 8
const regionBytesMax = 65_536

/** Where a field begins and how long it is. */
export function spanOf(field: Field): { readonly offset: number; readonly lengthBytes: number } {
  return typeof field === 'number' ? { offset: field, lengthBytes: wordBytes } : field
}

/**
 * Refuses a layout that makes no sense.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS,
 *   ERR_UNTORN_MISALIGNED naming the field
 */
export function requireLayout(layout: Layout): void {
  if (typeof layout !== 'object' || layout === null) {
    throw argumentTypeError('a protocol needs a layout: { payloadBytes, regionBytes, fields }')
  }
  const { payloadBytes, regionBytes, fields = {} } = layout
  requireBytes('layout.payloadBytes', payloadBytes)
  requireBytes('layout.regionBytes', regionBytes)
  for (const [name, field] of Object.entries(fields)) {
    const { offset, lengthBytes } = spanOf(field)
    if (!Number.isInteger(offset) || !Number.isInteger(lengthBytes) || lengthBytes < 1) {
      throw argumentTypeError(
        `field ${name} is an offset, or { offset, lengthBytes }, integers in bytes`,
      )
    }
    if (offset < 0 || offset + lengthBytes > regionBytes) {
      throw argumentRangeError(
        `field ${name} (${lengthBytes} bytes at ${offset}) is outside the region of ` +
          `${regionBytes} bytes`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    if (typeof field === 'number' && field % wordBytes !== 0) {
      throw argumentRangeError(
        `field ${name} is a word at ${field}, which is no multiple of ${wordBytes}`,
        'ERR_UNTORN_MISALIGNED',
      )
    }
  }
}

/**
 * What stands at some bytes, for people: "version", "payload word 3", "payload byte 12", counted from
 * the field's start; undefined where no field covers them.
 */
export function nameOfBytes(
  layout: Layout,
  offset: number,
  lengthBytes: number,
): string | undefined {
  for (const [name, field] of Object.entries(layout.fields ?? {})) {
    const span = spanOf(field)
    const end = span.offset + span.lengthBytes
    if (offset < span.offset || offset + lengthBytes > end) continue
    if (offset === span.offset && lengthBytes === span.lengthBytes) return name
    if (lengthBytes < wordBytes) return `${name} ${bytesFrom(offset - span.offset, lengthBytes)}`
    const word = Math.floor((offset - span.offset) / wordBytes)
    const last = Math.floor((offset + lengthBytes - 1 - span.offset) / wordBytes)
    return word === last ? `${name} word ${word}` : `${name} words ${word} to ${last}`
  }
  return undefined
}

/** What begins at an offset: a field's word if one lies there whole, else a byte. */
export function nameOfOffset(layout: Layout, offset: number): string | undefined {
  return nameOfBytes(layout, offset, wordBytes) ?? nameOfBytes(layout, offset, 1)
}

function bytesFrom(start: number, lengthBytes: number): string {
  return lengthBytes === 1 ? `byte ${start}` : `bytes ${start} to ${start + lengthBytes - 1}`
}

function requireBytes(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= regionBytesMax) return
  throw argumentRangeError(
    `${name} is an integer from 1 to ${regionBytesMax}, not ${String(value)}`,
  )
}
