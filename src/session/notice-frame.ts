// A notice as it travels by SEND: the owner's message, under the name of the claim that it is for.
//
//    0 u32 claim, little-endian   4 u32 zero   8 message, at most NOTICE_BYTES_MAX
import { UntornError } from '../errors.ts'
import { NOTICE_BYTES_MAX } from './limits.ts'

export const NOTICE_HEADER_BYTES = 8
export const NOTICE_FRAME_BYTES_MAX: number = NOTICE_HEADER_BYTES + NOTICE_BYTES_MAX

/** Registered memory for one frame: whole cache lines. */
export const NOTICE_SLOT_BYTES = 128

export interface Notice {
  readonly claim: number
  /** A copy. */
  readonly message: Uint8Array
}

/** Writes a frame; returns its bytes. */
export function encodeNotice(target: Uint8Array, claim: number, message: Uint8Array): number {
  new DataView(target.buffer, target.byteOffset).setUint32(0, claim, true)
  target.fill(0, 4, NOTICE_HEADER_BYTES)
  target.set(message, NOTICE_HEADER_BYTES)
  return NOTICE_HEADER_BYTES + message.length
}

/** @throws UntornError ERR_UNTORN_PROTOCOL when it is none */
export function decodeNotice(frame: Uint8Array): Notice {
  const { length } = frame
  if (length < NOTICE_HEADER_BYTES || length > NOTICE_FRAME_BYTES_MAX) {
    throw new UntornError('ERR_UNTORN_PROTOCOL', `a notice of ${length} bytes makes no sense`)
  }
  const view = new DataView(frame.buffer, frame.byteOffset)
  if (view.getUint32(4, true) !== 0) {
    throw new UntornError('ERR_UNTORN_PROTOCOL', 'a notice whose reserved bytes are not zero')
  }
  return { claim: view.getUint32(0, true), message: frame.slice(NOTICE_HEADER_BYTES) }
}
