// Memory kernels in plain TypeScript: what reader machines use where no native ones are bound
// (simulator, property tests). They read private landing memory only, so no order matters here.
import { argumentRangeError } from '../errors.ts'
import type { Hash64 } from './hash.ts'
import type { MemoryKernels } from './local-memory.ts'

/** Kernels without native code. `hash64` comes from `loadHash()`. */
export function portableKernels(hash64: Hash64): MemoryKernels {
  return { deinterleave32, hash64 }
}

function deinterleave32(target: Uint8Array, source: Uint8Array, tag: number): boolean {
  if (source.length !== 2 * target.length || target.length % 4 !== 0) {
    throw argumentRangeError(
      `deinterleave32: ${source.length} bytes of words cannot fill ${target.length} bytes`,
    )
  }
  if (source.byteOffset % 8 !== 0 || target.byteOffset % 4 !== 0) {
    throw argumentRangeError(
      `deinterleave32: bytes ${source.byteOffset} and ${target.byteOffset} are not aligned`,
      'ERR_UNTORN_MISALIGNED',
    )
  }
  const from = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const to = new DataView(target.buffer, target.byteOffset, target.byteLength)
  let differing = 0
  for (let at = 0; at < target.length; at += 4) {
    to.setUint32(at, from.getUint32(2 * at, true), true)
    differing |= from.getUint32(2 * at + 4, true) ^ tag
  }
  return differing === 0
}
