// Seals of the negative controls: checksums that people do put into headers.
import type { MemoryKernels } from '../local-memory.ts'
import { Message } from './control-layout.ts'
import { Plain, type SeqlockShape, WORD_BYTES } from './layout.ts'
import type { Sealer } from './seal.ts'

const MASK = 0xffff_ffff_ffff_ffffn
const CRC64_ECMA = 0x42f0_e1eb_a9ea_3693n

/** CRC-64 that starts at 0: linear, so the checksum of zeros is 0 and a zero page verifies. */
export function zeroSeedSeal(): Sealer {
  const table = crcTable()
  return (bytes) => {
    let crc = 0n
    for (const byte of bytes) {
      const index = Number((crc >> 56n) ^ BigInt(byte))
      crc = ((crc << 8n) & MASK) ^ (table[index] as bigint)
    }
    return crc
  }
}

function crcTable(): readonly bigint[] {
  return Array.from({ length: 256 }, (_, byte) => {
    let crc = BigInt(byte) << 56n
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = crc >> 63n === 1n
      crc = (crc << 1n) & MASK
      if (carry) crc ^= CRC64_ECMA
    }
    return crc
  })
}

/** A good hash over generation and payload that leaves the version out. */
export function unversionedSeal(shape: SeqlockShape, kernels: MemoryKernels): Sealer {
  return (bytes) => kernels.hash64(bytes.subarray(Plain.generation - Plain.version), shape.hashKey)
}

/** A good hash over version and padded payload that leaves the length between them out. */
export function unlengthedSeal(shape: SeqlockShape, kernels: MemoryKernels): Sealer {
  const start = Message.length - Plain.version
  return (bytes) => {
    const covered = bytes.slice()
    covered.fill(0, start, start + WORD_BYTES)
    return kernels.hash64(covered, shape.hashKey)
  }
}

/** Sum of all words, version included: words may change places. */
export function additiveSeal(): Sealer {
  return (bytes) => wordsOf(bytes).reduce((sum, word) => sum + word, 1n) & MASK
}

/** Exclusive or of all words, version included: words may change places, and pairs vanish. */
export function xorSeal(): Sealer {
  return (bytes) => wordsOf(bytes).reduce((sum, word) => sum ^ word, 1n)
}

function wordsOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / WORD_BYTES }, (_, index) =>
    view.getBigUint64(index * WORD_BYTES, true),
  )
}
