// Frames of the control connection: a header of 16 bytes, big-endian, and a body of UTF-8 JSON.
//
//    0 'UTRN'   4 u16 version   6 u16 type   8 u32 body bytes   12 u32 CRC-32 of the body
//
// Invariant: the decoder holds at most one header and `bodyBytesMax` bytes, whatever it is fed, and
// fails as early as the bytes allow: garbage at the fourth byte, another version at the sixth. After
// a failure it stays failed.
import { crc32 } from 'node:zlib'
import { UntornError } from '../errors.ts'
import { CONTROL_VERSION, FRAME_BODY_BYTES_MAX } from './limits.ts'

export const FRAME_HEADER_BYTES = 16
const MAGIC = 0x5554524e // 'UTRN'
const EMPTY: Buffer = Buffer.alloc(0)
/** First allocation for a body: nearly every frame fits. */
const BODY_START_BYTES = 1024

export interface Frame {
  readonly type: number
  readonly body: Buffer
}

/**
 * One frame, ready to be sent.
 * @throws UntornError ERR_UNTORN_FRAME_TOO_LARGE
 */
export function encodeFrame(type: number, body: Buffer): Buffer {
  if (body.length > FRAME_BODY_BYTES_MAX) throw tooLarge(body.length, FRAME_BODY_BYTES_MAX)
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length)
  frame.writeUInt32BE(MAGIC, 0)
  frame.writeUInt16BE(CONTROL_VERSION, 4)
  frame.writeUInt16BE(type, 6)
  frame.writeUInt32BE(body.length, 8)
  frame.writeUInt32BE(crc32(body), 12)
  body.copy(frame, FRAME_HEADER_BYTES)
  return frame
}

/** Cuts a byte stream into frames, however the stream is chunked. */
export class FrameDecoder {
  readonly #bodyBytesMax: number
  readonly #header: Buffer = Buffer.alloc(FRAME_HEADER_BYTES)
  #headerBytes = 0
  /** Grows with what arrived, not with what was announced: an announcement costs its sender nothing. */
  #body: Buffer = EMPTY
  #bodyBytes = 0
  #failed = false

  constructor(bodyBytesMax: number = FRAME_BODY_BYTES_MAX) {
    this.#bodyBytesMax = bodyBytesMax
  }

  /**
   * Consumes a chunk and calls `onFrame` for every frame that it completes.
   * @throws UntornError ERR_UNTORN_PROTOCOL, ERR_UNTORN_PROTOCOL_VERSION, ERR_UNTORN_FRAME_TOO_LARGE
   */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    if (this.#failed) throw garbage('the stream has already failed')
    try {
      let offset = 0
      while (offset < chunk.length) {
        offset = this.#takeHeader(chunk, offset)
        if (this.#headerBytes < FRAME_HEADER_BYTES) return
        offset = this.#takeBody(chunk, offset, onFrame)
      }
    } catch (error) {
      this.#failed = true
      this.#body = EMPTY
      throw error
    }
  }

  /**
   * The stream ended.
   * @throws UntornError ERR_UNTORN_PROTOCOL when it ended inside a frame
   */
  end(): void {
    if (this.#failed || this.#headerBytes === 0) return
    this.#failed = true
    this.#body = EMPTY
    throw garbage('the connection ended in the middle of a frame')
  }

  #takeHeader(chunk: Buffer, offset: number): number {
    const before = this.#headerBytes
    if (before === FRAME_HEADER_BYTES) return offset
    const taken = Math.min(FRAME_HEADER_BYTES - before, chunk.length - offset)
    chunk.copy(this.#header, before, offset, offset + taken)
    this.#headerBytes = before + taken
    this.#checkHeader()
    return offset + taken
  }

  #checkHeader(): void {
    const known = this.#headerBytes
    if (known >= 4 && this.#header.readUInt32BE(0) !== MAGIC) {
      throw garbage('what arrived is not a control frame')
    }
    if (known >= 6) {
      const version = this.#header.readUInt16BE(4)
      if (version !== CONTROL_VERSION) throw otherVersion(version)
    }
    if (known >= 12) {
      const announced = this.#header.readUInt32BE(8)
      if (announced > this.#bodyBytesMax) throw tooLarge(announced, this.#bodyBytesMax)
    }
  }

  #takeBody(chunk: Buffer, offset: number, onFrame: (frame: Frame) => void): number {
    const length = this.#header.readUInt32BE(8)
    const taken = Math.min(length - this.#bodyBytes, chunk.length - offset)
    if (this.#bodyBytes + taken > this.#body.length) this.#grow(this.#bodyBytes + taken, length)
    chunk.copy(this.#body, this.#bodyBytes, offset, offset + taken)
    this.#bodyBytes += taken
    if (this.#bodyBytes === length) {
      const body = this.#body.subarray(0, length)
      this.#body = EMPTY
      this.#bodyBytes = 0
      this.#headerBytes = 0
      if (crc32(body) !== this.#header.readUInt32BE(12)) throw garbage('a frame is corrupt')
      onFrame({ type: this.#header.readUInt16BE(6), body })
    }
    return offset + taken
  }

  /** Doubles, so that a body fed byte by byte is copied twice at most on average. */
  #grow(needed: number, length: number): void {
    const capacity = Math.min(length, Math.max(needed, BODY_START_BYTES, this.#body.length * 2))
    const grown = Buffer.allocUnsafe(capacity)
    this.#body.copy(grown, 0, 0, this.#bodyBytes)
    this.#body = grown
  }
}

function garbage(what: string): UntornError {
  return new UntornError('ERR_UNTORN_PROTOCOL', what)
}

function otherVersion(version: number): UntornError {
  return new UntornError(
    'ERR_UNTORN_PROTOCOL_VERSION',
    `the other side speaks version ${version} of the control protocol, this side ${CONTROL_VERSION}`,
  )
}

function tooLarge(bytes: number, bytesMax: number): UntornError {
  return new UntornError(
    'ERR_UNTORN_FRAME_TOO_LARGE',
    `a control frame of ${bytes} bytes; at most ${bytesMax} are accepted here`,
  )
}
