// Where a writer's payloads come from: made one by one between writes, or made all beforehand, for a
// writer that does nothing but write. Invariant: the payload of a version is the oracle's payload of
// `payloadNumber(version)`, so that a reader can hold a claimed version against the bytes.
import type { Piece } from '../protocols/bench-protocol.ts'
import { PayloadOracle } from './payload-oracle.ts'

/** Payloads made beforehand: versions that many apart have the same one. */
const PREPARED_COUNT = 16

/** Into how many pieces a write is divided at most: an owner who updates field by field. */
const PIECES_MAX = 8
const PIECE_BYTES_MIN = 4

/** Number of the oracle's payload that is published as `version`. */
export function payloadNumber(version: number, prepared: boolean): number {
  return version % (prepared ? PREPARED_COUNT : 2 ** 32)
}

export interface Payload {
  readonly bytes: Uint8Array
  /** `bytes` in views, the last one first. */
  readonly pieces: readonly Piece[]
}

interface Buffer extends Payload {
  readonly words: Int32Array
}

export class PayloadSource {
  readonly #oracle: PayloadOracle
  readonly #prepared: boolean
  readonly #buffers: readonly Buffer[]

  constructor(payloadBytes: number, prepared: boolean) {
    this.#oracle = new PayloadOracle(payloadBytes)
    this.#prepared = prepared
    this.#buffers = Array.from({ length: prepared ? PREPARED_COUNT : 1 }, (_, number) => {
      const words = this.#oracle.createWords()
      if (prepared) this.#oracle.encode(number, words)
      const bytes = this.#oracle.bytesOf(words)
      return { words, bytes, pieces: piecesOf(bytes) }
    })
  }

  /** The payload of a version; overwritten by the next call unless it was prepared. */
  of(version: number): Payload {
    const number = payloadNumber(version, this.#prepared)
    const buffer = this.#buffers[this.#prepared ? number : 0] as Buffer
    if (!this.#prepared) this.#oracle.encode(number, buffer.words)
    return buffer
  }
}

function piecesOf(bytes: Uint8Array): readonly Piece[] {
  const length = Math.max(PIECE_BYTES_MIN, Math.ceil(bytes.length / PIECES_MAX))
  const pieces: Piece[] = []
  for (let offset = 0; offset < bytes.length; offset += length) {
    pieces.unshift({ offset, bytes: bytes.subarray(offset, offset + length) })
  }
  return pieces
}
