// The bytes of a versioned-slots region. Owners and readers take every offset and size from here,
// and nothing here depends on what is found in remote memory.
//
// S = payload bytes, N = slots; words are 64-bit little-endian on 8-byte boundaries.
//
//   region
//     0       8              64            64 + B         64 + 2·B            64 + N·B
//     | index | zeros        | slot 0      | slot 1       | …                 |
//     index = the last published version, encoded (index-code.ts); 0 = never formatted
//
//   slot v mod N, of B = 16 + S bytes rounded up to 64; it holds version v
//     0      8         16                        16 + pad8(S)      B
//     | hash | version | payload, zero-padded …  | unused          |
//     hash = seal of version and padded payload (strategy hash), 0 (strategy fenced)
//
// Index and slots share no line, and no slot shares one with another: a store to one slot never
// touches what readers of another one sample. The generation is in the keys of index and seal.
//
// Versions are consecutive safe integers from 1 up; every one is a stable payload, there is no odd
// phase. The terminal mark is an index that no version has.
import { argumentRangeError } from '../../errors.ts'
import { LINE_BYTES, type SeqlockShape, WORD_BYTES, checkShape, pad8 } from '../seqlock/layout.ts'

/** Version of the layout above; peers must agree. */
export const SLOTS_LAYOUT_VERSION = 1

export const SLOT_COUNT_MIN = 2
/** More history than this is a log's business. */
export const SLOT_COUNT_MAX = 65_536

/** Bytes that all slots of a region take, at most: offsets stay safe integers by far. */
export const SLOTS_BYTES_MAX: number = 2 ** 40

/** Version that formatting publishes unless a shape says otherwise. */
export const SLOTS_FIRST_VERSION = 1
/** Last version that an owner publishes. */
export const SLOTS_VERSION_MAX: number = Number.MAX_SAFE_INTEGER - 1

/** Byte offsets in a region. */
export const Region = { index: 0, slots: 64 } as const
/** Byte offsets in a slot. */
export const Slot = { hash: 0, version: 8, payload: 16 } as const

/** What an owner and its readers must agree upon beside the layout. */
export interface SlotsShape extends SeqlockShape {
  /** N, 2 … 65536. Versions that stay readable while another one is written: N - 1. */
  readonly slotCount: number
  /** Version that formatting publishes, a safe integer > 0. Default 1. */
  readonly firstVersion?: number
}

/** Version that formatting publishes: older ones were never in this region. */
export function firstVersionOf(shape: SlotsShape): number {
  return shape.firstVersion ?? SLOTS_FIRST_VERSION
}

/** Bytes of a slot that a reader of the whole fetches: header and padded payload. */
export function slotImageBytes(payloadBytes: number): number {
  return Slot.payload + pad8(payloadBytes)
}

/** Bytes from one slot to the next. */
export function slotStrideBytes(payloadBytes: number): number {
  return Math.ceil(slotImageBytes(payloadBytes) / LINE_BYTES) * LINE_BYTES
}

/** Bytes of memory that a region takes. */
export function slotsRegionBytes(payloadBytes: number, slotCount: number): number {
  return Region.slots + slotCount * slotStrideBytes(payloadBytes)
}

/** Byte offset of the slot of a version, which must be a safe integer from 0 up. */
export function slotOffset(shape: SlotsShape, version: number): number {
  return Region.slots + (version % shape.slotCount) * slotStrideBytes(shape.payloadBytes)
}

/**
 * Oldest version that is whole as long as no version after `newest` is published: the owner may be
 * storing version newest + 1 over version newest + 1 - N.
 */
export function oldestReadable(shape: SlotsShape, newest: number): number {
  return Math.max(firstVersionOf(shape), newest - (shape.slotCount - 2))
}

/**
 * Checks a shape.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function checkSlotsShape(shape: SlotsShape): void {
  checkShape(shape)
  const { slotCount, payloadBytes } = shape
  const first = firstVersionOf(shape)
  if (!Number.isSafeInteger(first) || first < 1 || first > SLOTS_VERSION_MAX) {
    throw argumentRangeError(`firstVersion must be a safe integer above 0, not ${first}`)
  }
  if (!Number.isInteger(slotCount) || slotCount < SLOT_COUNT_MIN || slotCount > SLOT_COUNT_MAX) {
    throw argumentRangeError(`slotCount must be an integer from 2 to 65536, not ${slotCount}`)
  }
  if (slotsRegionBytes(payloadBytes, slotCount) > SLOTS_BYTES_MAX) {
    throw argumentRangeError(`${slotCount} slots of ${payloadBytes} bytes are more than 2^40 bytes`)
  }
  assertSlotsLayout(shape)
}

/** Asserts what the drawings promise for one shape, and that this CPU is little-endian. */
function assertSlotsLayout({ payloadBytes, slotCount }: SlotsShape): void {
  const image = slotImageBytes(payloadBytes)
  const stride = slotStrideBytes(payloadBytes)
  const holds =
    image % WORD_BYTES === 0 &&
    stride % LINE_BYTES === 0 &&
    stride >= image &&
    stride - image < LINE_BYTES &&
    Region.slots === LINE_BYTES &&
    Slot.payload === Slot.version + WORD_BYTES &&
    slotsRegionBytes(payloadBytes, slotCount) % LINE_BYTES === 0 &&
    new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
  if (!holds) {
    throw argumentRangeError(`the slots layout does not fit ${payloadBytes} bytes on this CPU`)
  }
}
