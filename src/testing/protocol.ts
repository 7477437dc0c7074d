// A protocol as its author hands it in: a layout, the owner's side over the port that regions hand
// out, and the reader's side, either as a generator or as the machine that ships.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { LocalMemory } from '../protocols/local-memory.ts'
import type { ReaderMachine } from '../protocols/machine.ts'
import { type Fields, type Layout, requireLayout } from './layout.ts'
import type { Reader } from './reader-io.ts'

/**
 * The owner's side. Each call runs to its end and returns the version it published, as readers
 * report it; or nothing, always, where versions have no numbers and bytes alone tell them apart.
 */
export interface OwnerSide {
  /** Publishes the first payload, before any reader. Default: `publish`. */
  format?(payload: Uint8Array): number | void
  /** Replaces the whole payload. */
  publish(payload: Uint8Array): number | void
  /** Computes the next payload from the present one, whole. */
  update?(payload: Uint8Array): number | void
  /** Overwrites the bytes from `offset` on, and publishes. */
  publishPart?(offset: number, bytes: Uint8Array): number | void
  /** The same, but takes everything back; returns the present version, new or not. */
  abortPart?(offset: number, bytes: Uint8Array): number | void
  /** Ends the region: readers are told so for ever. */
  close?(): void
}

export interface Protocol<F extends Fields = Fields> {
  /** For reports and tapes. Default "protocol". */
  readonly name?: string
  readonly layout: Layout<F>
  /**
   * A fresh owner over its region's memory, which is zero. Its stores must follow from its calls
   * alone: they are recorded once for all schedules.
   * @param incarnation 0 for the first owner, 1 for the one after a restart
   */
  readonly owner: (memory: LocalMemory, incarnation: number) => OwnerSide
  /** The reader as a generator, see `ReaderIo`. Either this or `machine`. */
  readonly reader?: Reader<F>
  /** A fresh reader as the machine that runs in production. Either this or `reader`. */
  readonly machine?: (incarnation: number) => ReaderMachine
  /** READs of the longest chain. Default 8. */
  readonly chainLengthMax?: number
  /** Bytes that one chain of `reader` may land. Default: 64 and twice the region. */
  readonly landingBytes?: number
}

/**
 * The same object, with its types known and its shape checked.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS,
 *   ERR_UNTORN_MISALIGNED
 */
export function defineProtocol<const F extends Fields>(protocol: Protocol<F>): Protocol<F> {
  if (typeof protocol !== 'object' || protocol === null) {
    throw argumentTypeError('a protocol is an object: { layout, owner, reader }')
  }
  requireLayout(protocol.layout)
  if (typeof protocol.owner !== 'function') {
    throw argumentTypeError('owner is a function of the region’s memory: (memory) => ({ publish })')
  }
  const { reader, machine, layout } = protocol
  if ((reader === undefined) === (machine === undefined)) {
    throw argumentTypeError('a protocol has either a reader (a generator) or a machine')
  }
  if (typeof (reader ?? machine) !== 'function') {
    throw argumentTypeError('the reader is a function: reader: function* (io) { … }')
  }
  const { chainLengthMax = 8, landingBytes = layout.regionBytes } = protocol
  requireCount('chainLengthMax', chainLengthMax, 64)
  requireCount('landingBytes', landingBytes, 1_048_576)
  return protocol
}

function requireCount(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return
  throw argumentRangeError(`${name} is an integer from 1 to ${max}, not ${String(value)}`)
}
